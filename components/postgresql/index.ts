/**
 * What a program that uses the library sees of PostgreSQL.
 *
 * @module
 */
export { type PoolerArgs, PoolMode, type PostgreSqlArgs } from "./args";
export { PostgreSql } from "./component";
export { POSTGRESQL_LOGS } from "./logs";
