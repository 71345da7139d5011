import type { Ordinal } from "../types";
import { majority } from "../views";
import type { Ballot, Vote } from "./ballot";
import type { StoredLease } from "./lease";
import { contains, extent } from "./position";
import type { Follower, LogPosition, ReplicationState } from "./replication";

/** Durations of an election, ms. Each member measures them by a clock of its own, of which one may be faster than another by a fifth. */
export const ELECTION = {
  /** For how long who has promised so votes for nobody. */
  promise: 6_000,
  /** For how long a primary goes on whom no majority has promised anything, counted from its question. */
  right: 5_000,
  /** For how long a link to the primary may be down until its follower promises nothing more. */
  link: 3_000,
  /** How long an old primary whose agent is dead takes until it refuses writes, once its followers are cut off. */
  backstop: 4_000,
  /** How long who is as good as another, of a lower ordinal, lets that one go first. */
  turn: 1_000,
  /** How long the last primary waits for others that know exactly how far they go. */
  former: 3_000,
  /** How long who was given up by its followers lets others go first. */
  abstain: 10_000,
} as const;

/** What another member said. */
export interface Heard extends Ballot {
  /** How long ago, ms. */
  age: number;
  /** How far it was once seen to be, when it has less now: what it had acknowledged may be lost. */
  before?: LogPosition;
}

/** What the next step is decided from: observed, but for durations and what this process did itself. */
export interface ElectionWorld {
  self: Ordinal;
  /** As last read; absent until it was. */
  lease?: StoredLease;
  /** The size of the set that is wanted. */
  wanted: number;
  /** Absent while it does not answer. */
  server?: ReplicationState;
  /** The server has ended, or was started again: what it was before, it is no more. */
  ended: boolean;
  /** The term of whom the server was told to follow, by this process. */
  told?: number;
  /** It has data of this cluster, or a worthless disk: it may follow. */
  member: boolean;
  /** It can be the primary. */
  fit: boolean;
  /** It is the one that a bootstrap right makes the primary, of data that no primary has written yet. */
  founder: boolean;
  /** An operator gave up all others. */
  alone: boolean;
  /** What others said last. */
  ballots: readonly Heard[];
  /** Where members are, as far as is known. */
  addresses: ReadonlyMap<Ordinal, string>;
  /** Its own vote, if it has one. */
  vote?: Vote;
  /** The version of the lease that it may have voted for. */
  votedFor?: string;
  /** The run of the server with which this process took the lease that it holds. */
  tookWith?: string;
  /** The last term that it has given up, or could not take up. */
  resigned: number;
  /** For how long it has promised nothing to a primary, ms. */
  promisedFor: number;
  /** For how long the holder of the lease has not asked as its primary, ms. */
  askedFor: number;
  /** Of a primary: for how long no majority has promised anything, ms. */
  confirmedFor: number;
  /** Of a primary: where it was when none followed it any more whom a smaller set does not have. */
  cleared?: number;
  /** For how long it could have taken the lease, ms. */
  ableFor: number;
  /** For how long there has been a majority of votes and nobody who could take the lease, ms. */
  unsureFor: number;
  /** Since when one of several whose positions cannot be told apart is elected: see `Replication`. */
  unsureAfter?: number;
}

/** The next step. */
export type Step =
  | { kind: "none"; why: string }
  | { kind: "detach"; why: string }
  | { kind: "follow"; ordinal: Ordinal; term: number }
  /** Takes the lease by replacing the version that was voted on. */
  | { kind: "take"; term: number; position: LogPosition; why: string }
  | { kind: "promote"; term: number; size: number }
  | { kind: "release"; why: string }
  /** Replaces the lease by itself: every vote for it is void, its own too. */
  | { kind: "touch" }
  /** Writes itself into a lease that has lost it. */
  | { kind: "reclaim"; term: number }
  | { kind: "resize"; size: number };

