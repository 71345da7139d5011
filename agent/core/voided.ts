import { RECOVER_FROM } from "../../components/protocol/annotations";
import type { Clock } from "./clock";
import type { Log } from "./log";
import type { Notices } from "./notices";

/** For how long it is told that a choice was removed, ms. */
const TOLD_FOR = 600_000;

/** Says that an operator's choice was removed because there is nothing to recover from: it would count in a later outage. */
export class VoidedChoice {
  private until: number | undefined;

  constructor(
    private readonly notices: Notices,
    private readonly log: Log,
    private readonly clock: Clock,
  ) {}

  say(choice: string): void {
    this.log("warning", "an operator's choice was removed, for the cluster has a primary", { choice });
    this.notices.set("recover-from", {
      severity: "notice",
      text: `${RECOVER_FROM}=${choice} was removed from the marker: there is a primary, and nothing to recover from`,
    });
    this.until = this.clock() + TOLD_FOR;
  }

  /** Takes back what has been told for long enough. */
  expire(): void {
    if (this.until === undefined || this.clock() < this.until) return;
    this.until = undefined;
    this.notices.set("recover-from", undefined);
  }
}
