import { Since, type Clock } from "../core/clock";
import type { Notices } from "../core/notices";
import { byOrdinal } from "../core/order";
import type { Ordinal, Report, View } from "../core/types";

/** How long members may take to hear of one that has just joined or left, ms: they tell of themselves each second. */
const HEARD_WITHIN = 60_000;

/** What a member's recognition by the others is seen by. */
export interface RecognitionParts {
  self: Ordinal;
  /** What is known of all members at this moment. */
  members: () => readonly Report[];
  notices: Notices;
  clock: Clock;
}

/**
 * Sees whether all that are up count each other as members. Two that hold the same places of the ring do not, and nor does a member that could
 * not take over what it heard: rows then have fewer copies than they should, and the loss of one member stops writes.
 */
export class Recognition {
  private readonly since: Since;

  constructor(private readonly parts: RecognitionParts) {
    this.since = new Since(parts.clock);
  }

  /** @param view - the ring as this member sees it; nothing while it is in none. */
  compare(view: View | undefined): void {
    const { self, members, notices } = this.parts;
    const strangers = members()
      .filter(({ ordinal, status, stopping }) => ordinal !== self && status.member === "online" && !stopping)
      .filter(
        ({ ordinal, status }) =>
          view?.members.includes(ordinal) === false || status.view?.members.includes(self) === false,
      )
      .sort(byOrdinal)
      .map(({ ordinal }) => ordinal);
    const names = strangers.join(", ");
    const lasts = this.since.measure(strangers.length > 0, names) >= HEARD_WITHIN;
    notices.set(
      "recognition",
      lasts
        ? {
            severity: "problem",
            text: `it and ${names} do not count each other as members of one ring: rows have fewer copies than they should`,
            advice:
              "let the one that most others do not count join anew: delete its claim, and then its pod; one at a time",
          }
        : undefined,
    );
  }
}