/** How many elect; infinitely many while that is not known, of whom there is never a majority. */
export function electorate({ lease, wanted }: Pick<ElectionWorld, "lease" | "wanted">): number {
  return lease?.size ?? (wanted > 0 ? wanted : Infinity);
}

/** What this member does next about the primary. Pure. */
export function decideElection(world: ElectionWorld): Step {
  const { server, lease, self } = world;
  if (server?.as === "primary") return reign(world, server);
  if (!lease) return none("the lease is not known");
  if (lease.holder === self) return own(world, lease);
  if (!server) return none("the server does not answer");
  if (!world.member) return none("it is no member of the cluster");
  if (self >= electorate(world)) return outside(server);
  return lease.holder === undefined || suspects(world)
    ? elect(world, lease, server)
    : follow(world, lease, lease.holder, server);
}

/** Whether it has lost sight of the primary, or there is none. */
export function suspects(world: ElectionWorld): boolean {
  const { lease, server, told, promisedFor, askedFor, ballots } = world;
  if (!lease) return false;
  if (lease.holder === undefined || hasResigned(lease, ballots)) return true;
  if (promisedFor < ELECTION.promise) return false;
  const cut = server?.as === "following" && told === lease.term && server.link === "down";
  return askedFor >= ELECTION.link || (cut && (server.linkDownFor ?? 0) >= ELECTION.link);
}

/** Whether it promises the primary of a term, who asks, to vote for nobody for a while. */
export function promises(world: ElectionWorld, asking: Ordinal, term: number): boolean {
  const { server, told, addresses, vote } = world;
  if (server?.as !== "following" || vote !== undefined) return false;
  const its = server.follows !== undefined && server.follows === addresses.get(asking) && told === term;
  return its && (server.link !== "down" || (server.linkDownFor ?? 0) < ELECTION.link);
}

/** Its server takes writes. */
function reign(world: ElectionWorld, { position, followers = [] }: ReplicationState): Step {
  const { self, lease, wanted, confirmedFor, alone } = world;
  const term = position?.term ?? 0;
  if (lease && lease.term > term && lease.holder !== self)
    return { kind: "detach", why: "another member was elected" };
  if (lease && lease.term > term) return { kind: "detach", why: "it did not become the primary of its term" };
  if (lease?.term === term && lease.holder !== self) return { kind: "detach", why: "it has given up" };
  const right = alone || majority(electorate(world)) === 1 || confirmedFor < ELECTION.right;
  if (!right) return { kind: "detach", why: "no majority follows it" };
  if (!lease) return none("primary");
  if (lease.term < term) return { kind: "reclaim", term };
  return resizes(world, lease, followers) ? { kind: "resize", size: wanted } : none("primary");
}

/**
 * Whether the size of the set that elects becomes the wanted one. It grows before new members follow: what these alone
 * acknowledged would be unknown to the others. It shrinks when those that go follow no more, and enough that stay have all that
 * they had acknowledged.
 */
function resizes(
  { self, lease, wanted, ballots, addresses, cleared }: ElectionWorld,
  { size = 0 }: StoredLease,
  followers: readonly Follower[],
): boolean {
  if (!lease || size === wanted || wanted === 0 || self >= wanted) return false;
  const needed = majority(wanted) - 1;
  if (wanted > size) {
    const there = ballots.filter(
      ({ ordinal, as, age }) => ordinal < wanted && as !== undefined && age < ELECTION.link,
    );
    return there.length >= needed;
  }
  const having = [...addresses].filter(([ordinal, address]) => {
    return (
      ordinal < wanted &&
      followers.some((one) => one.address === address && one.offset >= (cleared ?? Infinity))
    );
  });
  return having.length >= needed;
}

