import type { Engine } from "../database/engine";
import {
  type Guarantees,
  guaranteesOfCluster,
  guaranteesOfOne,
  majorityOf,
  stopsWithoutMajority,
} from "../database/guarantees";
import { Durability } from "../database/args";
import { hugePagesBytes } from "../database/huge-pages";
import { DATABASE_USER_ID } from "../database/pod-security";
import type { PostgreSqlArgs } from "./args";
import { checkPostgreSql } from "./checks";
import { postgresqlClient } from "./client";
import { resolvePostgreSql, type ResolvedPostgreSql } from "./resolve";
import { byName } from "../settings/table";
import { postgresqlMemory } from "./memory";
import { postgresqlLanguage } from "./settings/language";
import { canonicalName } from "./settings/names";
import { PostgreSql } from "./component";
import { POSTGRESQL_EXPORTER } from "./exporter";
import { POSTGRESQL_LIMITS } from "./limits";
import { POSTGRESQL_LOGS } from "./logs";
import { stateServiceNames } from "./rights";
import { commitsAreDurable } from "./server-config";
import { postgresqlTopology } from "./topology";

/** PostgreSQL, as a stack sees it. */
export const postgresqlEngine: Engine = {
  userId: ({ userId }: Omit<PostgreSqlArgs, "namespace">) => userId ?? DATABASE_USER_ID,
  check: checkPostgreSql,
  hasBackups: POSTGRESQL_LIMITS.backup !== undefined,
  resolve: resolvePostgreSql,
  topology: ({ pooler, replicasPooler }: Omit<PostgreSqlArgs, "namespace">) =>
    postgresqlTopology({ pooler, replicasPooler }),
  services: stateServiceNames,
  guarantees,
  client: postgresqlClient,
  logs: POSTGRESQL_LOGS,
  memory: ({ version, resources, settings, hugePages }) =>
    postgresqlMemory(
      resources.memory,
      byName(settings, canonicalName),
      postgresqlLanguage(version).table,
      hugePagesBytes(hugePages),
    ).budget,
  exporter: POSTGRESQL_EXPORTER,
  images: { pooler: "pgbouncer", replicasPooler: "pgbouncer" },
  create: (name, args, opts) => new PostgreSql(name, args, opts),
};

function guarantees({ replicas, settings, durability }: ResolvedPostgreSql): Guarantees {
  const durable = commitsAreDurable(settings);
  if (replicas === 1) return guaranteesOfOne(durable);
  const preferred = durability === Durability.Preferred;
  const all = durability === Durability.All;
  return guaranteesOfCluster(replicas, {
    alsoSurvives: all
      ? ["the loss of all members but one, with their volumes, if they were all there when it was written"]
      : [],
    canBeLost: [
      ...(durable
        ? []
        : ["the last moment of acknowledged writes with the primary (settings relax synchronous_commit)"]),
      preferred
        ? "acknowledged writes of a time when the primary had no other member to wait for, if it is lost then"
        : whenFewAreLeft(replicas),
    ],
  });
}

/** Patroni has a commit wait for those that are there, and for one at least. */
function whenFewAreLeft(replicas: number): string {
  if (replicas === 3) return stopsWithoutMajority(replicas);
  return (
    `acknowledged writes of a time when fewer than ${majorityOf(replicas)} of ${replicas} members were there, if all ` +
    "of those are lost then; a member that is alone takes none"
  );
}
