import type { Clock } from "./clock";
import type { Ordinal } from "./types";

/** For how long an answer of the API server is good enough, and for how long it is asked for only once, ms. */
const FRESH = { good: 5_000, asked: 2_000 };

/** Which members do not run, as Kubernetes says. */
export class Absences {
  private readonly asked = new Map<Ordinal, { at: number; absent?: boolean }>();

  /** @param ask - asks the API server whether a member certainly does not run. */
  constructor(
    private readonly ask: (ordinal: Ordinal) => Promise<boolean>,
    private readonly clock: Clock,
  ) {}

  /** Starts asking for these, where that was not done just now. */
  refresh(ordinals: readonly Ordinal[]): void {
    for (const ordinal of ordinals) {
      const last = this.asked.get(ordinal);
      if (last && this.clock() - last.at < FRESH.asked) continue;
      const now: { at: number; absent?: boolean } = { at: this.clock() };
      this.asked.set(ordinal, now);
      // Nothing is known of a member while the API server does not answer.
      this.ask(ordinal).then(
        (absent) => (now.absent = absent),
        () => undefined,
      );
    }
  }

  /** Those of whom it was said just now. */
  current(): Set<Ordinal> {
    const since = this.clock() - FRESH.good;
    return new Set(
      [...this.asked].flatMap(([ordinal, { at, absent }]) => (absent && at > since ? [ordinal] : [])),
    );
  }
}