/** It holds the lease, and its server takes no writes. */
function own(world: ElectionWorld, lease: StoredLease): Step {
  const { server, ended, fit, tookWith, resigned } = world;
  if (!server)
    return ended ? { kind: "release", why: "its server has ended" } : none("the server does not answer");
  if (server.as !== "detached") return { kind: "detach", why: "it was elected" };
  const { position } = server;
  const unwritten = position !== undefined && position.term < lease.term && resigned < lease.term;
  // What it was elected with is there still.
  const same =
    lease.position !== undefined && position?.offset !== undefined && contains(position, lease.position);
  if (unwritten && (same || tookWith === server.run) && fit)
    return { kind: "promote", term: lease.term, size: electorate(world) };
  return { kind: "release", why: "its server is not what it was when it was elected" };
}

/** It is none of those that elect: not yet, or no more. */
function outside(server: ReplicationState): Step {
  const why = "the primary has not made the set so large, or makes it smaller";
  return server.as === "detached" ? none(why) : { kind: "detach", why };
}

/** The holder leads, or may come to. */
function follow(world: ElectionWorld, lease: StoredLease, holder: Ordinal, server: ReplicationState): Step {
  const { addresses, votedFor, told, ballots, askedFor } = world;
  const ballot = ballots.find(({ ordinal }) => ordinal === holder);
  const leads =
    askedFor < ELECTION.link ||
    (ballot?.as === "primary" && ballot.of === lease.term && ballot.age < ELECTION.link);
  const address = addresses.get(holder);
  if (address === undefined) return none(`member ${holder} is not found`);
  if (server.as === "following" && server.follows === address && told === lease.term) return none("follows");
  if (!leads) return none(`member ${holder} was elected, and does not lead yet`);
  if (votedFor === lease.version) return { kind: "touch" };
  return { kind: "follow", ordinal: holder, term: lease.term };
}

function elect(world: ElectionWorld, lease: StoredLease, server: ReplicationState): Step {
  const size = electorate(world);
  const suspecting = world.ballots.filter(
    ({ suspects, ordinal, age }) => suspects === lease.version && ordinal < size && age < ELECTION.link,
  );
  const enough = suspecting.length + 1 >= majority(size);
  if (server.as !== "detached") {
    // Alone it would only cut itself off.
    if (lease.holder !== undefined && !enough)
      return none(`lost sight of member ${lease.holder}, and is alone with that`);
    return { kind: "detach", why: "there is no primary" };
  }
  const next = candidacy(world, lease);
  if (!next.able) return none(next.why);
  const { term, position, why, after } = next;
  if (world.ableFor < after) return none("lets others go first");
  return { kind: "take", term, position, why };
}

/** Whether it may take the lease, and after how long, ms. */
export type Candidacy =
  | {
      able: false;
      why: string;
      /** A majority has voted, and the data does not tell whose is the most. */ unsure: boolean;
    }
  | { able: true; term: number; position: LogPosition; why: string; after: number };

/** Judges whether this member may take the lease. */
export function candidacy(world: ElectionWorld, lease: StoredLease): Candidacy {
  const { self, vote, fit, ballots, founder, alone } = world;
  const no = (why: string, unsure = false): Candidacy => ({ able: false, why, unsure });
  if (vote?.version !== lease.version) return no("there is no primary, and no vote of its own yet");
  if (electorate(world) === Infinity) return no("the size of the set is not known yet");
  if (!fit || self >= electorate(world)) return no("there is no primary, and it cannot be one");
  const { position: mine } = vote;
  const size = electorate(world);
  const term = Math.max(mine.term, ...ballots.map((ballot) => ballot.term)) + 1;
  const able = (why: string, after = 0): Candidacy => ({
    able: true,
    term,
    position: mine,
    why,
    after,
  });
  const ofNobody = lease.term === 0 && mine.term === 0 && ballots.every((ballot) => ballot.term === 0);
  if (founder && ofNobody) return able("it bootstrapped the cluster");
  if (alone) return able("an operator chose it");
  const patient = world.unsureFor >= (world.unsureAfter ?? Infinity);
  const votes = votesOf(world, lease);
  const needed = majority(size);
  const best = votes.find(({ vote: { position } }) => extent(mine, position) === "behind");
  if (best) return no(`there is no primary: member ${best.ordinal} has more than this one`);
  const voters = patient ? votes : votes.filter((one) => !wentBack(one, lease, mine, votes));
  const contained = voters.filter(({ vote: { position } }) => contains(mine, position));
  if (contained.length + 1 >= needed) {
    const before = contained.filter(({ ordinal, vote: { position, fit: can } }) => {
      return can && ordinal < self && contains(position, mine);
    });
    return able("no vote is of more", before.length * ELECTION.turn);
  }
  const shown = votes.map(({ ordinal, vote: { position } }) => ({ ordinal, position }));
  const last = lastPrimary(lease, [...shown, { ordinal: self, position: mine }]);
  const answers = votes.length + emptyOf(world, lease) + 1;
  if (last === self && answers >= needed) return able("it was the last primary", ELECTION.former);
  if (votes.length + 1 < needed)
    return no(`there is no primary: ${votes.length + 1} of ${size} have voted, ${needed} are needed`);
  if (patient) return able("nothing tells whose data is the most", self * ELECTION.turn);
  const whom = lease.former?.map(({ ordinal }) => ordinal).join(" or ") ?? "the last primary";
  return no(
    `there is no primary, and the data does not tell who has the most: member ${whom} is waited for`,
    true,
  );
}

