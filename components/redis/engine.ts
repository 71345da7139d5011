import { Durability } from "../database/args";
import { versionOf } from "../database/checks";
import type { Engine } from "../database/engine";
import type { Guarantees } from "../database/guarantees";
import { DATABASE_USER_ID } from "../database/pod-security";
import { byName } from "../settings/table";
import { type RedisArgs, RedisMode } from "./args";
import { checkRedis } from "./checks";
import { redisClient } from "./client";
import { Redis } from "./component";
import { REDIS_EXPORTER } from "./exporter";
import { redisMemory } from "./memory";
import { brandOf } from "./images";
import { REDIS_LIMITS } from "./limits";
import { REDIS_LOGS } from "./logs";
import { resolveRedis, type ResolvedRedis } from "./resolve";
import { canonicalName } from "./settings/names";
import { redisTopology } from "./topology";

/** Redis and Valkey, as a stack sees them. */
export const redisEngine: Engine = {
  userId: () => DATABASE_USER_ID,
  check: checkRedis,
  hasBackups: REDIS_LIMITS.backup !== undefined,
  resolve: resolveRedis,
  topology: ({ tls }: Omit<RedisArgs, "namespace">) => redisTopology(tls),
  guarantees,
  client: redisClient,
  logs: REDIS_LOGS,
  exporter: REDIS_EXPORTER,
  memory: ({ resources, settings, mode }: ResolvedRedis) =>
    redisMemory(resources.memory, byName(settings, canonicalName), mode).budget,
  imageName: (version) => brandOf(versionOf(version, REDIS_LIMITS)),
  create: (name, args, opts) => new Redis(name, args, opts),
};

/** A write is acknowledged before another member has it; a client that must know waits for replicas itself. */
function guarantees({ replicas, durability, mode, paused }: ResolvedRedis): Guarantees {
  if (mode === RedisMode.Cache) return guaranteesOfCache(replicas, paused);
  const always = durability === Durability.Majority;
  const lastSecond = (when: string): string[] =>
    always
      ? []
      : [
          `up to two seconds of acknowledged writes, if the power fails, or servers are killed while their disk is busy${when} (the log is synced each second, and written late by then)`,
        ];
  if (replicas === 1) {
    return {
      survives: [
        `a deleted pod${always ? ", a killed server" : ""}: back on its volume with every acknowledged write`,
      ],
      canBeLost: [
        ...lastSecond(""),
        "everything, with the volume: there is one copy",
        "no write is lost, but none is taken, while the pod is away",
      ],
    };
  }
  const minority = (replicas - 1) / 2;
  const members = minority === 1 ? "any one member" : `any ${minority} members`;
  const waited = `WAIT ${minority} …`;
  return {
    survives: [
      ...(always
        ? [
            `the loss of ${members}, with its volume: every write for which a client has called ${waited} and got ${minority}`,
          ]
        : []),
      "a rolling update, a drain: the primary is handed over first, with every acknowledged write",
    ],
    canBeLost: [
      always
        ? "a write for which no client has waited, if the primary is lost before another member received it"
        : "acknowledged writes that no other member had received, if the primary is lost: usually those of some milliseconds, at most those of its last seconds",
      ...lastSecond(" on all nodes at once"),
      `no write is taken while fewer than ${minority + 1} of ${replicas} members are there`,
    ],
  };
}

/** It is kept for as long as one member has it. */
function guaranteesOfCache(replicas: number, paused = false): Guarantees {
  const everything = "it begins again, empty, by itself";
  if (paused) return { survives: [], canBeLost: [`everything it had, by the pause: then ${everything}`] };
  if (replicas === 1) {
    return { survives: [], canBeLost: [`everything, with the pod or its server: ${everything}`] };
  }
  const minority = (replicas - 1) / 2;
  return {
    survives: ["a rolling update, a drain: the primary is handed over first, with all that it has"],
    canBeLost: [
      "what no other member had received, if the primary is lost",
      "what was not used for longest, when memory is full",
      `everything, with all members' pods or servers: ${everything}`,
      `no write is taken while fewer than ${minority + 1} of ${replicas} members are there`,
    ],
  };
}
