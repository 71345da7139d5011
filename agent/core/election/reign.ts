import { majority } from "../views";
import { ELECTION } from "./durations";
import type { StoredLease } from "./lease";
import type { Follower, ReplicationState } from "./replication";
import { none, type Step } from "./step";
import { type ElectionWorld, electorate } from "./world";

/** Its server takes writes. */
export function reign(world: ElectionWorld, { position, followers = [] }: ReplicationState): Step {
  const { self, lease, wanted, confirmedFor, alone } = world;
  const term = position?.term ?? 0;
  if (lease && lease.term > term && lease.holder !== self)
    return { kind: "detach", why: "another member was elected" };
  if (lease && lease.term > term) return { kind: "detach", why: "it did not become the primary of its term" };
  if (lease?.term === term && lease.holder !== self) return { kind: "detach", why: "it has given up" };
  const right = alone || majority(electorate(world)) === 1 || confirmedFor < ELECTION.right;
  if (!right) return { kind: "detach", why: "no majority follows it", givenUp: true };
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
