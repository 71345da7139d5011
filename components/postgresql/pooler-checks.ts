import { checkBytes, checkChoice, checkImage, checkProcessors } from "../common/checks";
import type { Problems } from "../common/problems";
import { MEBIBYTE, parseBytes } from "../common/quantity";
import type { ContainerResources } from "../database/container-resources";
import { DATABASE_USER_ID } from "../database/pod-security";
import { type PoolerArgs, PoolMode, type PostgreSqlArgs } from "./args";
import { MAX_CONNECTIONS } from "./limits";
import { canonicalName } from "./settings/names";
import { IMAGES } from "./images";

/** Arguments of a pooler with every default filled in. */
export type ResolvedPooler = Required<Omit<PoolerArgs, "resources">> & {
  resources: ContainerResources;
};

// It runs on one thread.
const DEFAULTS = {
  cpuLimit: "1",
  replicas: 2,
  poolSize: 20,
  maxClients: 1000,
  userId: DATABASE_USER_ID,
  cpu: "100m",
  memory: "128Mi",
};

/** Server connections of each pod beside the pool, by which it looks passwords up. */
export const LOOKUP_CONNECTIONS = 2;

/** Server connections that the poolers leave to the members, to administrators and to who comes without them. */
const FOR_OTHERS = 15;

/** Memory that a client takes over TLS; measured 40 KiB, without prepared statements of its own. */
const CLIENT_MEMORY = MEBIBYTE / 16;
/** Memory that PgBouncer takes without clients, and the script beside it. */
const OWN_MEMORY = 16 * MEBIBYTE;

/** PgBouncer's own, by which it is asked about itself. */
const CONSOLE = "pgbouncer";

/** Fills in the defaults of a pooler. */
export function resolvePooler(pooler: PoolerArgs): ResolvedPooler {
  return {
    replicas: pooler.replicas ?? DEFAULTS.replicas,
    mode: pooler.mode ?? PoolMode.Transaction,
    poolSize: pooler.poolSize ?? DEFAULTS.poolSize,
    maxClients: pooler.maxClients ?? DEFAULTS.maxClients,
    image: pooler.image ?? IMAGES.pgbouncer,
    userId: pooler.userId ?? DEFAULTS.userId,
    resources: {
      cpuLimit: DEFAULTS.cpuLimit,
      ...pooler.resources,
      cpu: pooler.resources?.cpu ?? DEFAULTS.cpu,
      memory: pooler.resources?.memory ?? DEFAULTS.memory,
    },
  };
}

/**
 * Finds what is wrong with a database's pooler.
 *
 * @param problems of the key `pooler`
 */
export function checkPooler(
  { pooler, settings, database }: Pick<PostgreSqlArgs, "pooler" | "settings" | "database">,
  problems: Problems,
): void {
  if (pooler === undefined) return;
  const counts = ["replicas", "poolSize", "maxClients"] as const;
  for (const key of counts) checkCount(key, pooler[key], problems);
  checkChoice("mode", pooler.mode, Object.values(PoolMode), problems);
  checkImage("image", pooler.image, problems);
  checkProcessors({ ...DEFAULTS, ...pooler.resources }, problems);
  checkBytes("resources.memory", pooler.resources?.memory, DEFAULTS.memory, problems);
  if (!isCount(pooler.userId ?? DEFAULTS.userId)) {
    problems.add("userId", {
      value: pooler.userId,
      allowed: "a whole number above 0: PgBouncer refuses to run as root",
      fix: `leave it out for ${DEFAULTS.userId}, or choose another one`,
    });
  }
  if (database === CONSOLE) {
    problems.add("", {
      allowed: `nothing, where the database is called ${CONSOLE}: PgBouncer calls its own console so`,
      fix: "rename the database with `database`, or remove pooler",
    });
  }
  if (!counts.every((key) => isCount(pooler[key] ?? 1))) return;
  checkConnections(pooler, settings, problems);
  checkMemory(pooler, problems);
}

/** A pod that runs out of memory takes all of its clients with it. */
function checkMemory(pooler: PoolerArgs, problems: Problems): void {
  const { maxClients, resources } = resolvePooler(pooler);
  const needed = OWN_MEMORY + maxClients * CLIENT_MEMORY;
  const given = parseBytes(resources.memory);
  if (given === undefined || given >= needed) return;
  const enough = `${Math.ceil(needed / MEBIBYTE)}Mi`;
  problems.add("resources.memory", {
    value: resources.memory,
    allowed: `at least ${enough} for ${maxClients} clients (maxClients)`,
    fix: `raise it to ${enough} or more, or lower maxClients`,
  });
}

function checkCount(key: string, value: number | undefined, problems: Problems): void {
  if (value === undefined || isCount(value)) return;
  problems.add(key, { value, allowed: "a whole number from 1", fix: "choose 1 or more" });
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}

/** A server that has no connection left refuses everybody, its administrator too. */
function checkConnections(
  pooler: PoolerArgs,
  settings: Record<string, string> | undefined,
  problems: Problems,
): void {
  const { replicas, poolSize } = resolvePooler(pooler);
  const [, given] =
    Object.entries(settings ?? {}).find(([key]) => canonicalName(key) === "max_connections") ?? [];
  const most = Number(given ?? MAX_CONNECTIONS);
  // While an update goes on, there is one pod more.
  const pods = replicas + 1;
  const needed = pods * (poolSize + LOOKUP_CONNECTIONS) + FOR_OTHERS;
  if (!Number.isInteger(most) || needed <= most) return;
  const fitting = Math.floor((most - FOR_OTHERS) / pods) - LOOKUP_CONNECTIONS;
  problems.add("poolSize", {
    value: poolSize,
    allowed:
      `at most ${Math.max(0, fitting)}: ${pods} pods, one of them only during an update, share the ${most} connections ` +
      `of settings.max_connections, ${FOR_OTHERS} of which are for others`,
    fix: `set settings.max_connections to ${needed} or more, or lower poolSize or replicas`,
  });
}
