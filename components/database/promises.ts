/** What a database's settings promise, in plain words: for the preview, the rendered table and the docs. */
export interface Promises {
  /** What it survives without losing an acknowledged write. */
  survives: string[];
  /** What can be lost, and by what. */
  canBeLost: string[];
}
