import type { Notice, Notices } from "./notices";

/** A part of what a member says that is found anew each time: what is no longer found is taken back. */
export class Said {
  private before: string[] = [];

  /** @param about - what all of it is about. */
  constructor(
    private readonly notices: Notices,
    private readonly about: string,
  ) {}

  say(found: ReadonlyMap<string, Notice>): void {
    const keys = [...found.keys()].map((key) => `${this.about}: ${key}`);
    for (const gone of this.before.filter((key) => !keys.includes(key))) this.notices.set(gone, undefined);
    for (const [key, notice] of found) this.notices.set(`${this.about}: ${key}`, notice);
    this.before = keys;
  }
}
