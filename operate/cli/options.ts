/** Options that several commands take, as `parseArgs` reads them. */

/** Which stack it is about. */
export const STACK = { stack: { type: "string", default: "dev" } } as const;

/** By which way it is deployed or removed. */
export const BY = { by: { type: "string" } } as const;

/** On the local cluster, in place of the stack's own. */
export const LOCAL = { local: { type: "boolean", default: false } } as const;

/** What would be asked first is agreed to. */
export const YES = { yes: { type: "boolean", default: false } } as const;
