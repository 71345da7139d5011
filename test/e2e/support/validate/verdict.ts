import { type Acknowledged, type Attempt, isAcknowledged, MAIN } from "../traffic/attempts";
import type { Asked, Finding } from "../engines/engine";

/** What was seen in one run of one fault. */
export interface Observation {
  /** Every writer's log. */
  attempts: Attempt[];
  /** When the fault began; ms since 1970. */
  faultAt: number;
  /** Sides whose clients the fault struck too: no figure is asked for them. */
  struckSides: string[];
  members: string[];
  /** The ids that each member had after the recovery; one that did not recover has no entry. */
  rows: Map<string, ReadonlySet<string>>;
  /** How many members hold a row, as the engine claims. @default each */
  copies?: number | undefined;
  /** What else was not as it must be: see {@link Fault.watch}. */
  violations?: string[];
  /** Writes acknowledged from one moment to the other, ms since 1970, are not promised to be there. @default all are */
  notPromised?: { from: number; to: number };
  /** Whether members are equals: then no write proves that there were two primaries. @default false */
  equals?: boolean;
}

/** What the observation comes to. */
export interface Verdict {
  /**
   * The longest time between two acknowledged writes through the database's name, from the last one before the fault
   * on, of the side that waited longest; s.
   */
  writeGapSeconds: number;
  /** Whether every side was acknowledged a write again; if not, the gap lasted longer than was watched. */
  resumed: boolean;
  acknowledged: number;
  /** Acknowledged writes that fewer members have after the recovery than the engine claims. */
  lost: number;
  /** Writes through the database's name that failed after the fault. Absent where each has a connection of its own. */
  failedWrites?: number;
  /** The same of those that nobody promised: a backup's last seconds. Absent where all are promised. */
  givenUp?: number;
  /** Acknowledged writes that prove a second primary: see {@link secondPrimaryWrites}. Absent where there is none to be. */
  twoPrimaries?: number;
  /** From the fault's beginning until every member answered and went on answering; s. */
  recoveredSeconds: number;
  /** Whether they do; if not, they were watched for that long. */
  recovered: boolean;
  /** What else was not as it must be, where a fault asks for more. */
  violations?: string[];
}

/** "0 s" means at most that much: a single attempt may take as long. */
const ZERO_SECONDS = 1;

/** What is asked for where the last seconds of a backup count, s; and writes that were acknowledged so long before a loss are promised to nobody. */
export const RECOVERY_POINT_SECONDS = 5;
export const NOT_PROMISED_SECONDS = RECOVERY_POINT_SECONDS + 2;

export function judge(observation: Observation): Verdict {
  const {
    attempts,
    faultAt,
    struckSides,
    members,
    rows,
    copies,
    violations,
    notPromised,
    equals = false,
  } = observation;
  const acknowledged = attempts.filter(isAcknowledged);
  const spared = attempts.filter(({ side }) => !struckSides.includes(side));
  const gaps = [...groupBy(spared, ({ side }) => side).values()].map((one) => longestGap(one, faultAt));
  const recoveries = members.map((member) => recovery(spared, member, faultAt));
  if (gaps.length === 0 || rows.size === 0)
    throw new Error("nobody watched the fault, or no member can be read");
  const lacking = missingRows(acknowledged, members, rows, copies);
  const { from = Infinity, to = Infinity } = notPromised ?? {};
  const lost = lacking.filter(({ end }) => end < from || end > to);
  return {
    writeGapSeconds: seconds(Math.max(...gaps.map(({ ms }) => ms))),
    resumed: gaps.every(({ over }) => over),
    acknowledged: acknowledged.length,
    lost: lost.length,
    ...(notPromised === undefined ? {} : { givenUp: lacking.length - lost.length }),
    ...(equals
      ? { failedWrites: spared.filter((one) => isFailureAfter(one, faultAt)).length }
      : { twoPrimaries: secondPrimaryWrites(acknowledged).length }),
    recoveredSeconds: seconds(Math.max(...recoveries.map(({ ms }) => ms))),
    recovered: recoveries.every(({ over }) => over),
    ...(violations === undefined ? {} : { violations }),
  };
}

function isFailureAfter({ through, outcome, end }: Attempt, moment: number): boolean {
  return through === MAIN && outcome === "failed" && end > moment;
}

/**
 * Acknowledged writes that fewer members have than must. One that could not be read is taken to have them.
 *
 * @param copies - how many have each, as the engine claims. @default every member
 */
export function missingRows(
  acknowledged: Acknowledged[],
  members: string[],
  rows: ReadonlyMap<string, ReadonlySet<string>>,
  copies = members.length,
): Acknowledged[] {
  const unread = members.length - rows.size;
  const read = [...rows.values()];
  return acknowledged.filter(({ id }) => read.filter((ids) => ids.has(id)).length + unread < copies);
}

