/**
 * What a program that uses the library sees of MySQL.
 *
 * @module
 */
export type { MySqlArgs } from "./args";
export { MySql } from "./component";
export { MYSQL_LOGS } from "./logs";
