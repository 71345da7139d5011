import { Since, type Clock } from "./clock";
import type { Capabilities } from "./engine";
import { isPrimary } from "./primary";
import type { Report } from "./types";
import type { World } from "./world";

/** For how long what decisions go by has been as it is. */
export class Durations {
  private readonly outage: Since;
  private readonly sameMarker: Since;
  private readonly divergence: Since;
  private readonly lack: Since;
  private readonly failure: Since;

  constructor(
    private readonly engine: Pick<Capabilities, "history" | "logs">,
    clock: Clock,
  ) {
    this.outage = new Since(clock);
    this.sameMarker = new Since(clock);
    this.divergence = new Since(clock);
    this.lack = new Since(clock);
    this.failure = new Since(clock);
  }

  measure(
    own: Report,
    peers: readonly Report[],
    marker: World["marker"],
  ): Pick<World, "elapsed" | "markerAge" | "divergedFor" | "failedFor" | "lackingFor"> {
    const { history, logs } = this.engine;
    const mine = own.status.position;
    const theirs = peers.find(isPrimary)?.status.position;
    const known = mine !== undefined && theirs !== undefined;
    const offline = own.status.member === "offline" && known && history !== undefined;
    const extra = offline && ["ahead", "diverged"].includes(history.compare(mine, theirs));
    const joining = own.status.member === "joining" && known && logs !== undefined;
    const lacking = joining && !logs.canCatchUp(mine, theirs);
    const running = [own, ...peers].some((report) => report.status.member === "online");
    // A first bootstrap's empty disks are no outage. A later one that was cut off goes on from the same outage.
    const first = typeof marker === "object" && marker.phase === "founding" && marker.empty === true;
    return {
      elapsed: this.outage.measure(!running && !first),
      markerAge: this.sameMarker.measure(true, JSON.stringify(marker)),
      divergedFor: this.divergence.measure(extra),
      failedFor: this.failure.measure(own.status.member === "failed"),
      lackingFor: this.lack.measure(lacking, mine),
    };
  }
}
