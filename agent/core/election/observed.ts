import type { Ordinal } from "../types";
import type { Vote } from "./ballot";
import { ELECTION } from "./durations";
import type { Duties } from "./duties";
import type { Hearsay } from "./hearsay";
import type { KnownLease } from "./known-lease";
import type { ElectorParts } from "./parts";
import type { SeenServer } from "./seen-server";
import { type ElectionWorld, electorate, suspects } from "./world";

/** For how long an agent that was started with a primary beside it counts it as confirmed, ms. */
const FIRST_RIGHT = 2_000;

/** What an agent did itself, and remembers until it ends. */
export interface Past {
  readonly startedAt: number;
  /** The version of the lease that it may have voted for. */
  votedFor: string | undefined;
  /** The term of whom its server was told to follow. */
  told: number | undefined;
  /** The term in which it took the lease, and the run of the server with which it did. */
  tookWith: { term: number; run: string } | undefined;
  /** The last term that it has given up, or could not take up. */
  resigned: number;
  /** When it last promised something to a primary, or somebody was elected. */
  promisedAt: number;
  /** Who asked last as a primary. */
  asked: { at: number; by: Ordinal; term: number } | undefined;
  /** Until when it votes for nobody, itself included. */
  abstainUntil: number;
}

/** The past of an agent that is just started. */
export function noPast(now: number): Past {
  return {
    startedAt: now,
    votedFor: undefined,
    told: undefined,
    tookWith: undefined,
    resigned: -1,
    // What an earlier life has promised holds still.
    promisedAt: now,
    asked: undefined,
    abstainUntil: -Infinity,
  };
}

/** Where it is looked. */
interface Sources {
  parts: ElectorParts;
  known: KnownLease;
  hearsay: Hearsay;
  seen: SeenServer;
  duties: Duties;
  past: Past;
}

/** What an elector decides from, as it is at this moment. */
export class Observed {
  constructor(private readonly sources: Sources) {}

  /** Whether its data counts, or its having none. */
  get holds(): boolean {
    const { parts } = this.sources;
    const { holds, member } = parts.facts();
    return holds || (member && parts.replication.volatile === true);
  }

  world(): ElectionWorld {
    const { parts, known, hearsay, seen, duties, past } = this.sources;
    const { clock, self, others, replication } = parts;
    const now = clock();
    const { asked, tookWith } = past;
    const lease = known.value;
    const server = seen.state;
    const facts = parts.facts();
    const addresses = new Map(others().map(({ ordinal, address }) => [ordinal, address]));
    const byHolder = asked && asked.by === lease?.holder && asked.term === lease.term;
    const base: ElectionWorld = {
      self,
      wanted: facts.wanted,
      ended: facts.ended,
      member: facts.member,
      fit: facts.fit && this.holds,
      founder: facts.founder,
      alone: facts.alone,
      ballots: hearsay.list(),
      addresses,
      resigned: past.resigned,
      promisedFor: now - past.promisedAt,
      askedFor: byHolder ? now - asked.at : Infinity,
      confirmedFor: this.confirmedFor(now),
      ableFor: 0,
      unsureFor: 0,
      volatile: replication.volatile === true,
      ...(lease ? { lease } : {}),
      ...(server ? { server } : {}),
      ...(past.told === undefined ? {} : { told: past.told }),
      ...(duties.cleared === undefined ? {} : { cleared: duties.cleared }),
      ...(past.votedFor === undefined ? {} : { votedFor: past.votedFor }),
      ...(tookWith && tookWith.term === lease?.term ? { tookWith: tookWith.run } : {}),
      ...(replication.unsureAfter === undefined ? {} : { unsureAfter: replication.unsureAfter }),
    };
    const vote = this.vote(base);
    return vote ? { ...base, vote } : base;
  }

  /** The vote that it has, if it may vote. */
  vote(world: ElectionWorld): Vote | undefined {
    const { parts, seen, past } = this.sources;
    const { lease, server } = world;
    const position = server?.position;
    const { cutFor } = seen;
    if (!lease || !position || cutFor === undefined || parts.clock() < past.abstainUntil) return undefined;
    if (!this.holds || !suspects(world)) return undefined;
    return { version: lease.version, position, cutFor: Math.floor(cutFor), fit: world.fit };
  }

  private confirmedFor(now: number): number {
    const { parts, known, hearsay, seen, past } = this.sources;
    const lease = known.value;
    if (seen.state?.as !== "primary") return Infinity;
    const size = electorate({ wanted: parts.facts().wanted, ...(lease ? { lease } : {}) });
    // An agent that was started beside a primary does not know what was promised to it.
    const sinceStart = now - past.startedAt + ELECTION.right - FIRST_RIGHT;
    return Math.min(hearsay.unpromisedFor(size), sinceStart);
  }
}
