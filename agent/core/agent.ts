import type { Absences } from "./absences";
import type { Reason } from "../../components/protocol/reasons";
import { ACTIVITY, Background, type Actions } from "./actions";
import { type Archiving, finishArchiving, shownOf } from "./archiving";
import { Since, within, type Clock } from "./clock";
import { factsFrom } from "./election/facts";
import type { ElectionFacts } from "./election/parts";
import type { Peer, Switchover } from "./engine";
import { isHung, isReplaced } from "./hung";
import { LagMeter, lagText } from "./lag";
import { messageOf, type Log } from "./log";
import type { Notices } from "./notices";
import type { MarkerStore } from "./marker";
import type { Member } from "./member";
import type { Peers } from "./peers";
import { decide } from "./policy";
import { isPrimary } from "./primary";
import type { Publisher } from "./publish";
import { awaitedBeforeStop } from "./stop-plan";
import type { Marker, Ordinal, Report, Timings } from "./types";
import type { VoidedChoice } from "./voided";
import { VolumeGuard } from "./volume";
import type { Tally } from "./tally";
import { REASON_OF_ACTIVITY, reasonOf, type Saying } from "./saying";
import type { Action, World } from "./world";

/** What an agent is made of. */
export interface AgentParts {
  member: Member;
  actions: Actions;
  /** What is made of a backup to begin with, and why not; `undefined` where nothing is. */
  restoring?: () => Saying | undefined;
  /** Makes another member the primary. @default the engine's */
  switchover?: Switchover;
  peers: Peers;
  /** Everyone but oneself, for a set of this size. */
  others: (replicas: number) => Peer[];
  markers: MarkerStore;
  publisher: Publisher;
  /** What the member says beside its state. */
  notices: Notices;
  /** Whether a member has a pod. Rejects when the API server cannot be asked. */
  hasPod: (ordinal: Ordinal) => Promise<boolean>;
  /** How long a stop may wait for members that are away, ms. */
  stopPatience: number;
  absences: Absences;
  voided: VoidedChoice;
  /** The engine's log as it is stored elsewhere. @default it is not */
  archiving?: Archiving;
  /** The size of the set. Rejects when the API server cannot be asked. */
  replicas: () => Promise<number>;
  timings: Timings;
  /** Counts what happens. */
  tally: Tally;
  log: Log;
  clock: Clock;
}

/** For how long an answer of the API server is good enough, ms. */
const MARKER_FRESH = { serving: 10_000, leading: 3_000, waiting: 1_000 };

/** After this time an observation says nothing of the present any more, ms. */
const OUTDATED = 5_000;

/** Observes, decides and acts, over and over. */
export class Agent {
  private own: Report | undefined;
  private says: Saying = { state: "starting", reason: "StartingServer" };
  private marker: Marker | undefined | "unknown" = "unknown";
  private markerAt = -Infinity;
  private replicas: number | undefined;
  private replicasAt = -Infinity;
  private readonly task = new Background();
  private readonly publishing = new Background();
  private readonly outage: Since;
  private readonly sameMarker: Since;
  private readonly divergence: Since;
  private readonly lack: Since;
  private readonly failure: Since;
  private readonly hanging: Since;
  private readonly remembering = new Background();
  private readonly lag: LagMeter;
  private readonly volume: VolumeGuard;
  private lastTick: number;
  private observedAt = -Infinity;
  private stop: Promise<void> | undefined;
  private reported: string | undefined;

  constructor(private readonly parts: AgentParts) {
    const { clock } = parts;
    this.outage = new Since(clock);
    this.sameMarker = new Since(clock);
    this.divergence = new Since(clock);
    this.lack = new Since(clock);
    this.failure = new Since(clock);
    this.hanging = new Since(clock);
    this.lastTick = clock();
    this.volume = new VolumeGuard(parts);
    this.lag = new LagMeter(parts.member.engine.lag, clock);
  }

  /** The last observation; `undefined` before the first, and when it is no longer of the present. */
  get report(): Report | undefined {
    if (!this.own || this.isOutdated()) return undefined;
    const stopping = this.own.stopping || this.stop !== undefined;
    return { ...this.own, activity: this.parts.member.activity, stopping };
  }

  /** What it has seen that bears on an election. */
  get electionFacts(): ElectionFacts {
    const { marker, replicas, stop } = this;
    return factsFrom({ own: this.own, marker, replicas, stopping: stop !== undefined });
  }

  /** What the agent is doing, for people. */
  get summary(): string {
    return this.says.state;
  }

