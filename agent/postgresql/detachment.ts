import { within, type Clock } from "../core/clock";
import { messageOf, type Log } from "../core/log";
import { isPrimary } from "../core/primary";
import type { Ordinal, Report } from "../core/types";
import type { Electorate, HeldLock } from "./lock-state";
import type { Silence } from "./silence";
import { connectionOf, type Trust } from "./trust";

/** How long the primary's machine must have been silent, ms. */
const SILENT_FOR = 3_000;
/** How long it must have been seen not to renew its lock, ms. It does so every two seconds (`loop_wait`). */
const UNRENEWED_FOR = 3_000;
/** From which silence on the lock is read, ms. */
const SUSPECT_AFTER = 300;
/** How old the last look at the lock may be, ms. */
const LOCK_FRESH = 1_500;
/** How long the end of what receives the log may take, ms. */
const CUT_WITHIN = 3_000;
/** After which time others than the first count the votes, ms. */
const STAND_IN_AFTER = 2_000;
/**
 * For how long another must have led where no server runs that could tell whom it copies from, ms: longer than Patroni takes to see that, and
 * an old primary to end.
 */
const SETTLED_FOR = 10_000;
/** Between two rounds, ms; and where nobody has been trusted for so long that it will be no matter of seconds. */
const [ROUND, LONG_ROUND, LONG] = [250, 5_000, 60_000];
/** Between two renewals of what is trusted, ms. */
const RENEW_EVERY = 10_000;

/** This member as last seen. */
export interface Standing {
  /** Its server takes writes. */
  leads: boolean;
  /** Its server runs, and copies another member's. */
  follows: boolean;
  /** Patroni elects nobody since somebody told it so, or by rules that may not be those that this goes by. */
  barred: boolean;
}

/** That this member's server receives nothing from who has the lock, and will not before the lock has another version. */
export interface Vote {
  leader: string;
  /** Of the lock. */
  version: string;
  at: number;
}

/** What a detachment works with. */
export interface DetachmentParts {
  /** The database's name: a member's is that, with its ordinal. */
  database: string;
  self: Ordinal;
  trust: Pick<Trust, "path" | "isGiven" | "give" | "take">;
  silence: Pick<Silence, "look">;
  /** What is known of all members at this moment. */
  members: () => readonly Report[];
  keys: {
    held(): Promise<HeldLock>;
    electorate(): Promise<Electorate>;
    freeze(electorate: Electorate, lock: string): Promise<void>;
    void(version: string): Promise<void>;
  };
  /** `primary_conninfo` as it is in force. Rejects when the server does not answer. */
  conninfo: () => Promise<string>;
  /** Ends what receives the log. Returns when nothing is left that could. */
  cut: () => Promise<void>;
  /** Whether neither the server nor Patroni runs. */
  isStopped: () => Promise<boolean>;
  log: Log;
  clock: Clock;
}

/**
 * Makes the lock of a primary void that is gone, long before it runs out: see `docs/invariants.md`. A replica whose primary is silent, and
 * does not renew its lock, cuts itself off from it and says so (a vote). When all have voted by whom a commit is acknowledged, the primary
 * can acknowledge none; the first of them takes its lock away, and Patroni elects.
 */
export class Detachment {
  private standing: Standing = { leads: false, follows: false, barred: false };
  private primary: { name: string; address: string } | undefined;
  private cast: Vote | undefined;
  /** The lock as it was first seen while this version of it was looked at. */
  private watched: { lock: HeldLock; from: number; until: number } | undefined;
  /** The lock as it was when nothing was trusted any more, and since when there has been another. */
  private before: { lock: HeldLock; at: number; movedAt?: number } | undefined;
  private renewedAt = -Infinity;
  private failed = "";

  constructor(private readonly parts: DetachmentParts) {}

  /** What this member has promised. */
  get vote(): Vote | undefined {
    return this.cast;
  }

  /** Told of each look at this member. */
  see(standing: Standing): void {
    this.standing = standing;
  }

  /**
   * Goes on as long as the process runs.
   * @param hurry - has the others told, and asked, at once.
   */
  async run(hurry: () => void): Promise<never> {
    for (;;) {
      await this.round();
      if (this.cast) hurry();
      await new Promise((resolve) => setTimeout(resolve, this.nextIn));
    }
  }

  /** After which time the next round is due, ms: each asks the API server while nobody is trusted. */
  get nextIn(): number {
    const { before } = this;
    return before !== undefined && this.parts.clock() - before.at > LONG ? LONG_ROUND : ROUND;
  }

  /** One round. Never rejects. */
  async round(): Promise<void> {
    const { trust } = this.parts;
    try {
      if (!(await trust.isGiven())) {
        await this.regain();
        if (this.cast) await this.count(this.cast);
        return;
      }
      await this.renew();
      if (await this.isAbandoned()) await this.detach();
      this.fail("");
    } catch (error) {
      this.fail(messageOf(error));
    }
  }

