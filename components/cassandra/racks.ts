import { updateGuard } from "../common/update-guard";
import type { VersionedInputs } from "../common/version-guard";
import { DOMAIN } from "../protocol/labels";
import { Racks } from "./protocol";

/** On the StatefulSet: what its ring was begun with. */
export const RACKS = `${DOMAIN}/racks`;

/** Says why members of a ring cannot be in other racks from now on, or nothing if they can. */
export function racksRefusal(
  database: string,
  before: VersionedInputs,
  after: VersionedInputs,
): string | undefined {
  const one: string = Racks.One;
  const [had, wanted] = [before, after].map(({ metadata }) => metadata?.annotations?.[RACKS] ?? one);
  if (had === wanted) return undefined;
  return (
    `${database}: racks cannot go from ${had} to ${wanted}: by them the ring has placed the copies of each row, and a member that says another ` +
    `one does not start. Leave it at ${had}, or make a second database with racks: ${wanted}, copy the data, and remove the first one.`
  );
}

/** Refuses that, already at preview. */
export function racksGuard(database: string): ReturnType<typeof updateGuard> {
  return updateGuard<VersionedInputs>(`${database}-racks`, (_, before, after) =>
    racksRefusal(database, before, after),
  );
}
