/**
 * What all components have in common: how a mistake in their arguments is told, and what becomes of data.
 *
 * @module
 */
export { InvalidArgsError, type Problem } from "./problems";
export { DataPolicy } from "./retention";
export type { SecretKeyArgs } from "./variables";