  /** Returns when members are trusted, or after so many ms: without that no copy can be made, and it is no use to begin. */
  async untilTrusted(limit: number): Promise<void> {
    const { trust, clock } = this.parts;
    const end = clock() + limit;
    while (clock() < end && !(await trust.isGiven()))
      await new Promise((resolve) => setTimeout(resolve, ROUND / 2));
  }

  private fail(why: string): void {
    if (why !== "" && why !== this.failed)
      this.parts.log("warning", "the primary's lock cannot be seen to", { error: why });
    this.failed = why;
  }

  private async renew(): Promise<void> {
    const { trust, clock } = this.parts;
    if (clock() - this.renewedAt < RENEW_EVERY) return;
    await trust.give();
    this.renewedAt = clock();
  }

  /** Whether the primary is silent, and has not renewed its lock for longer than it ever takes. */
  private async isAbandoned(): Promise<boolean> {
    const { members, database, silence, clock, self } = this.parts;
    const leading = members().find(isPrimary);
    if (leading && leading.ordinal !== self)
      this.primary = { name: `${database}-${leading.ordinal}`, address: leading.address };
    const { follows, barred } = this.standing;
    const silent = this.primary === undefined || !follows || barred ? 0 : silence.look(this.primary.address);
    if (silent < SUSPECT_AFTER) {
      this.watched = undefined;
      return false;
    }
    const { lock, from, until } = await this.watch();
    return (
      leading === undefined &&
      silent >= SILENT_FOR &&
      until - from >= UNRENEWED_FOR &&
      clock() - until <= LOCK_FRESH &&
      lock.leader === this.primary?.name
    );
  }

  /** Reads the lock: from the end of the first answer to the beginning of the last question it was the same. */
  private async watch(): Promise<{ lock: HeldLock; from: number; until: number }> {
    const { keys, clock } = this.parts;
    const asked = clock();
    const lock = await keys.held();
    const known = this.watched?.lock.version === lock.version ? this.watched : undefined;
    this.watched = known ? { ...known, until: asked } : { lock, from: clock(), until: asked };
    return this.watched;
  }

  /** Takes the trust away first: what comes to receive afterwards finds none, and what had begun before is ended. */
  private async detach(): Promise<void> {
    const { trust, cut, conninfo, keys, log, clock } = this.parts;
    const seen = this.watched?.lock;
    this.watched = undefined;
    if (seen?.leader === undefined || connectionOf(await conninfo()).verifiedBy !== trust.path) return;
    this.before = undefined;
    await trust.take();
    await within(CUT_WITHIN, cut());
    const lock = await keys.held();
    this.before = { lock, at: clock() };
    if (lock.version !== seen.version) return;
    this.cast = { leader: seen.leader, version: seen.version, at: clock() };
    log(
      "warning",
      "the primary is silent and does not renew its lock: nothing is received from it any more",
      {
        ...this.cast,
      },
    );
  }

  /** Trusts again when no vote of this member can count any more, and its server receives from who leads now. */
  private async regain(): Promise<void> {
    const { trust, keys, clock, log } = this.parts;
    const lock = await keys.held();
    this.before ??= { lock, at: clock() };
    const name = `${this.parts.database}-${this.parts.self}`;
    const moved =
      lock.version !== this.before.lock.version || lock.leader === undefined || lock.leader === name;
    if (!moved) return;
    this.cast = undefined;
    this.before.movedAt ??= clock();
    if (!(await this.goesBy(lock, clock() - this.before.movedAt))) return;
    await trust.give();
    this.renewedAt = clock();
    this.before = undefined;
    log("info", "the members are trusted", { leader: lock.leader });
  }

  /** Whether the server, once it can, receives from nobody but who has the lock. */
  private async goesBy(lock: HeldLock, movedFor: number): Promise<boolean> {
    const { conninfo, isStopped } = this.parts;
    if (this.standing.leads || (await isStopped())) return true;
    const text = await conninfo().catch(() => undefined);
    if (text === undefined) return movedFor >= SETTLED_FOR;
    const { host } = connectionOf(text);
    return host !== undefined && host === lock.address;
  }

  /** Takes the lock away when all have voted by whom its holder's commits are acknowledged. */
  private async count(vote: Vote): Promise<void> {
    const { keys, members, database, self, clock, log } = this.parts;
    const electorate = await keys.electorate();
    const { leader, voters } = electorate;
    const own = `${database}-${self}`;
    if (leader !== vote.leader || !voters.includes(own)) return;
    const agreed = new Map(members().map((one) => [`${database}-${one.ordinal}`, one.status.detached]));
    agreed.set(own, vote.version);
    if (!voters.every((name) => agreed.get(name) === vote.version)) return;
    const [first] = [...voters].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    if (first !== own && clock() - vote.at < STAND_IN_AFTER) return;
    // Who acknowledges commits stays as it is now: the holder can write that only with a lock that it has renewed meanwhile.
    await keys.freeze(electorate, vote.version);
    await keys.void(vote.version);
    log("warning", "the lock of the primary is void: it can acknowledge nothing", { ...vote, voters });
  }
}
