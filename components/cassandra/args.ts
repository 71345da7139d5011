import type { DatabaseArgs, ResourcesArgs } from "../database/args";

/**
 * A Cassandra database: a ring of its own, in one data centre. Its name is the component's: at most 52 characters, since DNS names are
 * made of it.
 */
export interface CassandraArgs extends DatabaseArgs {
  /**
   * Number of members: 1, or 3 to 9. Each row is on three of them, or on the one. It may grow later; to become smaller is refused, since what
   * a member has would first have to be streamed to the others. @default 1
   */
  replicas?: number;
  /**
   * Processor and memory of each member. Half of the memory is the heap's.
   * @default 500m and 2Gi, the least that a member works with
   */
  resources?: ResourcesArgs;
  /**
   * Seconds that the server may take to stop before it is killed.
   * @default 120: it lets no client in any more, writes out what is in memory and ends; what it has not written out is in its log
   */
  terminationGracePeriodSeconds?: number;
}
