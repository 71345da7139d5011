/**
 * What a program that uses the library sees of MongoDB.
 *
 * @module
 */
export type { MongoDbArgs } from "./args";
export { MongoDb } from "./component";
export { MONGODB_LOGS } from "./logs";