/** How many have nothing, and have seen that there is no primary: they vote for nobody, and keep nobody waiting who has all. */
function emptyOf(world: ElectionWorld, lease: StoredLease): number {
  return world.ballots.filter(({ ordinal, empty, suspects: version, age }) => {
    return empty && version === lease.version && ordinal < electorate(world) && age < ELECTION.link;
  }).length;
}

/**
 * Whether a member has less than it had: an earlier state of its disk, or one that lost what was written last. It may have
 * acknowledged what is missing, so it is none of those that know. A former primary that lacks what it wrote itself is one.
 */
function wentBack(
  { ordinal, before, vote: { position } }: Heard & { vote: Vote },
  { former = [] }: StoredLease,
  mine: LogPosition,
  votes: readonly { vote: Vote }[],
): boolean {
  if (before !== undefined) return true;
  if (!former.some((one) => one.ordinal === ordinal && one.term === position.term)) return false;
  const written = [mine, ...votes.map(({ vote }) => vote.position)];
  return written.some((one) => one.term === position.term && extent(position, one) === "behind");
}

/**
 * Who was the last primary: of those elected the last one that came to write, and has what it wrote. One who was elected later and
 * shows data without a write of its term has acknowledged nothing.
 */
function lastPrimary(
  { former = [] }: StoredLease,
  shown: readonly { ordinal: Ordinal; position: LogPosition }[],
): Ordinal | undefined {
  for (const { ordinal, term } of former) {
    const its = shown.find((one) => one.ordinal === ordinal);
    if (!its) return undefined;
    if (its.position.term >= term) return ordinal;
  }
  return undefined;
}

/** The votes of others that count for replacing this lease. */
function votesOf(world: ElectionWorld, lease: StoredLease): (Heard & { vote: Vote })[] {
  const { ballots, vote, self } = world;
  const voters = ballots.filter((ballot): ballot is Heard & { vote: Vote } => {
    return (
      ballot.ordinal !== self && ballot.ordinal < electorate(world) && ballot.vote?.version === lease.version
    );
  });
  const known =
    lease.holder === undefined ||
    hasResigned(lease, ballots) ||
    voters.some(({ ordinal }) => ordinal === lease.holder);
  if (known) return voters;
  // Its agent may be dead, and its server go on until it misses its followers.
  if ((vote?.cutFor ?? 0) < ELECTION.backstop) return [];
  return voters.filter(({ vote: { cutFor }, age }) => cutFor + age >= ELECTION.backstop);
}

function hasResigned({ holder, term }: StoredLease, ballots: readonly Ballot[]): boolean {
  return ballots.some(({ ordinal, resigned = -1 }) => ordinal === holder && resigned >= term);
}

function none(why: string): Step {
  return { kind: "none", why };
}
