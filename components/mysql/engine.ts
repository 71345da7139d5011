import type { Engine, ResolvedArgs } from "../database/engine";
import { type Promises, promisesOfCluster, promisesOfOne, stopsWithoutMajority } from "../database/promises";
import { MYSQL_USER_ID } from "./limits";
import { checkMySql, MySql, resolveMySql } from "./mysql";
import { commitsAreDurable } from "./server-config";

/** MySQL, as a stack sees it. */
export const mysqlEngine: Engine = {
  userId: () => MYSQL_USER_ID,
  check: checkMySql,
  resolve: resolveMySql,
  promises,
  create: (name, args, opts) => new MySql(name, args, opts),
};

/** A commit is acknowledged when a majority has received it, before it is on the others' disks. */
function promises({ replicas, settings }: ResolvedArgs): Promises {
  const durable = commitsAreDurable(settings);
  if (replicas === 1) return promisesOfOne(durable);
  return promisesOfCluster(replicas, [
    durable
      ? "writes of the last moment, if the power fails on all nodes at once and the primary's disk is lost"
      : "the last second of acknowledged writes, if the power fails on all nodes at once (settings relax the commit)",
    stopsWithoutMajority(replicas),
  ]);
}
