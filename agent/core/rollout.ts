import { isOpen, type Maintenance, nextOpening } from "../../components/protocol/maintenance";
import { Background } from "./background";
import { type Clock, Since } from "./clock";
import { isHung } from "./hung";
import type { HangLimits } from "./limits";
import type { Log } from "./log";
import type { MarkerStore } from "./marker";
import type { Notice, Notices } from "./notices";
import type { PodRevisions } from "./outdated-pod";
import { isPrimary } from "./primary";
import type { Ordinal, Report } from "./types";

/** Between two questions to the API server, ms: while its pod is to be replaced, and else. */
const ASK_EVERY = { due: 10_000, idle: 60_000 };

/** How long all must have been well before one goes, ms, where the set asks for less. */
const STEADY_FOR = 10_000;

/** How long a member must not have served before a correction of its pod waits for no window, ms. */
const UNWELL_FOR = 60_000;

/** A pod that has said that it goes, and has been there for so long since, does not go, ms. */
const CLAIM_LASTS = 120_000;

const ABOUT = "rollout";

/** A member's pod, as its set sees it. */
export interface PodOfSet {
  ordinal: Ordinal;
  uid: string;
  /** Its set wants one of another revision. */
  outdated: boolean;
  ready: boolean;
}

/** A set whose pods the members replace. */
export interface SetOfPods {
  maintenance: Maintenance;
  /** An operator wants the present revision at once. */
  atOnce: boolean;
  /** How long a new pod must be ready before the next one is replaced, ms. */
  minReady: number;
  /** Those that were asked for and are there, and are not about to go. */
  pods: PodOfSet[];
}

/** Where pods are seen and deleted. */
export interface RolloutPods extends Pick<PodRevisions, "remove"> {
  /** @returns `undefined` where Kubernetes replaces the pods */
  ofSet(ordinals: readonly Ordinal[]): Promise<SetOfPods | undefined>;
}

/** What a rollout works with. */
export interface RolloutParts {
  self: Ordinal;
  /** Whether one member at a time takes the writes: without knowing which, nobody goes. */
  hasPrimary: boolean;
  pods: RolloutPods;
  markers: MarkerStore;
  volumeLimits: HangLimits;
  notices: Notices;
  log: Log;
  clock: Clock;
  timeOfDay: () => number;
}

interface Seen {
  own: Report;
  peers: readonly Report[];
  replicas: number;
}

/**
 * Replaces this member's pod by one of the revision that is wanted, in a window for that.
 *
 * Each pod deletes itself and no other. One at a time: only while all members are well, and who goes has said so on the marker, which of
 * two only one can. Of those that are to go the highest ordinal is the first, and the primary the last, so that it hands over once.
 * A member that does not serve goes before all and waits for no window: what was wrong with its revision may be mended in the next.
 */
export class Rollout {
  private readonly task: Background;
  private readonly well: Since;
  private readonly unwell: Since;
  private readonly claimed: Since;
  private seen: Seen | undefined;
  private steadyFor = 0;
  private unwellFor = 0;
  private due = false;
  private askedAt = -Infinity;

  constructor(private readonly parts: RolloutParts) {
    const { clock, log } = parts;
    this.well = new Since(clock);
    this.unwell = new Since(clock);
    this.claimed = new Since(clock);
    this.task = new Background((error) => {
      log("warning", "cannot see whether this pod is to be replaced", { error });
    });
  }

  /** @param own - what was just seen of this member; `undefined` when that is not of the present. */
  look(own: Report | undefined, peers: readonly Report[], replicas: number | undefined): void {
    const { clock } = this.parts;
    this.seen = own === undefined || replicas === undefined ? undefined : { own, peers, replicas };
    this.steadyFor = this.well.measure(this.othersAreWell() && this.isWell(own));
    this.unwellFor = this.unwell.measure(this.othersAreWell() && own !== undefined && serves(own) === "not");
    if (this.seen === undefined || own?.stopping === true || this.task.busy) return;
    if (clock() - this.askedAt < (this.due ? ASK_EVERY.due : ASK_EVERY.idle)) return;
    this.askedAt = clock();
    this.task.run(() => this.step());
  }

  private async step(): Promise<void> {
    const { pods, self, notices, timeOfDay } = this.parts;
    const set = await pods.ofSet([self]);
    const mine = set?.pods.find(({ ordinal }) => ordinal === self);
    this.due = mine?.outdated === true;
    if (set === undefined || mine?.outdated !== true) {
      notices.set(ABOUT, undefined);
      return;
    }
    const waits = this.waits(set, timeOfDay());
    notices.set(ABOUT, waits);
    if (this.unwellFor < UNWELL_FOR && (waits !== undefined || !this.isSteady(set))) return;
    await this.goIfNext(mine);
  }

