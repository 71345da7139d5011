import { updateGuard } from "../common/update-guard";
import { membersOf, type PausedInputs } from "../database/pause";
import { COPIES } from "./protocol";

/**
 * Says why a ring cannot have so many members from now on, or nothing if it can.
 *
 * Each member has rows that only two others have. One that goes must first stream them to those that get them, and its place must be taken
 * out of the ring: else every row that it had is a copy short, for good, and a second loss takes the last majority. Whether they have is
 * for the API server to judge (`components/agents/size-policy.ts`).
 *
 * @param policed - whether it does.
 */
export function sizeRefusal(
  database: string,
  before: PausedInputs,
  after: PausedInputs,
  policed: boolean,
): string | undefined {
  const [had, wanted] = [membersOf(before), membersOf(after)];
  if (had === 1 && wanted > 1) {
    return (
      `${database}: replicas cannot go from 1 to ${wanted}: its keyspaces have one copy of each row, and would go on with one. Leave it at 1, or ` +
      `make a second database with ${wanted}, copy the data, and remove the first one.`
    );
  }
  if (wanted >= had) return undefined;
  if (wanted < COPIES) {
    return (
      `${database}: replicas cannot go from ${had} to ${wanted}: each row has ${COPIES} copies, and would lose them. Choose ${COPIES} or more, or ` +
      `make a second database with ${wanted}, copy the data, and remove the first one.`
    );
  }
  if (policed) return undefined;
  return (
    `${database}: replicas cannot go from ${had} to ${wanted}: what a member holds must first be streamed to the others, and without the stack's ` +
    `admission policies nobody would see to it that it was. Leave it at ${had}, or set admissionPolicy to true, deploy, and then make it smaller.`
  );
}

/** Refuses that, already at preview. */
export function sizeGuard(database: string, policed: boolean): ReturnType<typeof updateGuard> {
  return updateGuard<PausedInputs>(`${database}-size`, (name, before, after) =>
    sizeRefusal(name, before, after, policed),
  );
}
