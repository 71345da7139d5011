/**
 * What a program that uses the library sees of Redis and Valkey.
 *
 * @module
 */
export { type RedisArgs, RedisMode } from "./args";
export { Redis } from "./component";
export { REDIS_LOGS } from "./logs";
