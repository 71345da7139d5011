import { Background } from "./background";
import { Since, type Clock } from "./clock";
import type { Log } from "./log";
import type { Supervisor } from "./supervisor";
import type { Ordinal, Report } from "./types";

/** How long nothing must have come up in a pod until it is asked whether another one is wanted, ms. */
const NOTHING_FOR = 30_000;

/** Between two questions to the API server, ms. */
const ASK_EVERY = 10_000;

/** Pods, as far as their revision goes. */
export interface PodRevisions {
  /** UID of a member's pod when its set would replace it by one of another revision; `undefined` when it would not. */
  outdated(ordinal: Ordinal): Promise<string | undefined>;
  /** Deletes a member's pod if it has this UID. */
  remove(ordinal: Ordinal, uid: string): Promise<void>;
}

/** What this is made of. */
export interface OutdatedPodParts {
  supervisor: Pick<Supervisor, "setRan" | "hasRun">;
  pods: PodRevisions;
  clock: Clock;
  log: Log;
}

/**
 * Lets a corrected revision arrive where nothing runs.
 *
 * A StatefulSet replaces its pods from the highest ordinal down, and goes on when the one before is available. Where none
 * of a cluster's servers starts, the first that is corrected waits for the others, and the others for it. So a pod in which a
 * server has never run makes room by itself for one of the revision that is wanted by now: nothing is lost with it. A pod
 * whose server has run, if only for a moment, keeps its place, since its revision is known to be good, and the other one is not.
 */
export class OutdatedPod {
  private readonly nothing: Since;
  private readonly task = new Background();
  private ran = false;
  private noted = false;
  /** Whether, as far as was seen last, nothing runs in the pod or is on its way. */
  private idles = false;
  private askedAt = -Infinity;

  constructor(private readonly parts: OutdatedPodParts) {
    this.nothing = new Since(parts.clock);
  }

  /** @param own - what was just seen of this member; `undefined` when that is not of the present. */
  look(own: Report | undefined): void {
    this.idles = false;
    if (own === undefined) return;
    const runs = own.status.process === "running" && own.status.member !== "failed";
    const lasted = this.nothing.measure(!runs && !own.stopping);
    // One that is on its way may be recovering its data, or copying another's.
    this.idles = !runs && !own.stopping && own.status.process !== "starting";
    if (runs) this.ran = true;
    if (this.ran) this.note();
    else if (this.idles && lasted >= NOTHING_FOR) this.makeRoom(own.ordinal);
  }

  /** Kept where a restart of this agent finds it, and the next pod does not. */
  private note(): void {
    if (this.noted) return;
    this.task.run(async () => {
      await this.parts.supervisor.setRan();
      this.noted = true;
    });
  }

  private makeRoom(ordinal: Ordinal): void {
    const { supervisor, pods, clock, log } = this.parts;
    if (this.task.busy || clock() - this.askedAt < ASK_EVERY) return;
    this.askedAt = clock();
    this.task.run(
      async () => {
        if (await supervisor.hasRun()) return;
        const uid = await pods.outdated(ordinal);
        // The answer may have taken long.
        if (uid === undefined || this.ran || !this.idles) return;
        log("warning", "no server has run in this pod, and another revision of it is wanted: deleting it");
        await pods.remove(ordinal, uid);
      },
      () => {
        const { failure } = this.task;
        if (failure !== undefined)
          log("warning", "cannot make room for the wanted revision", { error: failure });
      },
    );
  }
}
