import type { MemberRecord, Ordinal, View } from "./types";

/** More than half of `size`: as many as it takes to decide alone. */
export function majority(size: number): number {
  return Math.floor(size / 2) + 1;
}

/** A membership and the bootstrap that it counts from. */
export interface DatedView {
  epoch: number;
  view: View;
}

/** Orders memberships by age: negative when `a` is older. */
export function byAge(a: DatedView, b: DatedView): number {
  return a.epoch - b.epoch || a.view.number - b.view.number;
}

/** What is left of the knowledge about the last membership before everything stopped. */
export interface LastView {
  epoch: number;
  /** Members that may have acknowledged writes at the end. */
  members: Ordinal[];
  /** Everyone named as primary in the newest records; usually one. */
  primaries: Ordinal[];
}

/**
 * Puts together what the members and the marker remember.
 *
 * The newest view wins. A member that left in good order takes itself out of it, because the others
 * may have gone on without it; when all of them left, all count, since the last one to leave cannot
 * be told from the rest.
 */
export function lastView(
  records: ReadonlyMap<Ordinal, MemberRecord>,
  marked?: DatedView,
): LastView | undefined {
  const known: DatedView[] = marked ? [marked] : [];
  for (const record of records.values()) {
    if (record.view) known.push({ epoch: record.epoch, view: record.view });
  }
  const newest = known.sort(byAge).at(-1);
  if (!newest) return undefined;

  const stayed = newest.view.members.filter((member) => {
    const record = records.get(member);
    const current = record?.epoch === newest.epoch;
    return !(current && record.left);
  });
  const primaries = new Set<Ordinal>();
  for (const { epoch, view } of known) {
    const same = epoch === newest.epoch && view.number === newest.view.number;
    if (same && view.primary !== undefined) primaries.add(view.primary);
  }
  return {
    epoch: newest.epoch,
    members: stayed.length > 0 ? stayed : [...newest.view.members],
    primaries: [...primaries].sort((a, b) => a - b),
  };
}
