import type { DatabaseArgs, ResourcesArgs } from "../database/args";
import type { Racks } from "./protocol";

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
   * What counts as a rack: the copies of a row are put into as many different ones as there are. With `zones`, members are spread evenly over
   * the zones of the nodes, which all need the label `topology.kubernetes.io/zone`, and with more than three members the loss of a whole
   * zone takes one copy of each row; with `one` it can take two. Kubernetes tells pods their zone from 1.35 on. Cannot be changed later.
   * @default one
   * @see https://cassandra.apache.org/doc/5.0/cassandra/architecture/dynamo.html#network-topology-strategy
   */
  racks?: Racks;
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