  /** The same for programs. */
  get reason(): Reason {
    return this.says.reason;
  }

  /** The size of the set, as far as it is known. */
  get size(): number | undefined {
    return this.replicas;
  }

  /** Whether the loop has come round within `limit` ms. */
  isAlive(limit = 60_000): boolean {
    return this.parts.clock() - this.lastTick < limit;
  }

  /** Whether clients may use this member. */
  isReady(): boolean {
    const { own } = this;
    if (own === undefined || this.isOutdated() || isHung(own, this.parts.member.engine.limits.volume))
      return false;
    return own.status.member === "online" && own.status.admitted === true && !own.stopping;
  }

  private isOutdated(): boolean {
    return this.parts.clock() - this.observedAt > OUTDATED;
  }

  /** One round. Rejects only if this member cannot be looked at. */
  async tick(): Promise<void> {
    const { member, peers, others } = this.parts;
    await this.learnReplicas();
    peers.refresh(others(Math.max(this.replicas ?? 0, this.known())));
    this.volume.touch();
    const leader = peers.current().find(isPrimary);
    const own = await this.look();
    const behind = this.lag.measure(leader, own);
    if (behind !== undefined) Object.assign(own, { behind, lag: lagText(behind) });
    this.lastTick = this.parts.clock();
    await this.killHung(own);
    this.remember(own);
    await this.learnMarker(own);
    this.learnAbsences(own);
    this.parts.voided.expire();
    const world = this.world(own);
    const hung = this.volume.judge(own, world.peers, Math.max(this.replicas ?? 0, this.known()));
    const action = hung ?? decide(member.engine.policy, world);
    this.describe(action);
    this.publish(own, world.peers);
    if (!this.task.busy && this.stop === undefined) this.act(action, world.peers);
  }

  /**
   * Prepares the end of the pod: hands the primary over and leaves. Called before the server is told
   * to stop; later calls wait for the first.
   */
  prepareStop(): Promise<void> {
    this.stop ??= this.doStop().finally(() => {
      this.stop = undefined;
    });
    return this.stop;
  }

  private async look(): Promise<Report> {
    const own = await this.parts.member.observe();
    const stalled = this.volume.measure(own.status.position);
    if (stalled > 0) own.status.stalled = stalled;
    this.own = own;
    this.observedAt = this.parts.clock();
    return own;
  }

  private async doStop(): Promise<void> {
    const { member, log, tally } = this.parts;
    await member.supervisor.setStopping();
    if (!(await this.servesStill())) return;
    // It may be stopped because it is about to change.
    await this.learnReplicas(true);
    const size = this.replicas ?? this.known();
    const peers = await this.untilSpared(size);
    const own = await this.servesStill();
    if (!own) return;
    const { role, view } = own.status;
    const { engine } = member;
    const { limits } = engine;
    const { switchover = engine.switchover } = this.parts;
    const plan = engine.policy.planStop({
      self: own.ordinal,
      role,
      view,
      peers,
      replicas: size,
      volumeLimits: limits.volume,
    });
    log("info", "stopping", { ...plan });
    const { successor } = plan;
    if (plan.stayToVote === true) await this.untilPrimaryStays(size);
    if (successor !== undefined && switchover) {
      await within(limits.switchover, switchover.to(successor)).then(
        () => {
          tally.add("switchover");
        },
        (error: unknown) => {
          tally.add("switchover failed");
          log("warning", "the switchover failed", { successor, error: messageOf(error) });
        },
      );
    }
    if (plan.how === "halt") {
      await member.supervisor.halt();
      return;
    }
    await member.supervisor.order("hold");
    await member.record.update({ left: true });
    await within(limits.stop, engine.prepareStop()).catch(async (error: unknown) => {
      log("warning", "could not leave, stopping as it is", { error: messageOf(error) });
      await member.supervisor.halt();
      await member.record.update({ left: undefined });
    });
    // Another primary stores its log.
    if (role === "primary" && successor === undefined) await finishArchiving(this.parts.archiving, log);
  }

  /** Looks again. @returns what it saw, if this member is a full one */
  private async servesStill(): Promise<Report | undefined> {
    const own = await this.look();
    return own.status.process === "running" && own.status.member === "online" ? own : undefined;
  }

