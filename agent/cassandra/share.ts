import { COPIES } from "../../components/cassandra/protocol";

/** Partition hashes go from -2⁶³ to 2⁶³-1, and around. */
const AROUND = 2n ** 64n;

/**
 * How much of the rows of a keyspace with three copies a member holds, in whole percent: where it is one of the three that follow a row's place on
 * the ring. In one rack no other rule counts.
 *
 * @param own - the member's tokens.
 * @param others - those of each other member.
 * @see https://cassandra.apache.org/doc/5.0/cassandra/architecture/dynamo.html
 */
export function sharePercent(own: readonly string[], others: readonly (readonly string[])[]): number {
  const places = [own, ...others]
    .flatMap((tokens, member) => tokens.map((token) => ({ token: BigInt(token), member })))
    .sort((one, other) => (one.token < other.token ? -1 : 1));
  let held = 0n;
  for (const [index, { token }] of places.entries()) {
    const before = places.at(index - 1)?.token ?? token;
    const length = index === 0 ? token - before + AROUND : token - before;
    if (holdersFrom(index, places).has(0)) held += length;
  }
  return Number((held * 100n + AROUND / 2n) / AROUND);
}

/** The members that follow a place, as many as there are copies. */
function holdersFrom(index: number, places: readonly { member: number }[]): Set<number> {
  const holders = new Set<number>();
  for (const { member } of [...places.slice(index), ...places.slice(0, index)]) {
    if (holders.size < COPIES) holders.add(member);
  }
  return holders;
}
