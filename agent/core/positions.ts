import type { Engine } from "./engine";
import type { Notices } from "./notices";
import type { Ordinal } from "./types";

/** Longest beginning of a position that is shown. */
const SHOWN = 80;

/** Judges the positions that other members report, and says whose is none of the engine's. */
export class Positions {
  constructor(
    private readonly engine: Pick<Engine, "isPosition">,
    private readonly notices: Notices,
  ) {}

  /** Whether a text that a member reports is a position. */
  judge(text: string, ordinal: Ordinal): boolean {
    const sound = this.engine.isPosition(text);
    this.notices.set(
      `position of ${ordinal}`,
      sound
        ? undefined
        : {
            severity: "problem",
            text: `Member ${ordinal} reports a position that is none of the engine's: ${text.slice(0, SHOWN)}`,
            advice: "see what runs in its pod",
          },
    );
    return sound;
  }
}
