import { refuseVersions } from "../common/version-guard";
import { MONGODB_LIMITS } from "./limits";

/**
 * Says why a server of another version must not run on the data, or nothing if it may: data is read by the version that wrote it and by the next
 * one. That the one before reads it while what is new is held back is not supported by the server's maker.
 *
 * @see https://www.mongodb.com/docs/manual/release-notes/8.0-upgrade-replica-set/
 */
export const versionRefusal = refuseVersions((database, had, wanted) => {
  const series = [...MONGODB_LIMITS.versions].reverse();
  const steps = series.indexOf(wanted) - series.indexOf(had);
  if (steps === 0 || steps === 1) return undefined;
  const why =
    steps < 0
      ? "an older server does not read what a newer one has written"
      : "a version is not to be passed over";
  return (
    `${database}: it cannot go from version ${had} to ${wanted} in place: ${why}. ` +
    `Make a second database with version "${wanted}", copy the data, and remove the first one.`
  );
});
