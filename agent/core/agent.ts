import type { Absences } from "./absences";
import type { Reason } from "../../components/protocol/reasons";
import { ACTIVITY, type Actions } from "./actions";
import { shownOf } from "./archiving";
import { Background } from "./background";
import { Since } from "./clock";
import { Durations } from "./durations";
import { factsFrom } from "./election/facts";
import type { ElectionFacts } from "./election/parts";
import { isHung, isReplaced } from "./hung";
import type { Losses } from "./losses";
import { LagMeter, lagText } from "./lag";
import type { ApplicationLogin } from "./login";
import type { Notices } from "./notices";
import { ordersOf } from "./orders";
import type { MarkerStore } from "./marker";
import { decide } from "./policy";
import { isPrimary } from "./primary";
import type { InitialStatements } from "./initial";
import { Promotion } from "./promotion";
import type { Publisher } from "./publish";
import { sayingOf, type Saying } from "./saying";
import { SetState } from "./set-state";
import { Stop, type StopParts } from "./stop";
import type { ScaleIn } from "./scale-in";
import type { Report, Timings } from "./types";
import type { VoidedChoice } from "./voided";
import type { UserLogins } from "./user-logins";
import { VolumeGuard } from "./volume";
import type { Action, World } from "./world";

/** What an agent is made of. */
export interface AgentParts extends StopParts {
  actions: Actions;
  /** What is made of a backup to begin with, and why not; `undefined` where nothing is. */
  restoring?: () => Saying | undefined;
  markers: MarkerStore;
  publisher: Publisher;
  /** What the member says beside its state. */
  notices: Notices;
  absences: Absences;
  voided: VoidedChoice;
  /** Where applications find how to log in. @default nobody publishes it */
  login?: ApplicationLogin;
  /** The same for further users. @default there are none */
  userLogins?: UserLogins;
  /** Makes a ring smaller. @default members go with their pods */
  scaleIn?: ScaleIn;
  /** Has members compare their copies before a lost one is replaced. @default nobody waits for that */
  losses?: Losses;
  /** The SQL that it begins with. @default none */
  initial?: InitialStatements;
  /** The size of the set. Rejects when the API server cannot be asked. */
  replicas: () => Promise<number>;
  timings: Timings;
}

/** After this time an observation says nothing of the present any more, ms. */
const OUTDATED = 5_000;

/** Observes, decides and acts, over and over. */
export class Agent {
  private own: Report | undefined;
  private says: Saying = { state: "starting", reason: "StartingServer" };
  private readonly set: SetState;
  private readonly durations: Durations;
  private readonly task: Background;
  private readonly publishing: Background;
  private readonly comparing: Background;
  private readonly lettingIn: Background;
  private readonly remembering: Background;
  private readonly hanging: Since;
  private readonly lag: LagMeter;
  private readonly volume: VolumeGuard;
  private readonly promotion: Promotion;
  private lastTick: number;
  private observedAt = -Infinity;
  private stop: Promise<void> | undefined;

  constructor(private readonly parts: AgentParts) {
    const { clock, log, member } = parts;
    const failing = (what: string) => (error: string) => {
      log("warning", what, { error });
    };
    this.task = new Background(failing("did not succeed, looking again"));
    this.comparing = new Background(failing("cannot read what the database is to begin with"));
    this.publishing = new Background(failing("cannot publish"));
    this.lettingIn = new Background(failing("cannot give applications the password"));
    this.remembering = new Background(failing("cannot write the record"));
    this.set = new SetState({ ...parts, record: member.record });
    this.durations = new Durations(member.engine, clock);
    this.hanging = new Since(clock);
    this.lag = new LagMeter(member.engine.lag, clock);
    this.volume = new VolumeGuard(parts);
    this.promotion = new Promotion({
      ...parts,
      lag: member.engine.lag,
      told: (marker) => {
        this.set.know(marker);
      },
    });
    this.lastTick = clock();
  }

  /** The last observation; `undefined` before the first, and when it is no longer of the present. */
  get report(): Report | undefined {
    if (!this.own || this.isOutdated()) return undefined;
    const stopping = this.own.stopping || this.stop !== undefined;
    return { ...this.own, activity: this.parts.member.activity, stopping };
  }

  /** What it has seen that bears on an election. */
  get electionFacts(): ElectionFacts {
    const { marker, replicas } = this.set;
    return factsFrom({ own: this.own, marker, replicas, stopping: this.stop !== undefined });
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
    return this.set.replicas;
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
    await this.set.learnReplicas();
    peers.refresh(others(this.set.most));
    this.volume.touch();
    const leader = peers.current().find(isPrimary);
    const own = await this.look();
    const behind = own.status.following?.behind ?? this.lag.measure(leader, own);
    if (behind !== undefined) Object.assign(own, { behind, lag: lagText(behind) });
    this.lastTick = this.parts.clock();
    await this.killHung(own);
    this.remember(own);
    await this.set.learnMarker(own);
    if (this.set.marker !== "unknown") member.engine.heed?.(ordersOf(this.set.marker));
    this.learnAbsences(own);
    this.promotion.look(own, this.set.knownMarker);
    const marker = this.set.knownMarker;
    // A file that cannot be read must not hold up what the agent decides.
    this.comparing.run(async () => this.parts.initial?.look(marker, isPrimary(own)));
    this.parts.scaleIn?.look(own, this.set.replicas, this.set.knownMarker);
    this.parts.voided.expire();
    const world = this.world(own);
    this.parts.losses?.look(own, world.peers);
    const hung = this.volume.judge(own, world.peers, this.set.most);
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
    this.stop ??= new Stop(this.parts, this.set, () => this.look()).run().finally(() => {
      this.stop = undefined;
    });
    return this.stop;
  }

