import { checkBytes, checkChoice, checkImage, checkProcessors } from "../common/checks";
import type { Problems } from "../common/problems";
import { MEBIBYTE, parseBytes } from "../common/quantity";
import type { ContainerResources } from "../database/container-resources";
import { DATABASE_DEFAULTS } from "../database/defaults";
import { DATABASE_USER_ID } from "../database/pod-security";
import { type PoolerArgs, PoolMode, type PostgreSqlArgs } from "./args";
import type { PoolerKey } from "./protocol";
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

type Args = Pick<PostgreSqlArgs, PoolerKey | "settings" | "database" | "replicas">;

/** Finds what is wrong with a database's poolers: with each by itself, and with what they take together. */
export function checkPoolers(args: Args, problems: Problems): void {
  const { database, replicas = DATABASE_DEFAULTS.replicas } = args;
  const keys = (["pooler", "replicasPooler"] as const).filter((key) => args[key] !== undefined);
  for (const key of keys) checkPooler(args[key] ?? {}, database, problems.at(key));
  if (args.replicasPooler !== undefined && replicas === 1) {
    problems.add("replicasPooler", {
      allowed: "only with 3 replicas or more: one member alone is the primary",
      fix: "use pooler, or choose more replicas",
    });
  }
  const counted = keys.every((key) => COUNTS.every((count) => isCount(args[key]?.[count] ?? 1)));
  if (counted) checkConnections(args, keys, problems);
}

const COUNTS = ["replicas", "poolSize", "maxClients"] as const;

/** @param problems of its key */
function checkPooler(pooler: PoolerArgs, database: string | undefined, problems: Problems): void {
  for (const key of COUNTS) checkCount(key, pooler[key], problems);
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
      fix: "rename the database with `database`, or remove the pooler",
    });
  }
  if (COUNTS.every((key) => isCount(pooler[key] ?? 1))) checkMemory(pooler, problems);
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

/**
 * A server that has no connection left refuses everybody, its administrator too. One may have those of both poolers: what leads to the
 * replicas leads to the primary while none of them serves, and who becomes the primary keeps for a minute what it had as a replica.
 */
function checkConnections(args: Args, keys: readonly PoolerKey[], problems: Problems): void {
  const [, given] =
    Object.entries(args.settings ?? {}).find(([key]) => canonicalName(key) === "max_connections") ?? [];
  const most = Number(given ?? MAX_CONNECTIONS);
  if (!Number.isInteger(most)) return;
  const taken = keys.map((key) => ({ key, ...connectionsOf(args[key] ?? {}) }));
  const needed = taken.reduce((sum, { connections }) => sum + connections, FOR_OTHERS);
  const last = taken.at(-1);
  if (last === undefined || needed <= most) return;
  const { key, pods, poolSize, connections } = last;
  const beside = needed - connections - FOR_OTHERS;
  const fitting = Math.floor((most - FOR_OTHERS - beside) / pods) - LOOKUP_CONNECTIONS;
  const others = beside === 0 ? "" : `, ${beside} of which are pooler's, as the primary may have both`;
  problems.at(key).add("poolSize", {
    value: poolSize,
    allowed:
      (fitting < 1 ? "none" : `at most ${fitting}`) +
      `: ${pods} pods, one of them only during an update, share the ${most} connections of settings.max_connections, ` +
      `${FOR_OTHERS} of which are for others${others}`,
    fix: `set settings.max_connections to ${needed} or more, or lower poolSize or replicas${beside === 0 ? "" : " of either"}`,
  });
}

/** What its pods open at most. While an update goes on, there is one pod more. */
function connectionsOf(pooler: PoolerArgs): { pods: number; poolSize: number; connections: number } {
  const { replicas, poolSize } = resolvePooler(pooler);
  const pods = replicas + 1;
  return { pods, poolSize, connections: pods * (poolSize + LOOKUP_CONNECTIONS) };
}
