import { Background } from "./background";
import { Since, type Clock } from "./clock";
import { isHung, takesWrites } from "./hung";
import { messageOf, type Log } from "./log";
import type { Member } from "./member";
import type { Notices } from "./notices";
import type { Report } from "./types";
import type { HangLimits } from "./limits";
import { majority } from "./views";
import { wait, type Wait } from "./world";

/** Between the beginnings of two writes, ms. */
const WRITE_EVERY = 1_000;

/** What the guard of a volume works with. */
export interface VolumeParts {
  member: Member;
  notices: Notices;
  clock: Clock;
  log: Log;
}

/**
 * Notices a volume that takes no more writes, and gives this member up when the others can go on without it.
 *
 * A server whose volume hangs does everything else as before: it answers its cluster, and stays the primary of writes that
 * never end. A call on such a volume does not return, and nothing ends it. So one is made at a time, and nobody waits
 * for it.
 */
export class VolumeGuard {
  private readonly hanging: Since;
  private readonly giving = new Background();
  private given = false;
  private write: { since: string } | undefined;
  private writes = 0;
  private writtenAt = -Infinity;
  private position: string | undefined;

  constructor(private readonly parts: VolumeParts) {
    this.hanging = new Since(parts.clock);
  }

  /** Starts a write, unless one is under way or just began. */
  touch(): void {
    const { member, notices, clock } = this.parts;
    if (this.write !== undefined || clock() - this.writtenAt < WRITE_EVERY) return;
    this.write = { since: new Date().toISOString() };
    this.writes++;
    this.writtenAt = clock();
    const done = (refusal?: string): void => {
      this.write = undefined;
      notices.set("volume", refusal === undefined ? undefined : refused(refusal));
    };
    member.supervisor.touch().then(
      () => {
        done();
      },
      (error: unknown) => {
        // An answer, too. That the volume is full is said elsewhere.
        done((error as NodeJS.ErrnoException).code === "ENOSPC" ? undefined : messageOf(error));
      },
    );
  }

  /**
   * For how long the volume has taken no write, ms.
   *
   * @param position - how far the server's data goes: while that moves, writes get through.
   */
  measure(position: string | undefined): number {
    this.position = position ?? this.position;
    return Math.round(
      this.hanging.measure(this.write !== undefined, `${this.writes} ${this.position ?? ""}`),
    );
  }

  /** What a member does whose volume hangs; `undefined` while it works. */
  judge(own: Report, peers: readonly Report[], replicas: number): Wait | undefined {
    const { member, notices } = this.parts;
    const limits = member.engine.limits.volume;
    if (!isHung(own, limits)) {
      member.givenUp = false;
      this.given = false;
      return undefined;
    }
    const what = `the volume has taken no write since ${this.write?.since ?? "some seconds ago"}`;
    notices.set("volume", {
      severity: "problem",
      text: what,
      advice: "look at its disk, or at the storage behind it",
    });
    if (!member.givenUp && own.status.member !== "online") return wait("VolumeHangs", what);
    if (!member.givenUp && !othersGoOn(own, peers, replicas, limits)) {
      return wait(
        "VolumeHangs",
        `${what}; too few other members have one that does, so this one keeps its place`,
      );
    }
    this.giveUp(what);
    return wait("VolumeHangs", `${what}; this member is stopped until it does, and the others go on`);
  }

  private giveUp(reason: string): void {
    const { member, log } = this.parts;
    if (this.given || this.giving.busy) return;
    if (!member.givenUp) log("warning", "giving this member up", { reason });
    member.givenUp = true;
    this.giving.run(
      async () => {
        await member.engine.abandon(async () => member.supervisor.end());
        this.given = true;
      },
      () => {
        const { failure } = this.giving;
        if (failure !== undefined) log("warning", "could not give this member up yet", { error: failure });
      },
    );
  }
}

function refused(reason: string): Parameters<Notices["set"]>[1] {
  return { severity: "problem", text: `the volume refuses writes: ${reason}`, advice: "look at its disk" };
}

/** Whether those whose volumes work are a majority without this member: else nobody gains by its going. */
function othersGoOn(own: Report, peers: readonly Report[], replicas: number, limits: HangLimits): boolean {
  const fit = peers.filter(
    (peer) => peer.status.member === "online" && !peer.stopping && takesWrites(peer, limits),
  );
  return fit.length >= majority(Math.max(replicas, own.status.view?.members.length ?? 0));
}
