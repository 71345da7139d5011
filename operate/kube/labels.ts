/** Label of an object with the database or application that it is of. */
export const INSTANCE = "app.kubernetes.io/instance";

/** Selects what a stack made, whichever it is. */
export const OURS = "app.kubernetes.io/part-of=stateful";
