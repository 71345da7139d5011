import { refuseVersions } from "../common/version-guard";
import { brandOf } from "./images";

/** Says why a server of the other brand or of an older version must not run on the data, or nothing if it may. */
export const versionRefusal = refuseVersions((database, had, wanted) => {
  const sameBrand = brandOf(had) === brandOf(wanted);
  if (sameBrand && Number(wanted) >= Number(had)) return undefined;
  const from = `${brandOf(had)} ${had}`;
  const to = `${brandOf(wanted)} ${wanted}`;
  return (
    `${database}: it cannot go from ${from} to ${to} in place: ${sameBrand ? "an older server" : "the other brand's server"} ` +
    `does not read its files. Make a second database with version "${wanted}", copy the data, and remove the first ` +
    "one: see docs/redis.md."
  );
});
