import type { Ordinal } from "../types";
import { majority } from "../views";
import type { Vote } from "./ballot";
import { ELECTION } from "./durations";
import type { StoredLease } from "./lease";
import { contains, extent } from "./position";
import type { LogPosition } from "./replication";
import { type ElectionWorld, electorate, hasResigned, type Heard } from "./world";

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
  if (vote?.version !== lease.version) return no(voiceless(world, lease));
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
  // What is in memory alone is less after every start, and promised to nobody.
  const voters =
    patient || world.volatile ? votes : votes.filter((one) => !wentBack(one, lease, mine, votes));
  const contained = voters.filter(({ vote: { position } }) => contains(mine, position));
  if (contained.length + 1 >= needed) {
    const before = contained.filter(({ ordinal, vote: { position, fit: can } }) => {
      return can && ordinal < self && contains(position, mine);
    });
    const mayHaveMore = world.volatile && mine.term < lease.term && votes.length + 1 < size;
    return able("no vote is of more", before.length * ELECTION.turn + (mayHaveMore ? ELECTION.nothing : 0));
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

/** Why it has no vote, for people. */
function voiceless(world: ElectionWorld, lease: StoredLease): string {
  const { server, volatile } = world;
  const lost = server?.as === "detached" && server.position === undefined && lease.term > 0 && !volatile;
  if (!lost) return "there is no primary, and no vote of its own yet";
  return electorate(world) === 1
    ? "its data is lost, and there is no other member to copy it from"
    : "there is no primary, and its data is lost: it waits for a member to copy it from";
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
