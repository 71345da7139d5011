/**
 * What a program that uses the library sees of networks: who may connect, and by which addresses.
 *
 * @module
 */
export { type ClientArgs, type ExposureArgs, ExposureType } from "./args";
