/** A moment in an oplog. https://www.mongodb.com/docs/manual/reference/bson-types/#timestamps */
export interface OplogTime {
  /** Since 1970, by the clock of who was the primary. */
  seconds: number;
  /** Counts what was written in the same second. */
  increment: number;
}

/** How far a member's data goes. */
export interface Position extends OplogTime {
  /** Of the primary that wrote it. */
  term: number;
  /** Where its oplog begins, as far as it has been looked at. */
  from?: OplogTime;
}

const TEXT = /^(-?\d{1,15}):(\d{1,10}):(\d{1,10})(?:>(\d{1,10}):(\d{1,10}))?$/;

export function printPosition({ term, seconds, increment, from }: Position): string {
  return `${term}:${seconds}:${increment}${from ? `>${from.seconds}:${from.increment}` : ""}`;
}

/** Whether a text is a position as it is printed here. */
export function isPosition(text: string): boolean {
  return TEXT.test(text);
}

export function parsePosition(text: string): Position | undefined {
  const [, term, seconds, increment, fromSeconds, fromIncrement] = TEXT.exec(text) ?? [];
  if (term === undefined) return undefined;
  const at = { term: Number(term), seconds: Number(seconds), increment: Number(increment) };
  if (fromSeconds === undefined) return at;
  return { ...at, from: { seconds: Number(fromSeconds), increment: Number(fromIncrement) } };
}

/** Negative where `one` is before `other`. */
export function compareTimes(one: OplogTime, other: OplogTime): number {
  return one.seconds - other.seconds || one.increment - other.increment;
}

/** How far one position goes beyond another: the later primary's first, as in elections. 0 where they do not compare. */
export function comparePositions(one: string | undefined, other: string | undefined): number {
  const [a, b] = [parsePosition(one ?? ""), parsePosition(other ?? "")];
  if (!a || !b) return Number(a !== undefined) - Number(b !== undefined);
  return a.term - b.term || compareTimes(a, b);
}

/** Whether an oplog goes back to where a member stands. One that was not looked at says nothing against that. */
export function canCatchUp(own: string, donor: string): boolean {
  const [mine, { from } = { from: undefined }] = [parsePosition(own), parsePosition(donor)];
  return mine === undefined || from === undefined || compareTimes(mine, from) >= 0;
}
