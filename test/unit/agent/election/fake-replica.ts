import * as assert from "node:assert/strict";
import { NOTHING, type ReplicationState } from "../../../../agent/core/election/replication";
import type { Ordinal } from "../../../../agent/core/types";
import type { Rules } from "./rules";
import type { VirtualTime } from "./time";

/** What is in a log: a mark of a term, or a client's write. */
export interface Entry {
  id: number;
  /** The term that it is the mark of. */
  mark?: number;
}

/** What a server is surrounded by. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly rules: Rules;
  /** Data is in memory alone. */
  readonly volatile: boolean;
  random: () => number;
  nextId: () => number;
  addressOf: (ordinal: Ordinal) => string;
  /** The time of day at a server. */
  serverClock: (ordinal: Ordinal) => number;
  /** Whether what one server sends gets to another. */
  linked: (from: Ordinal, to: Ordinal) => boolean;
  promoted: (replica: FakeReplica, term: number) => void;
}

/** How old an acknowledgement may be for its replica to count, ms. */
const MAX_LAG = 3_000;

/** After this time without a word a link is closed, ms. */
const LINK_TIMEOUT = 10_000;

interface Link {
  to: FakeReplica;
  term: number;
  state: "up" | "copying" | "down";
  heardAt: number;
  downSince: number;
}

/**
 * A server with asynchronous replication: a log that is copied to those who follow, who say how much of it they have. It is
 * on the disk before that is said, and what was not said may be lost with the process.
 */
export class FakeReplica {
  log: Entry[] = [];
  /** The log is this cluster's, and whole. */
  holds = false;
  alive = true;
  as: ReplicationState["as"] = "detached";
  term = 0;
  run = 0;
  /** It knows how far its log goes in the count of its primary. */
  exact = true;
  link: Link | undefined;
  minReplicas = 0;
  frozenUntil = -1;
  /** What each follower has said, and when. */
  readonly acks = new Map<Ordinal, { offset: number; at: number }>();
  /** As far as it has said to anybody that it has it. */
  said = 0;
  private session = 0;
  private waiting: { id: number; offset: number; needed: number; until: number; done: () => void }[] = [];

  constructor(
    readonly ordinal: Ordinal,
    private readonly world: Surroundings,
  ) {}

  position(): ReplicationState["position"] {
    if (!this.holds) return this.world.volatile && this.link?.state !== "copying" ? NOTHING : undefined;
    let mark = this.log.length - 1;
    while (mark >= 0 && this.log[mark]!.mark === undefined) mark--;
    const written = mark < 0 ? 0 : this.log[mark]!.mark!;
    // Without terms only the length tells.
    const term = this.world.rules.terms || this.as === "primary" ? written : Math.min(written, 1);
    const known = this.exact || this.as === "primary";
    return { term, mark: Math.max(mark, 0), ...(known ? { offset: this.log.length } : {}) };
  }

  state(): ReplicationState {
    const { link, world } = this;
    const position = this.position();
    return {
      as: this.as,
      run: String(this.run),
      ...(position ? { position } : {}),
      ...(link
        ? {
            follows: world.addressOf(link.to.ordinal),
            link: link.state,
            ...(link.state === "down" ? { linkDownFor: world.time.now - link.downSince } : {}),
          }
        : {}),
      ...(this.as === "primary"
        ? {
            followers: [...this.acks].map(([ordinal, { offset }]) => ({
              address: world.addressOf(ordinal),
              offset,
            })),
          }
        : {}),
    };
  }

  detach(): void {
    if (this.as === "detached") return;
    this.as = "detached";
    this.session++;
    this.link = undefined;
    this.acks.clear();
    this.waiting = [];
  }

  follow(to: FakeReplica, term: number): void {
    const { link, world } = this;
    if (this.as === "following" && link?.to === to && link.term === term) return;
    this.detach();
    this.as = "following";
    this.session++;
    this.link = { to, term, state: "down", heardAt: world.time.now, downSince: world.time.now };
    this.connect(this.session);
  }

  promote(term: number, size: number): void {
    assert.equal(this.as, "detached", "promoted from something else than detached");
    this.as = "primary";
    this.holds ||= this.world.volatile;
    this.term = term;
    this.session++;
    this.minReplicas = this.world.rules.minReplicas ? Math.floor(size / 2) : 0;
    this.append({ id: this.world.nextId(), mark: term });
    this.world.promoted(this, term);
  }

  mark(term: number): void {
    if (this.as === "primary" && this.term === term) this.append({ id: this.world.nextId(), mark: term });
  }

  /** Ends at once. What nobody was told of may be lost. */
  crash(): void {
    const { world } = this;
    this.end(200 + world.random() * 2_000);
    const lost = Math.floor(world.random() * (this.log.length - this.said + 1));
    if (lost > 0) this.log = this.log.slice(0, this.log.length - lost);
    this.exact = false;
  }

  /** Ends in good order, with its position. */
  stop(): void {
    this.end(500 + this.world.random() * 2_000);
  }

