import { updateGuard } from "../common/update-guard";
import type { VersionedInputs } from "../common/version-guard";
import { MODE } from "../protocol/annotations";
import { RedisMode } from "./args";

/** Says why a database cannot be made for something else, or nothing if it stays. One of before there were modes is a store. */
export function modeRefusal(
  database: string,
  before: VersionedInputs,
  after: VersionedInputs,
): string | undefined {
  const [had, wanted] = [before, after].map(({ metadata }) => {
    return metadata?.annotations?.[MODE] ?? RedisMode.Store;
  });
  if (had === wanted) return undefined;
  return (
    `${database}: it cannot go from mode ${had} to ${wanted} in place, since a StatefulSet's volumes cannot be changed. ` +
    `Make a second database with mode "${wanted}", and remove the first one.`
  );
}

/** Refuses that, already at preview. */
export function modeGuard(database: string): ReturnType<typeof updateGuard> {
  return updateGuard<VersionedInputs>(`${database}-mode`, (_, before, after) =>
    modeRefusal(database, before, after),
  );
}
