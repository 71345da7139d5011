import { VERSION } from "../protocol/annotations";
import { updateGuard } from "./update-guard";

/** What of an object's inputs tells the version. */
export interface VersionedInputs {
  metadata?: { annotations?: Record<string, string> };
}

/** Says why a server of another version must not run on the data, or nothing if it may. */
export type VersionRefusal = (
  database: string,
  before: VersionedInputs,
  after: VersionedInputs,
) => string | undefined;

/** A refusal that is asked only where both versions are known, and differ. */
export function refuseVersions(
  says: (database: string, had: string, wanted: string) => string | undefined,
): VersionRefusal {
  return (database, before, after) => {
    const [had, wanted] = [before, after].map(({ metadata }) => metadata?.annotations?.[VERSION]);
    return had === undefined || wanted === undefined || had === wanted
      ? undefined
      : says(database, had, wanted);
  };
}

/** Refuses a version that must not run on the data, already at preview. */
export function versionGuard(database: string, refusal: VersionRefusal): ReturnType<typeof updateGuard> {
  return updateGuard<VersionedInputs>(`${database}-version`, (_, before, after) =>
    refusal(database, before, after),
  );
}