  private end(away: number): void {
    this.detach();
    this.alive = false;
    this.session++;
    if (this.world.volatile) {
      this.log = [];
      this.said = 0;
      this.holds = false;
    }
    this.world.time.after(away, () => {
      this.run++;
      this.alive = true;
    });
  }

  loseDisk(): void {
    this.crash();
    this.log = [];
    this.said = 0;
    this.holds = false;
    this.exact = false;
  }

  /** An earlier state of the disk comes back. */
  restoreDisk(length: number): void {
    this.crash();
    this.log = this.log.slice(0, length);
    this.said = Math.min(this.said, length);
  }

  private append(entry: Entry): void {
    this.log.push(entry);
  }

  /** A client's write; `acknowledged` is called when `needed` others have it. */
  write(needed: number, acknowledged: () => void): boolean {
    const { world } = this;
    const now = world.time.now;
    if (!this.alive || this.as !== "primary" || now < this.frozenUntil) return false;
    const clock = world.serverClock(this.ordinal);
    const near = [...this.acks.values()].filter(({ at }) => clock - at < MAX_LAG).length;
    if (near < this.minReplicas) return false;
    const id = world.nextId();
    this.append({ id });
    this.said = this.log.length;
    const offset = this.log.length;
    if (needed === 0) acknowledged();
    else this.waiting.push({ id, offset, needed, until: now + 1_500, done: acknowledged });
    return true;
  }

  private acknowledge(from: Ordinal, offset: number): void {
    this.acks.set(from, { offset, at: this.world.serverClock(this.ordinal) });
    const { now } = this.world.time;
    this.waiting = this.waiting.filter((one) => {
      if (one.until < now) return false;
      const having = [...this.acks.values()].filter((ack) => ack.offset >= one.offset).length;
      if (having < one.needed) return true;
      one.done();
      return false;
    });
  }

  /** Tries to reach whom it follows until that has it copied from. */
  private connect(session: number): void {
    const { link, world } = this;
    if (session !== this.session || !link) return;
    const { to, term } = link;
    const both = world.linked(this.ordinal, to.ordinal) && world.linked(to.ordinal, this.ordinal);
    const welcome = world.rules.hold ? to.as === "primary" && to.term === term : to.as !== "following";
    if (!both || !to.alive || !this.alive || !welcome) {
      world.time.after(300, () => {
        this.connect(session);
      });
      return;
    }
    link.heardAt = world.time.now;
    const prefix = this.exact && this.holds && isBeginning(this.log, to.log);
    if (prefix) {
      this.attached(session, to.run);
      return;
    }
    link.state = "copying";
    const snapshot = to.log.slice();
    to.said = to.log.length;
    const [run, whole] = [to.run, to.holds];
    world.time.after(300 + world.random() * 3_000, () => {
      if (session !== this.session) return;
      const arrived = world.linked(to.ordinal, this.ordinal) && to.alive && to.run === run;
      if (!arrived) {
        this.disconnect(session);
        return;
      }
      this.log = snapshot;
      this.said = 0;
      this.exact = true;
      this.holds = whole || !world.rules.hold;
      this.attached(session, run);
    });
  }

  private attached(session: number, run: number): void {
    this.link!.state = "up";
    this.link!.heardAt = this.world.time.now;
    this.fetch(session, run);
  }

  private disconnect(session: number): void {
    const { link, world } = this;
    if (session !== this.session || !link) return;
    link.state = "down";
    link.downSince = world.time.now;
    world.time.after(300, () => {
      this.connect(session);
    });
  }

  /** One turn of the stream: what there is comes, and is acknowledged. */
  private fetch(session: number, run: number): void {
    const { link, world } = this;
    if (session !== this.session || !link) return;
    const { to, term } = link;
    const { time } = world;
    if (time.now - link.heardAt > LINK_TIMEOUT) {
      this.disconnect(session);
      return;
    }
    const open =
      to.alive &&
      to.run === run &&
      (world.rules.hold ? to.as === "primary" && to.term === term : to.as !== "following");
    if (!open) {
      // A connection that was closed is known to be at once, if that gets through.
      if (world.linked(to.ordinal, this.ordinal)) {
        this.disconnect(session);
        return;
      }
    } else if (world.linked(to.ordinal, this.ordinal)) {
      const sent = to.log.slice(this.log.length);
      const base = this.log.length;
      // What leaves a server is on its disk.
      to.said = to.log.length;
      time.after(1 + world.random() * 20, () => {
        if (session !== this.session || this.log.length !== base) return;
        link.heardAt = time.now;
        this.log.push(...sent);
        this.said = this.log.length;
        const [offset, its] = [this.log.length, to.session];
        if (!world.linked(this.ordinal, to.ordinal)) return;
        time.after(1 + world.random() * 20, () => {
          if (to.alive && to.session === its) to.acknowledge(this.ordinal, offset);
        });
      });
    }
    time.after(50 + world.random() * 150, () => {
      this.fetch(session, run);
    });
  }
}

function isBeginning(part: readonly Entry[], whole: readonly Entry[]): boolean {
  // One that has the same last entry has the same before it: an entry is written once.
  return part.length <= whole.length && (part.length === 0 || whole[part.length - 1]!.id === part.at(-1)!.id);
}
