import { MEBIBYTE, parseBytes } from "../common/quantity";
import { type MemoryBudget, totalOf } from "../database/memory";
import type { SettingTable } from "../settings/table";
import { MAX_CONNECTIONS } from "./limits";
import { parseMemory, parseNumber } from "./settings/values";

/** Patroni, the server's own processes, and its shared memory beside the buffers. */
const SERVER = 96 * MEBIBYTE;
/** A connection's process: measured 1.2 MiB of its own, and 2.9 after queries over the whole catalogue. */
const BACKEND = 2 * MEBIBYTE;
/** Of all connections, those that use work_mem at the same time. Of our own default there is enough for all. */
const AT_WORK = 1 / 4;
/** The least that work_mem may be. */
const LEAST_WORK = 64 * 1024;
/**
 * Of the memory, what the planner may take for cache, the shared buffers included: half, and from there on all that is more, up to 70 %.
 * What is left then, 4 GiB and more, is above what processes use at once by our own settings.
 */
const CACHED = { small: 1 / 2, from: 8192 * MEBIBYTE, large: 0.7 };
/**
 * What a server shares beside its buffers: for each of these, by itself, for each connection, and for as many locks as one has by default.
 * Measured with PostgreSQL 17 and 18 (`postgres -C shared_memory_size`), 128 MB to 16 GB, 100 and 500 connections, 64 and 256 locks: 10 to 100 MB
 * less than this.
 */
const SHARED = { perBuffer: 1.03, fixed: 40 * MEBIBYTE, connection: 32 * 1024, locks: 32 * 1024 };
/** Of `max_locks_per_transaction`, the default. */
const USUAL_LOCKS = 64;
/** PostgreSQL's own default, which more memory than this does not lower. */
const USUAL_WORK = 4 * MEBIBYTE;

/** What PostgreSQL may use, and the settings that see to it. */
export interface PostgreSqlMemory {
  /** By name; none that the user gives. */
  settings: Record<string, string>;
  budget: MemoryBudget;
}

/**
 * Divides a replica's memory: a quarter for the shared buffers, what maintenance and connections take, and the rest by
 * the number of connections.
 *
 * @param given the user's settings, by their names
 * @param hugePages bytes of memory beside that, in huge pages: the shared buffers are there then, and as large as they can be
 * @see https://www.postgresql.org/docs/17/runtime-config-resource.html (a quarter of memory for shared_buffers)
 * @see https://www.postgresql.org/docs/17/runtime-config-query.html (effective_cache_size: these, and the kernel's cache)
 */
export function postgresqlMemory(
  memory: string,
  given: ReadonlyMap<string, string>,
  table: SettingTable,
  hugePages = 0,
): PostgreSqlMemory {
  const bytes = parseBytes(memory) ?? 0;
  const share = (part: number, least: number, most = Infinity) =>
    `${Math.floor(Math.min(most, Math.max(least, (bytes / MEBIBYTE) * part)))}MB`;
  const pools: Record<string, string> = {
    shared_buffers: hugePages > 0 ? buffersIn(hugePages, given) : share(1 / 4, 128),
    effective_cache_size: share(cachedShare(bytes) + hugePages / Math.max(1, bytes), 128),
    maintenance_work_mem: share(1 / 16, 32, 2048),
    // Each worker of autovacuum may use as much.
    autovacuum_work_mem: share(1 / 64, 8, 1024),
  };
  const text = (name: string) => given.get(name) ?? pools[name] ?? table.get(name)?.default ?? "";
  const sizeOf = (name: string, value = text(name)) => {
    const setting = table.get(name);
    return (setting && parseMemory(setting, value)) ?? 0;
  };
  const countOf = (name: string) => parseNumber({ type: "integer", unit: "" }, text(name)) ?? 0;
  const connections = countOf("max_connections");

  const fixed = fixedParts(sizeOf, countOf("autovacuum_max_workers")).filter(
    ({ settings: [name] }) => hugePages === 0 || name !== "shared_buffers",
  );
  const rest = (bytes - totalOf(fixed)) / Math.max(1, connections) - BACKEND;
  const work = Math.max(
    LEAST_WORK,
    Math.min(rest, Math.max(bytes / 4 / Math.max(1, connections), USUAL_WORK)),
  );
  const settings = { ...pools, work_mem: written(work) };
  return {
    settings: Object.fromEntries(Object.entries(settings).filter(([name]) => !given.has(name))),
    budget: [
      ...fixed,
      { what: "connections", bytes: BACKEND, count: connections, settings: ["max_connections"] },
      {
        what: "queries",
        bytes: sizeOf("work_mem", given.get("work_mem") ?? settings.work_mem),
        count: Math.ceil(connections * AT_WORK),
        settings: ["work_mem", "max_connections"],
      },
    ],
  };
}

/** As large as the shared buffers can be in so many bytes of huge pages, with what else is shared. */
function buffersIn(hugePages: number, given: ReadonlyMap<string, string>): string {
  const left = (hugePages - besideBuffers(given)) / SHARED.perBuffer;
  return `${Math.max(16, Math.floor(left / MEBIBYTE))}MB`;
}

/** Bytes that a server shares, its buffers among them: all of it is in huge pages, or none. */
export function sharedBytes(buffers: number, given: ReadonlyMap<string, string>): number {
  return buffers * SHARED.perBuffer + besideBuffers(given);
}

function besideBuffers(given: ReadonlyMap<string, string>): number {
  const count = (name: string, usual: number): number => {
    const number = Number(given.get(name));
    return Number.isFinite(number) && number > 0 ? number : usual;
  };
  const locks = (SHARED.locks * count("max_locks_per_transaction", USUAL_LOCKS)) / USUAL_LOCKS;
  return SHARED.fixed + count("max_connections", MAX_CONNECTIONS) * (SHARED.connection + locks);
}

/** Nothing is taken by it: it only makes plans by an index look cheaper. */
function cachedShare(bytes: number): number {
  const { small, from, large } = CACHED;
  return bytes <= from ? small : Math.min(large, (from * small + (bytes - from)) / bytes);
}

function fixedParts(sizeOf: (name: string) => number, workers: number): MemoryBudget {
  // Zero stands for -1 here: then it is as maintenance_work_mem is.
  const forWorker = sizeOf("autovacuum_work_mem") || sizeOf("maintenance_work_mem");
  return [
    { what: "the server itself", bytes: SERVER, settings: [] },
    { what: "shared buffers", bytes: sizeOf("shared_buffers"), settings: ["shared_buffers"] },
    { what: "maintenance", bytes: sizeOf("maintenance_work_mem"), settings: ["maintenance_work_mem"] },
    {
      what: "autovacuum",
      bytes: forWorker,
      count: workers,
      settings: ["autovacuum_work_mem", "autovacuum_max_workers"],
    },
  ];
}

/** Whole megabytes where they are many; else kilobytes. */
function written(bytes: number): string {
  return bytes >= 4 * MEBIBYTE ? `${Math.floor(bytes / MEBIBYTE)}MB` : `${Math.floor(bytes / 1024)}kB`;
}