  /**
   * Waits until the others can do without this member, as long as those that are away may come back.
   * @returns what the others said, asked now: what they said before does not tell who else is being stopped.
   */
  private async untilSpared(size: number): Promise<Report[]> {
    const { clock, others, peers, member, stopPatience, hasPod, log } = this.parts;
    const end = clock() + stopPatience;
    let said = false;
    for (;;) {
      const reports = await peers.askNow(others(size));
      const away = awaitedBeforeStop(member.ordinal, reports, size);
      if (away.length === 0 || clock() >= end) return reports;
      const there = await Promise.all(away.map(async (ordinal) => hasPod(ordinal).catch(() => false)));
      if (there.includes(false)) return reports;
      if (!said) log("info", "stopping when the others can do without this member", { away });
      said = true;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  /** Waits until a member of the smaller set is the primary; goes all the same when that takes too long. */
  private async untilPrimaryStays(size: number): Promise<void> {
    const { clock, others, peers, log } = this.parts;
    const end = clock() + this.parts.member.engine.limits.switchover;
    while (clock() < end) {
      const reports = await peers.askNow(others(size));
      if (reports.some(({ status }) => status.role === "primary" && status.member === "online")) return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    log("warning", "no member that stays has become the primary");
  }

  private act(action: Action, peers: readonly Report[]): void {
    const { member, actions, log } = this.parts;
    if (action.kind === "wait") return;
    if (action.kind === "serve" || action.kind === "hold") {
      this.task.run(() => this.serve(action.kind === "serve"), this.reportFailure);
      return;
    }
    const { marker } = this;
    this.parts.tally.add(`action ${action.kind}`);
    member.activity = ACTIVITY[action.kind];
    if (action.kind !== "start") log("info", action.kind, { ...action });
    this.task.run(
      () =>
        actions.run(action, {
          peers,
          marker: marker === "unknown" ? undefined : marker,
          replicas: this.replicas,
        }),
      () => {
        member.activity = "idle";
        this.reportFailure();
      },
    );
  }

  private readonly reportFailure = (): void => {
    const { failure } = this.task;
    if (failure !== undefined && failure !== this.reported) {
      this.parts.log("warning", "did not succeed, looking again", { error: failure });
    }
    this.reported = failure;
  };

  private async serve(admits: boolean): Promise<void> {
    const { engine } = this.parts.member;
    const { status } = this.own ?? {};
    if (admits && status?.admitted !== true) await engine.admit();
    // Accounts are tried by logging in, which clients cannot yet.
    await engine.reconcile(admits ? (status?.role ?? "none") : "none", this.replicas);
  }

  /** A server that hangs may still take writes, or keep another member from taking over. */
  private async killHung({ status: { hung } }: Report): Promise<void> {
    const lasted = this.hanging.measure(hung !== undefined, hung?.reason);
    if (hung === undefined || lasted < hung.patience) return;
    if (hung.unless === "unreplaced" && this.own && !this.isReplaced(this.own)) return;
    this.parts.log("warning", "killing the server", { reason: hung.reason, seconds: lasted / 1000 });
    await this.parts.member.supervisor.kill();
    this.parts.tally.add("server killed");
    this.hanging.measure(false);
  }

  private isReplaced(own: Report): boolean {
    const { member, peers } = this.parts;
    return isReplaced(own, peers.current(), this.replicas, member.engine.limits.volume);
  }

  private publish(own: Report, peers: readonly Report[]): void {
    const { publisher, notices, log, archiving } = this.parts;
    const before = this.publishing.failure;
    this.publishing.run(
      () => {
        const says = { ...this.says, notices: notices.list(), ...shownOf(archiving) };
        const marker = this.marker === "unknown" ? undefined : this.marker;
        return publisher.publish(own, peers, says, this.replicas ?? 0, marker);
      },
      () => {
        const { failure } = this.publishing;
        if (failure !== undefined && failure !== before) log("warning", "cannot publish", { error: failure });
      },
    );
  }

  private describe(action: Action): void {
    const { member, log } = this.parts;
    const busy = member.activity !== "idle";
    // What keeps a server from starting stays true while it is tried again.
    const failing = action.kind === "start" && action.message !== undefined;
    const kind = failing ? "wait" : action.kind;
    const planned = "message" in action ? `${kind}: ${action.message}` : kind;
    const { failure } = this.task;
    // The same text between attempts and during them: each change is written to the API server.
    const doing =
      failure !== undefined && action.kind !== "wait"
        ? `${planned}; the last attempt failed: ${failure}`
        : busy && !failing
          ? member.activity
          : planned;
    const bootstrap = action.kind === "bootstrap" || member.activity === "founding";
    const restoring = bootstrap ? this.parts.restoring?.() : undefined;
    const now = restoring?.state ?? doing;
    const state =
      this.own?.status.full === true ? `the volume is full, writes wait until it grows; ${now}` : now;
    const reason =
      this.own?.status.full === true
        ? "VolumeFull"
        : (restoring?.reason ?? this.reasonFor(action, busy && !failing));
    if (state !== this.says.state) log("info", "state", { state, reason });
    this.says = { state, reason };
  }

  private reasonFor(action: Action, busy: boolean): Reason {
    const failed = this.task.failure !== undefined && action.kind !== "wait" && action.kind !== "hold";
    if (failed) return "AttemptFailed";
    return busy ? REASON_OF_ACTIVITY[this.parts.member.activity] : reasonOf(action);
  }

  private world(own: Report): World {
    const { peers, timings, member } = this.parts;
    const current = peers.current();
    const { marker } = this;
    const { history, logs, limits } = member.engine;
    const mine = own.status.position;
    const primary = current.find(isPrimary);
    const theirs = primary?.status.position;
    const known = mine !== undefined && theirs !== undefined;
    const offline = own.status.member === "offline" && known && history !== undefined;
    const extra = offline && ["ahead", "diverged"].includes(history.compare(mine, theirs));
    const joining = own.status.member === "joining" && known && logs !== undefined;
    const lacking = joining && !logs.canCatchUp(mine, theirs);
    const running = [own, ...current].some((report) => report.status.member === "online");
    // A first bootstrap's empty disks are no outage. A later one that was cut off goes on from the same outage.
    const first = typeof marker === "object" && marker.phase === "founding" && marker.empty === true;
    return {
      self: own.ordinal,
      replicas: this.replicas,
      own: { ...own, activity: member.activity },
      peers: current,
      absent: this.parts.absences.current(),
      marker,
      elapsed: this.outage.measure(!running && !first),
      markerAge: this.sameMarker.measure(true, JSON.stringify(marker)),
      divergedFor: this.divergence.measure(extra),
      failedFor: this.failure.measure(own.status.member === "failed"),
      lackingFor: this.lack.measure(lacking, mine),
      timings,
      volumeLimits: limits.volume,
    };
  }

  /** Keeps the membership on disk, for the day when everything has stopped. */
  private remember(own: Report): void {
    const { record, ordinal } = this.parts.member;
    const { status } = own;
    const settled = status.member === "online" && record.value !== undefined;
    if (!settled || !status.view?.members.includes(ordinal) || own.stopping) return;
    if (record.value.unconfirmed !== undefined) return;
    const before = this.remembering.failure;
    this.remembering.run(
      () => record.update({ view: status.view, left: undefined, replicas: this.replicas }),
      () => {
        const { failure } = this.remembering;
        if (failure !== undefined && failure !== before) {
          this.parts.log("warning", "cannot write the record", { error: failure });
        }
      },
    );
  }

  private known(): number {
    return this.parts.member.record.value?.replicas ?? 0;
  }

  private async learnReplicas(now = false): Promise<void> {
    const fresh = this.parts.clock() - this.replicasAt < MARKER_FRESH.serving && this.replicas !== undefined;
    if (fresh && !now) return;
    this.replicasAt = this.parts.clock();
    try {
      this.replicas = await this.parts.replicas();
    } catch (error) {
      this.replicas ??= this.known() || undefined;
      this.parts.log("warning", "cannot ask for the size of the set", { error: messageOf(error) });
    }
  }

  /** Of members that do not answer, while an operator's choice depends on whether they run. */
  private learnAbsences(own: Report): void {
    const { marker } = this;
    if (marker === "unknown" || marker?.recoverFrom === undefined || own.status.member === "online") return;
    const { others, peers, absences } = this.parts;
    const answered = new Set(peers.current().map(({ ordinal }) => ordinal));
    const silent = others(this.replicas ?? this.known()).filter(({ ordinal }) => !answered.has(ordinal));
    absences.refresh(silent.map(({ ordinal }) => ordinal));
  }

  private async learnMarker(own: Report): Promise<void> {
    const serving = own.status.member === "online" && own.status.admitted === true;
    const leading = own.status.role === "primary" ? MARKER_FRESH.leading : MARKER_FRESH.serving;
    if (this.parts.clock() - this.markerAt < (serving ? leading : MARKER_FRESH.waiting)) return;
    this.markerAt = this.parts.clock();
    try {
      this.marker = (await this.parts.markers.read())?.marker;
    } catch (error) {
      if (this.marker !== "unknown")
        this.parts.log("warning", "cannot read the marker", { error: messageOf(error) });
      this.marker = "unknown";
    }
  }
}
