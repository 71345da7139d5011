import { isExclusive } from "../../components/protocol/topology";
import { finishArchiving, type Archiving } from "./archiving";
import { within, type Clock } from "./clock";
import type { Peer, Switchover } from "./engine";
import { messageOf, type Log } from "./log";
import type { Member } from "./member";
import { byOrdinal } from "./order";
import type { Peers } from "./peers";
import { isPrimary, primaryAmong } from "./primary";
import type { SetState } from "./set-state";
import { awaitedBeforeStop } from "./stop-plan";
import type { Tally } from "./tally";
import type { Ordinal, Report } from "./types";

/** Between two questions to the others, ms. */
const ASK_EVERY = 500;

/** What a stop works with. */
export interface StopParts {
  member: Member;
  /** Makes another member the primary. @default the engine's */
  switchover?: Switchover;
  peers: Peers;
  /** Everyone but oneself, for a set of this size. */
  others: (replicas: number) => Peer[];
  /** Whether a member has a pod. Rejects when the API server cannot be asked. */
  hasPod: (ordinal: Ordinal) => Promise<boolean>;
  /** How long a stop may wait for members that are away, ms. */
  stopPatience: number;
  /** The engine's log as it is stored elsewhere. @default it is not */
  archiving?: Archiving;
  /** Counts what happens. */
  tally: Tally;
  log: Log;
  clock: Clock;
  /** Lets time pass. @default the machine's */
  pause?: (duration: number) => Promise<void>;
}

/** Stops a member in good order: by the engine's plan, hands the primary over and leaves. */
export class Stop {
  /** @param look - looks at this member again. */
  constructor(
    private readonly parts: StopParts,
    private readonly set: SetState,
    private readonly look: () => Promise<Report>,
  ) {}

  /** Returns when the server may be told to stop. */
  async run(): Promise<void> {
    const { member } = this.parts;
    await member.supervisor.setStopping();
    if (!(await this.servesStill())) return;
    // It may be stopped because it is about to change.
    await this.set.learnReplicas(true);
    const { size } = this.set;
    const peers = await this.untilSpared(size);
    const own = await this.servesStill();
    if (!own) return;
    const { role, view } = own.status;
    const { engine } = member;
    const plan = engine.policy.planStop({
      self: own.ordinal,
      role,
      view,
      peers,
      replicas: size,
      volumeLimits: engine.limits.volume,
    });
    this.parts.log("info", "stopping", { ...plan });
    const { successor } = plan;
    if (plan.stayToVote === true) await this.untilPrimaryStays(size);
    if (successor !== undefined) await this.handOver(successor);
    if (plan.untilUncounted === true) await this.untilUncounted(size);
    if (plan.how === "halt") {
      await member.supervisor.halt();
      return;
    }
    await this.leave();
    // Another primary stores its log.
    if (isExclusive(role) && successor === undefined) {
      await finishArchiving(this.parts.archiving, this.parts.log);
    }
  }

  private async pause(): Promise<void> {
    const { pause } = this.parts;
    await (pause ? pause(ASK_EVERY) : new Promise((resolve) => setTimeout(resolve, ASK_EVERY)));
  }

  /** @returns what it saw, if this member is a full one */
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
      await this.pause();
    }
  }

  /** Waits until a member of the smaller set is the primary; goes all the same when that takes too long. */
  private async untilPrimaryStays(size: number): Promise<void> {
    const { clock, others, peers, log } = this.parts;
    const end = clock() + this.parts.member.engine.limits.switchover;
    while (clock() < end) {
      if (primaryAmong(await peers.askNow(others(size)))) return;
      await this.pause();
    }
    log("warning", "no member that stays has become the primary");
  }

  /**
   * Waits until the primary's membership does not have this member; goes all the same when that takes too long. One that is elected
   * meanwhile hands over, or nobody could take it out.
   */
  private async untilUncounted(size: number): Promise<void> {
    const { clock, others, peers, log, member } = this.parts;
    const end = clock() + member.engine.limits.stop;
    while (clock() < end) {
      const staying = await peers.askNow(others(size));
      const primary = staying.find(isPrimary);
      if (primary?.status.view?.members.includes(member.ordinal) === false) return;
      const [successor] = staying.filter(({ status }) => status.member === "online").sort(byOrdinal);
      if (successor && isPrimary(await this.look())) await this.handOver(successor.ordinal);
      await this.pause();
    }
    log("warning", "the others still count this member");
  }

  private async handOver(successor: Ordinal): Promise<void> {
    const { member, tally, log } = this.parts;
    const { switchover = member.engine.switchover } = this.parts;
    if (!switchover) return;
    await within(member.engine.limits.switchover, switchover.to(successor)).then(
      () => {
        tally.add("switchover");
      },
      (error: unknown) => {
        tally.add("switchover failed");
        log("warning", "the switchover failed", { successor, error: messageOf(error) });
      },
    );
  }

  private async leave(): Promise<void> {
    const { member, log } = this.parts;
    const { engine, supervisor, record } = member;
    await supervisor.order("hold");
    await record.update({ left: true });
    await within(engine.limits.stop, engine.prepareStop()).catch(async (error: unknown) => {
      log("warning", "could not leave, stopping as it is", { error: messageOf(error) });
      await supervisor.halt();
      await record.update({ left: undefined });
    });
  }
}
