// Every engine that a stack can name, a line each, by the name that a stack file calls it: its component and what a stack
// file can say of it. All else of an engine is found by that name.
export { mysql } from "./schema/engines/mysql";
export { postgresql } from "./schema/engines/postgresql";
export { redis } from "./schema/engines/redis";
export { cassandra } from "./schema/engines/cassandra";
export { mongodb } from "./schema/engines/mongodb";
