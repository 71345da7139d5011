/**
 * What a program that uses the library sees of Cassandra.
 *
 * @module
 */
export type { CassandraArgs } from "./args";
export { Cassandra } from "./component";
export { Racks } from "./protocol";
export { CASSANDRA_LOGS } from "./logs";
