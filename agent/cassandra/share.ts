import { COPIES } from "../../components/cassandra/protocol";

/** Partition hashes go from -2⁶³ to 2⁶³-1, and around. */
const AROUND = 2n ** 64n;

/** Where a member stands: its tokens on the ring, and the rack that they are in. */
export interface Place {
  tokens: readonly string[];
  rack: string;
}

/**
 * How much of the rows of a keyspace with three copies a member holds, in whole percent: where it is one of the three that follow a row's place on
 * the ring, of which no two are in one rack as long as there are others.
 *
 * @see https://cassandra.apache.org/doc/5.0/cassandra/architecture/dynamo.html#network-topology-strategy
 */
export function sharePercent(own: Place, others: readonly Place[]): number {
  const members = [own, ...others];
  const places = members
    .flatMap(({ tokens, rack }, member) => tokens.map((token) => ({ token: BigInt(token), member, rack })))
    .sort((one, other) => (one.token < other.token ? -1 : 1));
  const racks = new Set(places.map(({ rack }) => rack)).size;
  let held = 0n;
  for (const [index, { token }] of places.entries()) {
    const before = places.at(index - 1)?.token ?? token;
    const length = index === 0 ? token - before + AROUND : token - before;
    if (holdersFrom(index, places, racks).has(0)) held += length;
  }
  return Number((held * 100n + AROUND / 2n) / AROUND);
}

/** The members that follow a place, as many as there are copies; those in a rack that has one wait until each rack has. */
function holdersFrom(
  index: number,
  places: readonly { member: number; rack: string }[],
  racks: number,
): Set<number> {
  const holders = new Set<number>();
  const used = new Set<string>();
  let repeats = Math.max(0, COPIES - racks);
  for (const { member, rack } of [...places.slice(index), ...places.slice(0, index)]) {
    if (holders.size === COPIES) break;
    if (holders.has(member)) continue;
    if (used.has(rack)) {
      if (repeats === 0) continue;
      repeats--;
    }
    used.add(rack);
    holders.add(member);
  }
  return holders;
}
