import { Background } from "./background";
import { type Clock, Since } from "./clock";
import type { Log } from "./log";
import type { Ordinal, Report } from "./types";

/** How long what runs beside a server may go on after it has ended, ms: as long as Kubernetes gives a pod to stop by default. */
const OTHERS_MAY_TAKE = 30_000;

/** Between two questions to the API server, ms. */
const ASK_EVERY = 5_000;

/** Pods that are about to go. */
export interface EndingPods {
  /** UID of a member's pod that is being deleted; `undefined` where none is. */
  going(ordinal: Ordinal): Promise<string | undefined>;
  /** Has what is left of it killed. */
  kill(ordinal: Ordinal, uid: string): Promise<void>;
}

/**
 * Ends a pod whose server has ended, and in which something beside it goes on.
 *
 * A pod that is deleted stays until all its containers have ended, for as long as its server may take: minutes. A program that
 * is the first of its container and does not care for SIGTERM, as many sidecars are, would keep the member away for all of it. Which of a
 * pod's containers have ended its kubelet tells only when all have.
 */
export class EndingPod {
  private readonly task: Background;
  private readonly ended: Since;
  private askedAt = -Infinity;

  constructor(private readonly parts: { pods: EndingPods; clock: Clock; log: Log }) {
    this.ended = new Since(parts.clock);
    this.task = new Background((error) => {
      parts.log("warning", "cannot end what is left of this pod", { error });
    });
  }

  /** @param own - what was just seen of this member; `undefined` when that is not of the present. */
  look(own: Report | undefined): void {
    const { clock } = this.parts;
    const lasted = this.ended.measure(own?.stopping === true && own.status.process === "stopped");
    if (own === undefined || lasted < OTHERS_MAY_TAKE || this.task.busy) return;
    if (clock() - this.askedAt < ASK_EVERY) return;
    this.askedAt = clock();
    this.task.run(() => this.step(own.ordinal));
  }

  private async step(ordinal: Ordinal): Promise<void> {
    const { pods, log } = this.parts;
    const uid = await pods.going(ordinal);
    if (uid === undefined) return;
    log("warning", "the server has ended, and something beside it does not: ending the pod", {
      seconds: OTHERS_MAY_TAKE / 1000,
    });
    await pods.kill(ordinal, uid);
  }
}