  private async look(): Promise<Report> {
    const own = await this.parts.member.observe();
    const stalled = this.volume.measure(own.status.position);
    if (stalled > 0) own.status.stalled = stalled;
    const login = this.parts.login?.mark;
    if (login !== undefined) own.login = login;
    const users = this.parts.userLogins?.marks;
    if (users !== undefined) own.users = users;
    Object.assign(own, this.parts.losses?.marks(own.status));
    this.own = own;
    this.observedAt = this.parts.clock();
    return own;
  }

  private act(action: Action, peers: readonly Report[]): void {
    const { member, actions, log } = this.parts;
    if (action.kind === "wait") return;
    if (action.kind === "serve" || action.kind === "hold") {
      this.task.run(() => this.serve(action.kind === "serve"));
      return;
    }
    const { knownMarker: marker, replicas } = this.set;
    this.parts.tally.add(`action ${action.kind}`);
    member.activity = ACTIVITY[action.kind];
    if (action.kind !== "start") log("info", action.kind, { ...action });
    this.task.run(
      () => actions.run(action, { peers, marker, replicas }),
      () => {
        member.activity = "idle";
      },
    );
  }

  private async serve(admits: boolean): Promise<void> {
    const { engine } = this.parts.member;
    const { status } = this.own ?? {};
    if (admits && status?.admitted !== true) await engine.admit();
    engine.exporter?.attend();
    // Accounts are tried by logging in, which clients cannot yet.
    await engine.reconcile(admits ? (status?.role ?? "none") : "none", this.set.replicas);
    if (!admits) return;
    await this.parts.login?.look();
    await this.parts.userLogins?.look();
  }

  /** A server that hangs may still take writes, or keep another member from taking over. */
  private async killHung(own: Report): Promise<void> {
    const { member, peers, log, tally } = this.parts;
    const { hung } = own.status;
    const lasted = this.hanging.measure(hung !== undefined, hung?.reason);
    if (hung === undefined || lasted < hung.patience) return;
    const { volume } = member.engine.limits;
    const replaced = isReplaced(own, peers.current(), this.set.replicas, volume);
    if (hung.unless === "unreplaced" && !replaced) return;
    log("warning", "killing the server", { reason: hung.reason, seconds: lasted / 1000 });
    await member.supervisor.kill();
    tally.add("server killed");
    this.hanging.measure(false);
  }

  private publish(own: Report, peers: readonly Report[]): void {
    const { publisher, notices, archiving, login, userLogins, others } = this.parts;
    if (login !== undefined) {
      const rest = others(this.set.size).map(({ ordinal }) => ordinal);
      this.lettingIn.run(async () => {
        await login.publish(own, peers, rest);
        await userLogins?.publish(own, peers, rest);
      });
    }
    this.publishing.run(() => {
      const says = { ...this.says, notices: notices.list(), ...shownOf(archiving) };
      return publisher.publish(own, peers, says, this.set.replicas ?? 0, this.set.knownMarker);
    });
  }

  private describe(action: Action): void {
    const { member, log, restoring } = this.parts;
    const says = sayingOf({
      action,
      activity: member.activity,
      failure: this.task.failure,
      full: this.own?.status.full === true,
      restoring: () => restoring?.(),
    });
    if (says.state !== this.says.state) log("info", "state", { ...says });
    this.says = says;
  }

  private world(own: Report): World {
    const { peers, timings, member, absences } = this.parts;
    const current = peers.current();
    const { marker, replicas } = this.set;
    return {
      self: own.ordinal,
      replicas,
      own: { ...own, activity: member.activity },
      peers: current,
      absent: absences.current(),
      marker,
      ...this.durations.measure(own, current, marker),
      timings,
      volumeLimits: member.engine.limits.volume,
    };
  }

  /** Keeps the membership on disk, for the day when everything has stopped. */
  private remember(own: Report): void {
    const { record, ordinal } = this.parts.member;
    const { status } = own;
    const settled = status.member === "online" && record.value !== undefined;
    if (!settled || !status.view?.members.includes(ordinal) || own.stopping) return;
    if (record.value.unconfirmed !== undefined) return;
    const { replicas, knownMarker } = this.set;
    const follows = knownMarker ? knownMarker.follows : record.value.follows;
    this.remembering.run(() => record.update({ view: status.view, left: undefined, replicas, follows }));
  }

  /** Of members that do not answer, while an operator's choice depends on whether they run. */
  private learnAbsences(own: Report): void {
    const { knownMarker: marker, size } = this.set;
    if (marker?.recoverFrom === undefined || own.status.member === "online") return;
    const { others, peers, absences } = this.parts;
    const answered = new Set(peers.current().map(({ ordinal }) => ordinal));
    const silent = others(size).filter(({ ordinal }) => !answered.has(ordinal));
    absences.refresh(silent.map(({ ordinal }) => ordinal));
  }
}
