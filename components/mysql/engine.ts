import { Durability } from "../database/args";
import type { Engine, ResolvedArgs } from "../database/engine";
import {
  type Guarantees,
  guaranteesOfCluster,
  guaranteesOfOne,
  stopsWithoutMajority,
} from "../database/guarantees";
import { DATABASE_USER_ID } from "../database/pod-security";
import { byName } from "../settings/table";
import { mysqlMemory } from "./memory";
import { mysqlLanguage } from "./settings/language";
import { canonicalName } from "./settings/names";
import { checkMySql } from "./checks";
import { mysqlClient } from "./client";
import { MySql } from "./component";
import { MYSQL_EXPORTER } from "./exporter";
import { MYSQL_LIMITS } from "./limits";
import { MYSQL_LOGS } from "./logs";
import { resolveMySql } from "./resolve";
import { commitsAreDurable } from "./server-config";
import { MYSQL_TOPOLOGY } from "./topology";

/** MySQL, as a stack sees it. */
export const mysqlEngine: Engine = {
  userId: () => DATABASE_USER_ID,
  check: checkMySql,
  hasBackups: MYSQL_LIMITS.backup !== undefined,
  resolve: resolveMySql,
  topology: () => MYSQL_TOPOLOGY,
  guarantees,
  client: mysqlClient,
  logs: MYSQL_LOGS,
  exporter: MYSQL_EXPORTER,
  memory: ({ version, resources, settings }) =>
    mysqlMemory(resources.memory, byName(settings, canonicalName), mysqlLanguage(version).table).budget,
  create: (name, args, opts) => new MySql(name, args, opts),
};

/** A commit is acknowledged when a majority has received it; before it is on the others' disks, unless told so. */
function guarantees({ replicas, settings, durability }: ResolvedArgs): Guarantees {
  const durable = commitsAreDurable(settings);
  if (replicas === 1) return guaranteesOfOne(durable);
  const everywhere = durability === Durability.All;
  return guaranteesOfCluster(replicas, {
    alsoSurvives: everywhere
      ? ["a power cut of all nodes at once, even if only one member's disk comes back"]
      : [],
    canBeLost: [...(everywhere ? [] : [lossOfPower(durable)]), stopsWithoutMajority(replicas)],
  });
}

function lossOfPower(durable: boolean): string {
  return durable
    ? "writes of the last moment, if the power fails on all nodes at once and the primary's disk is lost"
    : "the last second of acknowledged writes, if the power fails on all nodes at once (settings relax the commit)";
}
