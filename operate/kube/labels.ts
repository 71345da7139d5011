/** Selects what a stack made, whichever it is. */
export const OURS = "app.kubernetes.io/part-of=stateful";