/** What is wrong with a verdict, measured against what is asked. */
export function findings(verdict: Verdict, asked: Asked): Finding[] {
  const {
    writeGapSeconds,
    resumed,
    failedWrites = 0,
    lost,
    twoPrimaries = 0,
    recovered,
    violations = [],
  } = verdict;
  return [
    ...(resumed && writeGapSeconds <= atMostSeconds(asked) ? [] : ["gap" as const]),
    ...(failedWrites <= (asked.failedWrites ?? Infinity) ? [] : ["failed" as const]),
    ...(lost === 0 ? [] : ["lost" as const]),
    ...(twoPrimaries === 0 ? [] : ["two primaries" as const]),
    ...(recovered ? [] : ["not recovered" as const]),
    ...(violations.length === 0 ? [] : ["violation" as const]),
  ];
}

/** A verdict in one line. */
export function describeVerdict(verdict: Verdict): string {
  const { writeGapSeconds, acknowledged, lost, recovered, resumed, violations = [] } = verdict;
  return (
    `write gap ${writeGapSeconds} s, ` +
    `${lost} of ${acknowledged} acknowledged writes lost, ${bySecondPrimary(verdict)}` +
    `${recovered ? "all members well again" : "not all members well again"}, ` +
    [resumed ? "writes go on" : "writes do not go on", ...violations].join(", ")
  );
}

/** The first failures through the database's name after a fault, for who has to find the reason: when, where and why. */
export function whatFailed(attempts: Attempt[], faultAt: number, atMost = 20): string[] {
  return attempts
    .filter((one) => isFailureAfter(one, faultAt))
    .sort((one, other) => one.start - other.start)
    .slice(0, atMost)
    .map(({ side, start, end, error = "no reason given" }) => {
      const [from, to] = [start, end].map((moment) => seconds(moment - faultAt));
      return `from ${side}, ${from} to ${to} s after the fault: ${error}`;
    });
}

/** How many writes a second primary acknowledged or, where there is none to be, how many failed, in words. */
export function bySecondPrimary({
  twoPrimaries,
  failedWrites = 0,
}: Pick<Verdict, "twoPrimaries" | "failedWrites">): string {
  return twoPrimaries === undefined ? `${failedWrites} failed, ` : `${twoPrimaries} by a second primary, `;
}

/** The longest gap that still meets what is asked. */
export function atMostSeconds({ writeGapSeconds }: Asked): number {
  return writeGapSeconds === undefined ? Infinity : Math.max(writeGapSeconds, ZERO_SECONDS);
}

interface Span {
  ms: number;
  /** Whether its end was seen. */
  over: boolean;
}

/** Of one side, through the database's name. */
function longestGap(attempts: Attempt[], faultAt: number): Span {
  const tries = attempts.filter(({ through }) => through === MAIN).sort(byEnd);
  const acknowledged = tries.filter(isAcknowledged).map(({ end }) => end);
  const before = acknowledged.filter((end) => end <= faultAt).at(-1);
  if (before === undefined) throw new Error("no write was acknowledged before the fault");
  const after = acknowledged.filter((end) => end > faultAt);
  const watchedUntil = tries.at(-1)?.end ?? before;
  const moments = [before, ...after, watchedUntil];
  const gaps = moments.slice(1).map((moment, index) => moment - (moments[index] ?? moment));
  // Writes that stopped again for good are a gap without an end, too.
  return { ms: Math.max(...gaps), over: after.length > 0 && (gaps.at(-1) ?? 0) <= ZERO_SECONDS * 1000 };
}

/** Until a member answered every attempt that was made on it directly. */
function recovery(attempts: Attempt[], member: string, faultAt: number): Span {
  const tries = attempts.filter(({ through, end }) => through === member && end > faultAt).sort(byEnd);
  const lastFailure = tries.findLast(({ outcome }) => outcome === "failed");
  if (lastFailure === undefined) return { ms: 0, over: tries.length > 0 };
  const answer = tries.find(({ end }) => end > lastFailure.end);
  return { ms: (answer ?? lastFailure).end - faultAt, over: answer !== undefined };
}

/**
 * Acknowledged writes that prove a second primary: those of a term that another server reigned in first, and those
 * that began after a write of a later term had been acknowledged. A primary that had stepped down, or reigns again in
 * good order, has seen the later term and counts on: its writes are none of them. Two clocks are compared, the
 * writers', which must agree as nodes' do.
 */
export function secondPrimaryWrites(acknowledged: Acknowledged[]): Acknowledged[] {
  const firsts = new Map<number, Acknowledged>();
  for (const write of [...acknowledged].sort(byEnd)) {
    if (!firsts.has(write.term)) firsts.set(write.term, write);
  }
  return acknowledged.filter(
    ({ term, server, start }) =>
      firsts.get(term)?.server !== server ||
      [...firsts.values()].some((first) => first.term > term && first.end < start),
  );
}

/** In the order in which the outcomes were known. */
function byEnd(a: Attempt, b: Attempt): number {
  return a.end - b.end;
}

function groupBy<T>(items: T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
