/**
 * Sets of global transaction identifiers (GTIDs), as MySQL prints them: `uuid:1-5:7,uuid:tag:1-3`.
 * Tags came with MySQL 8.3. https://dev.mysql.com/doc/refman/8.4/en/replication-gtids-concepts.html
 */
export type GtidSet = ReadonlyMap<string, readonly Interval[]>;

/** First and last transaction number, both included. */
type Interval = readonly [number, number];

/**
 * Reads MySQL's text form.
 * @throws Error when it is not one.
 */
export function parseGtids(text: string): GtidSet {
  const result = new Map<string, Interval[]>();
  for (const part of text.replace(/\s/g, "").split(",")) {
    if (part === "") continue;
    const [uuid, ...rest] = part.toLowerCase().split(":");
    if (!uuid || rest.length === 0) throw new Error(`not a GTID set: ${part.slice(0, 80)}`);
    let source = uuid;
    for (const token of rest) {
      const numbers = /^(\d+)(?:-(\d+))?$/.exec(token);
      if (!numbers) {
        if (!/^[a-z_]\w*$/.test(token)) throw new Error(`not a GTID set: ${part.slice(0, 80)}`);
        source = `${uuid}:${token}`;
        continue;
      }
      const first = Number(numbers[1]);
      const intervals = result.get(source) ?? [];
      intervals.push([first, Number(numbers.at(2) ?? first)]);
      result.set(source, intervals);
    }
  }
  return normalise(result);
}

/** Writes it as MySQL does, the sources in order. */
export function printGtids(set: GtidSet): string {
  return [...set]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([source, intervals]) => {
      const ranges = intervals.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
      return [source, ...ranges].join(":");
    })
    .join(",");
}

/** Everything in either set. */
export function unite(a: GtidSet, b: GtidSet): GtidSet {
  const result = new Map<string, Interval[]>();
  for (const set of [a, b]) {
    for (const [source, intervals] of set) result.set(source, [...(result.get(source) ?? []), ...intervals]);
  }
  return normalise(result);
}

/** Whether everything in `part` is in `whole`. */
export function contains(whole: GtidSet, part: GtidSet): boolean {
  for (const [source, intervals] of part) {
    const held = whole.get(source) ?? [];
    // Both are normalised: an interval that is contained lies within a single one.
    if (!intervals.every(([first, last]) => held.some(([from, to]) => from <= first && last <= to)))
      return false;
  }
  return true;
}

/** Sorts intervals and joins those that touch. */
function normalise(set: ReadonlyMap<string, Interval[]>): GtidSet {
  const result = new Map<string, Interval[]>();
  for (const [source, intervals] of set) {
    const joined: [number, number][] = [];
    for (const [first, last] of [...intervals].sort((a, b) => a[0] - b[0])) {
      const previous = joined.at(-1);
      if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
      else joined.push([first, last]);
    }
    result.set(source, joined);
  }
  return result;
}
