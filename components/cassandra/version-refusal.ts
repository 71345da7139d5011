import { isOlder } from "../common/versions";
import { refuseVersions } from "../common/version-guard";

/** Says why an older server must not run on the data, or nothing if it may. */
export const versionRefusal = refuseVersions((database, had, wanted) =>
  isOlder(wanted, had)
    ? `${database}: it cannot go from version ${had} to ${wanted} in place: an older server does not read the files of a newer one. ` +
      `Make a second database with version "${wanted}", copy the data, and remove the first one.`
    : undefined,
);
