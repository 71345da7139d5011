import type { Clock } from "./clock";
import type { Notice, Notices } from "./notices";
import { Said } from "./said";

/** Between two looks at what is in force, ms. */
const COMPARE_EVERY = 10_000;

/** How an engine's settings are compared. */
interface Comparison<Wanted, Present> {
  /** What was asked for; `undefined` where nobody has said it. */
  wanted: () => Promise<Wanted | undefined>;
  /** What the server answers; `undefined` where that says nothing. One that cannot be asked just now is asked again. */
  present: () => Promise<Present | undefined>;
  /** What is in force otherwise, by what it is about. */
  trouble: (
    wanted: Wanted,
    present: Present,
  ) => ReadonlyMap<string, Notice> | Promise<ReadonlyMap<string, Notice>>;
}

/** Says what is in force otherwise than it was asked for. */
export class ComparedSettings<Wanted, Present> {
  private comparedAt = -Infinity;
  private readonly said: Said;

  constructor(
    notices: Notices,
    private readonly clock: Clock,
    private readonly comparison: Comparison<Wanted, Present>,
  ) {
    this.said = new Said(notices, "settings");
  }

  /** Does nothing where the last look was a moment ago. */
  async compare(): Promise<void> {
    if (this.clock() - this.comparedAt < COMPARE_EVERY) return;
    this.comparedAt = this.clock();
    const wanted = await this.comparison.wanted();
    if (wanted === undefined) return;
    const present = await this.comparison.present().catch(() => undefined);
    if (present !== undefined) this.said.say(await this.comparison.trouble(wanted, present));
  }
}
