import { Background } from "./background";
import { type Clock, Since } from "./clock";
import type { Log } from "./log";
import type { Notices } from "./notices";
import type { Ordinal, Report } from "./types";

/** How long what runs beside a server may go on after it has ended, ms: as long as Kubernetes gives a pod to stop by default. */
const OTHERS_MAY_TAKE = 30_000;

/** Between two questions to the API server, ms. */
const ASK_EVERY = 5_000;

const ABOUT = "ending";

/** Pods that are about to go. */
export interface EndingPods {
  /** Whether a member's pod is being deleted. */
  isGoing(ordinal: Ordinal): Promise<boolean>;
}

/**
 * Says why a pod whose server has ended does not go: something beside it goes on.
 *
 * A pod that is deleted stays until all its containers have ended, for as long as its server may take: minutes. A program that
 * is the first of its container and does not care for SIGTERM, as many sidecars are, keeps the member away for all of it. Its kubelet tells
 * of containers only when all have ended, and heeds no shorter period that comes later: https://github.com/kubernetes/kubernetes/issues/83916
 */
export class EndingPod {
  private readonly task: Background;
  private readonly ended: Since;
  private askedAt = -Infinity;

  constructor(private readonly parts: { pods: EndingPods; notices: Notices; clock: Clock; log: Log }) {
    this.ended = new Since(parts.clock);
    this.task = new Background((error) => {
      parts.log("warning", "cannot see whether this pod is about to go", { error });
    });
  }

  /** @param own - what was just seen of this member; `undefined` when that is not of the present. */
  look(own: Report | undefined): void {
    const { clock } = this.parts;
    const lasted = this.ended.measure(own?.stopping === true && own.status.process === "stopped");
    if (own === undefined || lasted < OTHERS_MAY_TAKE || this.task.busy) return;
    if (clock() - this.askedAt < ASK_EVERY) return;
    this.askedAt = clock();
    this.task.run(() => this.say(own.ordinal));
  }

  private async say(ordinal: Ordinal): Promise<void> {
    const { pods, notices } = this.parts;
    if (!(await pods.isGoing(ordinal))) return;
    notices.set(ABOUT, {
      severity: "problem",
      text: "the server has ended, and the member stays away until a container beside it ends too, or the pod's grace period is over",
      advice: "have the first program of each sidecar end by SIGTERM",
    });
  }
}
