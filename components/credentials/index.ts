/**
 * What a program that uses the library sees of passwords, users and further databases.
 *
 * @module
 */
export {
  DatabaseCredentials,
  type DatabaseCredentialsArgs,
  type ExistingSecretArgs,
} from "./database-credentials";
export { Grant, type MoreDatabaseArgs, type UserArgs } from "./user-args";
