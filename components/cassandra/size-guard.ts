import { updateGuard } from "../common/update-guard";
import { membersOf, type PausedInputs } from "../database/pause";

/**
 * Says why a ring cannot have so many members from now on, or nothing if it can.
 *
 * Each member has rows that only two others have. One that goes must first stream them to those that get them, member by member, and its
 * place must be taken out of the ring: else every row that it had is a copy short, for good, and a second loss takes the last majority.
 */
export function sizeRefusal(database: string, before: PausedInputs, after: PausedInputs): string | undefined {
  const [had, wanted] = [membersOf(before), membersOf(after)];
  if (had === 1 && wanted > 1) {
    return (
      `${database}: replicas cannot go from 1 to ${wanted}: its keyspaces have one copy of each row, and would go on with one. Leave it at 1, or ` +
      `make a second database with ${wanted}, copy the data, and remove the first one.`
    );
  }
  if (wanted >= had) return undefined;
  return (
    `${database}: replicas cannot go from ${had} to ${wanted}: what a member holds must first be streamed to the others, which this version ` +
    `does not do. Leave it at ${had}, or make a second database with ${wanted}, copy the data, and remove the first one.`
  );
}

/** Refuses that, already at preview. */
export function sizeGuard(database: string): ReturnType<typeof updateGuard> {
  return updateGuard<PausedInputs>(`${database}-size`, sizeRefusal);
}
