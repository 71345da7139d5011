import type { DatabaseArgs } from "../database/args";

/** A MongoDB database: a replica set. Its name is the component's: at most 52 characters, since DNS names are made of it. */
export interface MongoDbArgs extends DatabaseArgs {
  /** Number of members: 1, 3, 5 or 7, each with all data. @default 1 */
  replicas?: number;
  /**
   * Whether the data stays as the version before writes it after an upgrade (`featureCompatibilityVersion`), and what the newer version brings is
   * not there: until the upgrade has proven itself, as its guide advises. An older version is refused all the same: its maker supports no downgrade of
   * the Community Edition (https://www.mongodb.com/docs/manual/release-notes/8.0-downgrade-replica-set/).
   *
   * @default false: the agents end that as soon as every member runs the newer one
   */
  holdFeatureCompatibility?: boolean;
  /**
   * Seconds that a member may take to stop before it is killed. A primary goes when another one has all of its data.
   * @default 300
   */
  terminationGracePeriodSeconds?: number;
}
