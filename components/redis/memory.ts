import { MEBIBYTE, parseBytes } from "../common/quantity";
import type { MemoryBudget } from "../database/memory";
import { RedisMode } from "./args";
import { parseMemory } from "./settings/values";

/** The server itself, its buffers of commands, and fragments. */
const SERVER = 64 * MEBIBYTE;

/** Of what is left: data. While it is written to disk or to a replica, pages that change are there twice. */
const DATA = 0.6;

/** The same of a cache, which writes nothing out but to a replica that begins. */
const CACHED = 0.8;

/** Of what is left: the last of the stream of writes, from which a replica that was away goes on. */
const BACKLOG = 0.05;

/** Of what is left: what one replica may lag behind in the primary's memory before it is cut off. */
const REPLICA_BUFFER = 0.25;

/** Of what is left: the most that the data may be. */
export const MOST_DATA = 0.8;

/** What a server may use, and the settings that see to it. */
export interface RedisMemory {
  /** By name; none that the user gives. */
  settings: Record<string, string>;
  budget: MemoryBudget;
}

/** Bytes of a replica's memory that are not the server's own. */
export function divisible(memory: string): number {
  return Math.max(0, (parseBytes(memory) ?? 0) - SERVER);
}

/**
 * Divides a replica's memory: data, the stream's backlog, and room for pages that are there twice while a picture is made.
 * @param given the user's settings, by their names
 * @see https://valkey.io/topics/memory-optimization/
 */
export function redisMemory(
  memory: string,
  given: ReadonlyMap<string, string>,
  mode: RedisMode = RedisMode.Store,
): RedisMemory {
  const rest = divisible(memory);
  const share = (part: number, least = 0) => String(Math.max(least, Math.floor(rest * part)));
  const replica = share(REPLICA_BUFFER);
  const settings: Record<string, string> = {
    maxmemory: share(mode === RedisMode.Cache ? CACHED : DATA),
    "repl-backlog-size": share(BACKLOG, MEBIBYTE),
    "client-output-buffer-limit": `replica ${replica} ${replica} 0`,
  };
  const bytesOf = (name: string) => parseMemory(given.get(name) ?? settings[name] ?? "") ?? 0;
  const data = bytesOf("maxmemory");
  const backlog = bytesOf("repl-backlog-size");
  return {
    settings: Object.fromEntries(Object.entries(settings).filter(([name]) => !given.has(name))),
    budget: [
      { what: "the server itself", bytes: SERVER, settings: [] },
      { what: "data", bytes: data, settings: ["maxmemory"] },
      { what: "backlog of the replication", bytes: backlog, settings: ["repl-backlog-size"] },
      // Replicas share the backlog's memory, and keep beside it what they lag behind.
      {
        what: "copies of pages while data is written out",
        bytes: Math.max(0, Math.min(data * 0.4, rest - data - backlog)),
        settings: ["maxmemory"],
      },
    ],
  };
}
