/** A database that can be changed as its owner would: by its arguments in the stack file. */
export interface Changeable {
  /** Its arguments as they are now. */
  readonly args: Readonly<Record<string, unknown>>;
  /** Renders and applies it with other arguments. */
  change(args: Record<string, unknown>): Promise<void>;
}
