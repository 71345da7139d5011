/** Something that is not done, for a reason that is told. */
export class RefusedError extends Error {}
