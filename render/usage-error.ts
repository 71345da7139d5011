/** A mistake of the caller: shown as it is, without a stack trace. */
export class UsageError extends Error {}
