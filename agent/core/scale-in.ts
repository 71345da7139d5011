import { SCALE_IN_TO } from "../../components/protocol/annotations";
import { FEWEST_IN_RING } from "../../components/protocol/members";
import { Background } from "./background";
import type { Clock } from "./clock";
import type { Decommission } from "./engine";
import type { Log } from "./log";
import type { MarkerStore } from "./marker";
import { messageOf } from "./log";
import type { Notice, Notices } from "./notices";
import type { Marker, Ordinal, Report, View } from "./types";

/** Between two looks, ms. */
const LOOK_EVERY = 2_000;

/** The size is shown again after this time, in case somebody took it away, ms. */
const SHOW_EVERY = 60_000;

/** After an attempt to leave that failed, ms: what was in its way may be gone. */
const AGAIN_AFTER = 30_000;

const PROBLEM = "scale-in";
const PROGRESS = "scale-in progress";

/** What a ring's scale-in works with. */
export interface ScaleInParts {
  self: Ordinal;
  decommission: Decommission;
  markers: MarkerStore;
  /** Says where the API server sees it how many members the ring has. */
  show: (members: number) => Promise<void>;
  notices: Notices;
  log: Log;
  clock: Clock;
}

/**
 * Makes a ring smaller, when an operator says so on its marker: those of the highest ordinals hand over what they hold, one after the
 * other, the last first; then its StatefulSet may have fewer pods, which the API server refuses until then.
 *
 * The lowest member that is up shows the size, keeps the marker, and says what is in the way. Whose turn it is looks for itself, since what the other one
 * saw may have changed.
 */
export class ScaleIn {
  private readonly keeping: Background;
  private readonly leaving: Background;
  private shown: { members: number; at: number } | undefined;
  private lookedAt = -Infinity;
  private failedAt = -Infinity;

  constructor(private readonly parts: ScaleInParts) {
    const warn = (what: string) => (error: string) => {
      parts.log("warning", what, { error });
    };
    this.keeping = new Background(warn("cannot show the size of the ring"));
    this.leaving = new Background(warn("could not leave the ring, trying again"));
  }

  /** @param replicas - pods that are wanted, where that is known. */
  look(own: Report, replicas: number | undefined, marker: Marker | undefined): void {
    const { clock, self, notices } = this.parts;
    const { view, member } = own.status;
    const keeps = member === "online" && view?.online[0] === self;
    if (!keeps) notices.set(PROBLEM, undefined);
    if (!this.leaving.busy) notices.set(PROGRESS, undefined);
    if (view === undefined || member !== "online" || marker === undefined) return;
    const wanted = wantedSize(marker);
    if (clock() - this.lookedAt < LOOK_EVERY) return;
    this.lookedAt = clock();
    if (keeps) this.keeping.run(() => this.keep(view, replicas, marker));
    if (typeof wanted !== "number" || own.stopping) return;
    const last = view.members.at(-1);
    if (last === self && self >= wanted && clock() - this.failedAt >= AGAIN_AFTER) {
      this.leaving.run(() => this.leave(wanted));
    }
  }

  /** Keeps what the marker says of the size, and says what is in the way of a smaller one. */
  private async keep(view: View, replicas: number | undefined, marker: Marker): Promise<void> {
    const { notices } = this.parts;
    const members = (view.members.at(-1) ?? 0) + 1;
    const wanted = wantedSize(marker);
    const done = typeof wanted === "number" && members <= wanted;
    // The pods are gone, too: what was asked for is done, and a larger set may follow.
    const over = done && replicas !== undefined && replicas <= wanted;
    await this.show(members);
    if (over) await this.forget();
    notices.set(PROBLEM, over || wanted === undefined ? undefined : await this.said(wanted, members));
  }

  private async show(members: number): Promise<void> {
    const { show, clock } = this.parts;
    if (this.shown?.members === members && clock() - this.shown.at < SHOW_EVERY) return;
    await show(members);
    this.shown = { members, at: clock() };
  }

  private async forget(): Promise<void> {
    const { markers } = this.parts;
    const stored = await markers.read();
    if (stored?.marker.scaleInTo === undefined) return;
    const written = await markers.replace({ ...stored.marker, scaleInTo: undefined }, stored.version);
    if (!written) throw new Error("the marker was changed by somebody else");
  }

  private async said(wanted: number | string, members: number): Promise<Notice | undefined> {
    if (typeof wanted === "string") {
      return {
        severity: "problem",
        text: `${SCALE_IN_TO}=${wanted} is no size that a ring can have: ${FEWEST_IN_RING} is the least`,
        advice: `annotate the marker with another one, or with ${SCALE_IN_TO}- to leave the ring as it is`,
      };
    }
    if (members <= wanted) {
      return {
        severity: "notice",
        text: `the ring has ${members} members now, as ${SCALE_IN_TO} asks for`,
        advice: `deploy the stack with ${wanted} replicas`,
      };
    }
    const why = await this.parts.decommission.refusal(wanted);
    if (why === undefined) return undefined;
    return {
      severity: "problem",
      text: `the ring stays at ${members} members, and does not go to ${wanted}: ${why}`,
      advice: `mend that, or take ${SCALE_IN_TO} off the marker`,
    };
  }

  private async leave(wanted: number): Promise<void> {
    const { decommission, markers, notices, log, clock } = this.parts;
    // What was known of it may be seconds old, and this is not taken back.
    const stored = await markers.read();
    if (stored === undefined || wantedSize(stored.marker) !== wanted) return;
    // Who keeps the marker says so.
    if ((await decommission.refusal(wanted)) !== undefined) return;
    log("info", "handing over what this member holds, to leave the ring", { wanted });
    notices.set(PROGRESS, {
      severity: "notice",
      text: "it hands over what it holds to the other members, and leaves the ring then",
    });
    try {
      await decommission.run();
      log("info", "left the ring");
    } catch (error) {
      this.failedAt = clock();
      throw new Error(`it could not hand over what it holds: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** How many members a ring is to have that has more: nothing where nobody asked, and the words where they are no size. */
export function wantedSize({ scaleInTo }: Pick<Marker, "scaleInTo">): number | string | undefined {
  if (scaleInTo === undefined) return undefined;
  const size = /^[1-9]\d?$/.test(scaleInTo) ? Number(scaleInTo) : 0;
  return size >= FEWEST_IN_RING ? size : scaleInTo;
}
