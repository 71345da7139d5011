import { Durability } from "../database/args";
import { byName } from "../settings/table";
import { RedisMode } from "./args";
import { redisMemory } from "./memory";
import { agentLines } from "./protocol";
import type { ResolvedRedis } from "./resolve";
import { canonicalName } from "./settings/names";

/**
 * The server's file: ours, and the user's over it. What the members' agreement rests on is not in it: the agent gives that as
 * arguments, which win over it, and a user cannot set it (`settings/reserved.ts`).
 */
export function serverConfig(
  args: Pick<ResolvedRedis, "resources" | "settings" | "durability" | "tls" | "mode">,
): string {
  const { resources, settings = {}, durability, tls, mode } = args;
  const isCache = mode === RedisMode.Cache;
  const given = byName(settings, canonicalName);
  const ours: Record<string, string> = {
    "protected-mode": "no",
    // The pod's container has the log.
    logfile: '""',
    databases: "16",
    // Pictures of the data are made when the server ends, and when a replica needs a copy.
    save: '""',
    appendfsync: durability === Durability.Majority ? "always" : "everysec",
    "aof-use-rdb-preamble": "yes",
    // The last command, which a crash has cut off, was never acknowledged.
    "aof-load-truncated": "yes",
    "maxmemory-policy": isCache ? "allkeys-lru" : "noeviction",
    // A copy that has been read leaves no file behind.
    ...(isCache ? { "rdb-del-sync-files": "yes" } : {}),
    ...redisMemory(resources.memory, given, mode).settings,
    "tcp-keepalive": "60",
    "tcp-backlog": "511",
    "repl-diskless-sync": "yes",
    "repl-diskless-sync-delay": "0",
    // Replicas are copied to one after the other as they come; what waits takes no memory.
    "shutdown-timeout": "10",
    "enable-debug-command": "no",
    "enable-module-command": "no",
    "enable-protected-configs": "no",
    "acllog-max-len": "128",
  };
  const lines = Object.entries(ours).filter(([name]) => !given.has(name));
  return [
    ...agentLines({
      plain: tls?.required !== true,
      mayLose: durability === Durability.Preferred,
      volatile: isCache,
    }),
    ...[...lines, ...given].map(([name, value]) => `${name} ${value}`),
    "",
  ].join("\n");
}