  /** What this pod waits for, beside the others. */
  private waits({ maintenance, atOnce }: SetOfPods, now: number): Notice | undefined {
    if (atOnce) return undefined;
    const changed = "the pod is to be replaced, by what was deployed since it was made: ";
    if (!isOpen(maintenance.windows, now)) {
      const next = nextOpening(maintenance.windows, now);
      const when = next === undefined ? "" : `, the next of which opens on ${sayTime(next)}`;
      return {
        severity: "notice",
        text: `${changed}it waits for a window of maintenance${when}`,
        advice: "leave it to that, or restart the database to have it now",
      };
    }
    if (maintenance.supervised !== true || !this.isPrimary()) return undefined;
    return {
      severity: "notice",
      text: `${changed}it is the primary's, which maintenance.primaryUpdate leaves to you`,
      advice: "have it hand over (switchover) when the others have been replaced, or restart the database",
    };
  }

  private async goIfNext({ ordinal, uid }: PodOfSet): Promise<void> {
    const { pods, log } = this.parts;
    const set = await pods.ofSet(ordinals(this.seen?.replicas ?? 0));
    if (set === undefined || !this.isNext(set.pods)) return;
    if (!(await this.claim(uid, set.pods))) return;
    // The answers may have taken long.
    if (!this.isSteady(set) && this.unwellFor < UNWELL_FOR) return;
    log("info", "replacing this pod by one of the revision that is wanted");
    await pods.remove(ordinal, uid);
  }

  private isNext(pods: readonly PodOfSet[]): boolean {
    const { self, hasPrimary } = this.parts;
    if (this.seen === undefined || pods.length < this.seen.replicas) return false;
    const others = pods.filter((pod) => pod.ordinal !== self);
    if (!others.every(({ ready }) => ready)) return false;
    if (this.unwellFor >= UNWELL_FOR) return true;
    const { own, peers } = this.seen;
    const primary = [own, ...peers].find(isPrimary)?.ordinal;
    if (hasPrimary && primary === undefined && own.status.following === undefined) return false;
    const due = pods.filter(({ outdated }) => outdated).map((pod) => pod.ordinal);
    const replicas = due.filter((ordinal) => ordinal !== primary);
    return Math.max(...(replicas.length > 0 ? replicas : due)) === self;
  }

  /** Says on the marker that this pod goes. @returns false where another one has, and is still there */
  private async claim(uid: string, pods: readonly PodOfSet[]): Promise<boolean> {
    const { markers } = this.parts;
    const stored = await markers.read();
    if (stored === undefined) return false;
    const { replacing } = stored.marker;
    if (replacing === uid) return true;
    const held = replacing !== undefined && pods.some((pod) => pod.uid === replacing && pod.outdated);
    if (this.claimed.measure(held, replacing) < CLAIM_LASTS && held) return false;
    return (await markers.replace({ ...stored.marker, replacing: uid }, stored.version)) !== undefined;
  }

  private isSteady({ minReady }: SetOfPods): boolean {
    return this.steadyFor >= Math.max(minReady, STEADY_FOR);
  }

  private isPrimary(): boolean {
    return this.seen !== undefined && isPrimary(this.seen.own);
  }

  private othersAreWell(): boolean {
    if (this.seen === undefined) return false;
    const { peers, replicas } = this.seen;
    const others = ordinals(replicas).filter((ordinal) => ordinal !== this.parts.self);
    return others.every((other) => this.isWell(peers.find(({ ordinal }) => ordinal === other)));
  }

  private isWell(report: Report | undefined): boolean {
    return report !== undefined && serves(report) === "well" && !isHung(report, this.parts.volumeLimits);
  }
}

/** `soon`: it starts, copies or joins, and is to be left alone. */
function serves({ status, stopping, activity }: Report): "well" | "soon" | "not" {
  if (stopping) return "soon";
  if (status.member === "online") return "well";
  if (status.refusal !== undefined || (status.failures ?? 0) > 1) return "not";
  const underWay = status.process === "starting" || status.member === "joining" || activity !== "idle";
  return underWay ? "soon" : "not";
}

function ordinals(replicas: number): Ordinal[] {
  return [...Array(replicas).keys()];
}

/** `Sun, 29 Nov 2026 02:00 UTC` */
function sayTime(time: number): string {
  return new Date(time).toUTCString().replace(/:\d\d GMT$/, " UTC");
}
