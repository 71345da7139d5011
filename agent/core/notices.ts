/** Something that is not as it was asked for, while the member goes on. */
export interface Notice {
  /** A `notice` is for when somebody has time; with a `problem` the database is not well. */
  severity: "problem" | "notice";
  /** What is wrong, as a sentence without its full stop; never a secret. */
  text: string;
  /** What to do, likewise; left out where it mends itself. */
  advice?: string;
}

/** What this member says beside its state, each by what it is about: a later word on the same replaces it. */
export class Notices {
  private readonly said = new Map<string, Notice>();

  /** Says it, or with `undefined` takes it back. */
  set(about: string, notice: Notice | undefined): void {
    if (notice) this.said.set(about, notice);
    else this.said.delete(about);
  }

  /** All of them, in the order of what they are about. */
  list(): Notice[] {
    return this.entries().map(([, notice]) => notice);
  }

  /** The same, each with what it is about. */
  entries(): [about: string, notice: Notice][] {
    return [...this.said.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
