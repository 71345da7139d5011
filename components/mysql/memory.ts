import { MEBIBYTE, parseBytes } from "../common/quantity";
import { type MemoryBudget, totalOf } from "../database/memory";
import type { SettingTable } from "../settings/table";
import { parseInteger } from "./settings/values";

/** Memory from which a server keeps all that it only keeps to be fast, or to be asked about. */
const LARGE = 2048 * MEBIBYTE;
/** What a server takes before anybody connects, beside what is counted below: measured 287 and 389 MiB with MySQL 9.7. */
const SERVER = { small: 300 * MEBIBYTE, large: 420 * MEBIBYTE };
/** The buffer pool has lists of its pages: 11 MiB for 128 MiB more, measured. */
const POOL_WITH_LISTS = 1.08;
/** The least that Group Replication keeps of messages for members that were away; its default is 1 GiB. */
const MESSAGE_CACHE = 128 * MEBIBYTE;
/** A connection's thread with its stack, and its buffers of the network. */
const THREAD = MEBIBYTE / 4;
/** Of all connections, those that use their buffers at the same time. */
const AT_WORK = 1 / 4;
/** Buffers that a connection at work may have, all at once. */
const BUFFERS = [
  "sort_buffer_size",
  "join_buffer_size",
  "read_buffer_size",
  "read_rnd_buffer_size",
  "binlog_cache_size",
  "binlog_stmt_cache_size",
];
/**
 * How often a member holds the largest transaction: four at once, each as a message, in parts, and for the applier.
 * Measured with MySQL 9.7: 150 MiB for one of 43 MiB.
 */
const COPIES_OF_TRANSACTION = 4 * 4;
/** Bytes of the largest transaction: Group Replication's own limit, what should be possible, and what must be. */
const TRANSACTION = { most: 150_000_000, wanted: 10 * MEBIBYTE, least: 4 * MEBIBYTE };
/**
 * The least that a transaction's binary log may grow to before it is refused: what no group would let through. The same
 * whatever the memory, since members have different ones during an update, and must take what another let through.
 */
const BINLOG_CACHE = 320 * MEBIBYTE;
/** Steps of the buffer pool. https://dev.mysql.com/doc/refman/8.4/en/innodb-buffer-pool-resize.html */
const STEP = 128 * MEBIBYTE;
/** Steps where it is more than half, so that it can be in parts. */
const LARGE_STEP = 4 * STEP;
/**
 * Of a large machine's memory, what the pool may be. The manual has up to 80 % on a server with nothing else to do, and its lists are
 * on top of that. https://dev.mysql.com/doc/refman/8.4/en/innodb-parameters.html#sysvar_innodb_buffer_pool_size
 */
const POOL_OF_LARGE = 0.7;
/** What stays for the cache of files where the pool is more than half: as much as there is at 8 GiB, where half still holds. */
const FILES = 768 * MEBIBYTE;
/**
 * Parts of the pool, and the least that each is good for. By itself the server makes one for every four processors of the node, and
 * rounds the pool up to whole chunks in each: by half, on a large node.
 * https://dev.mysql.com/doc/refman/8.4/en/innodb-multiple-buffer-pools.html
 */
const INSTANCE = { most: 8, least: 1024 * MEBIBYTE };

const POOL = "innodb_buffer_pool_size";
const CHUNK = "innodb_buffer_pool_chunk_size";
const INSTANCES = "innodb_buffer_pool_instances";
const LIMIT = "group_replication_transaction_size_limit";

/** What MySQL may use, and the settings that see to it. */
export interface MySqlMemory {
  /** By name; none that the user gives. */
  settings: Record<string, string>;
  budget: MemoryBudget;
}

/**
 * Divides a replica's memory: first what is fixed and what connections may take, then the buffer pool, and from the rest the
 * largest transaction. The pool is half of it at most, and up to 70 % where the rest is still enough for all that the group lets through.
 *
 * @param given the user's settings, by their names
 */
export function mysqlMemory(
  memory: string,
  given: ReadonlyMap<string, string>,
  table: SettingTable,
): MySqlMemory {
  const bytes = parseBytes(memory) ?? 0;
  const caches = cachesFor(bytes);
  const number = (name: string, chosen?: number): number => {
    const text = given.get(name) ?? (chosen === undefined ? undefined : String(chosen)) ?? caches[name];
    const read = text === undefined ? undefined : parseInteger(text);
    return Number(read ?? parseInteger(table.get(name)?.default ?? "") ?? 0n);
  };

  const fixed = fixedParts(number, bytes >= LARGE ? SERVER.large : SERVER.small);
  const rest = bytes - totalOf(fixed);
  const pool = number(
    POOL,
    poolFor(bytes, rest, (chosen) => number(LIMIT, chosen)),
  );
  const poolPart = {
    what: "buffer pool",
    bytes: roundedPool(pool, number) * POOL_WITH_LISTS,
    settings: [POOL],
  };
  const left = Math.floor((rest - poolPart.bytes) / COPIES_OF_TRANSACTION / MEBIBYTE) * MEBIBYTE;
  const limit = number(LIMIT, Math.min(TRANSACTION.most, Math.max(TRANSACTION.least, left)));

  const settings: Record<string, string> = {
    ...caches,
    [POOL]: `${pool / MEBIBYTE}M`,
    // Below that there is one anyway.
    ...(pool > INSTANCE.least ? { [INSTANCES]: String(instancesFor(pool, number(CHUNK, STEP))) } : {}),
    [LIMIT]: String(limit),
    // A replica's copy may be a little larger.
    max_binlog_cache_size: String(Math.max(BINLOG_CACHE, Math.ceil((2 * limit) / 4096) * 4096)),
  };
  return {
    settings: Object.fromEntries(Object.entries(settings).filter(([name]) => !given.has(name))),
    budget: [
      ...fixed,
      poolPart,
      { what: "largest transaction", bytes: limit, count: COPIES_OF_TRANSACTION, settings: [LIMIT] },
    ],
  };
}

/**
 * The buffer pool, as far as the rest leaves it: half of the memory beside a transaction of a usual size, or more of it beside the
 * largest that a group lets through.
 *
 * @param limit of a transaction: the user's, or else the one that is given
 */
function poolFor(bytes: number, rest: number, limit: (chosen: number) => number): number {
  const beside = (transaction: number) => (rest - COPIES_OF_TRANSACTION * transaction) / POOL_WITH_LISTS;
  const half = Math.min((bytes - 384 * MEBIBYTE) / 2, beside(limit(TRANSACTION.wanted)));
  // Whole mebibytes: so it is rounded below.
  const largest = Math.ceil(Math.max(limit(TRANSACTION.most), TRANSACTION.most) / MEBIBYTE) * MEBIBYTE;
  const large = Math.min(bytes * POOL_OF_LARGE, beside(largest) - FILES / POOL_WITH_LISTS);
  return Math.max(STEP, floorTo(STEP, half), floorTo(LARGE_STEP, large));
}

/** As many as are of use, and round up nothing. */
function instancesFor(pool: number, chunk: number): number {
  let instances = Math.max(1, Math.min(INSTANCE.most, Math.floor(pool / INSTANCE.least)));
  while (instances > 1 && pool % (instances * chunk) !== 0) instances--;
  return instances;
}

function floorTo(step: number, bytes: number): number {
  return Math.floor(bytes / step) * step;
}

/** What a server keeps of tables, statements and messages; little of it where there is little memory. */
function cachesFor(bytes: number): Record<string, string> {
  const temporary = Math.max(16, Math.floor(bytes / MEBIBYTE / 32)) * MEBIBYTE;
  return {
    ...(bytes < LARGE
      ? {
          innodb_log_buffer_size: "16M",
          table_definition_cache: "400",
          table_open_cache: "2000",
          performance_schema_digests_size: "1000",
          performance_schema_events_stages_history_long_size: "100",
          performance_schema_events_statements_history_long_size: "100",
          performance_schema_events_transactions_history_long_size: "100",
          performance_schema_events_waits_history_long_size: "100",
        }
      : {}),
    // What temporary tables take beyond that is on disk.
    temptable_max_ram: String(temporary),
    temptable_max_mmap: "0",
    group_replication_message_cache_size: String(MESSAGE_CACHE),
  };
}

function fixedParts(number: (name: string) => number, server: number): MemoryBudget {
  const buffers = BUFFERS.reduce((sum, name) => sum + number(name), 0);
  const connections = number("max_connections");
  return [
    { what: "the server itself", bytes: server, settings: [] },
    ...(
      [
        ["messages of the group", "group_replication_message_cache_size"],
        ["temporary tables", "temptable_max_ram"],
        ["log buffer", "innodb_log_buffer_size"],
        ["MyISAM's keys", "key_buffer_size"],
      ] as const
    ).map(([what, name]) => ({ what, bytes: number(name), settings: [name] })),
    { what: "connections", bytes: THREAD, count: connections, settings: ["max_connections"] },
    {
      what: "queries",
      bytes: buffers,
      count: Math.ceil(connections * AT_WORK),
      settings: ["max_connections", ...BUFFERS],
    },
  ];
}

/** The server rounds the pool up to whole chunks in each instance. */
function roundedPool(pool: number, number: (name: string, chosen?: number) => number): number {
  const chunk = number(CHUNK, STEP);
  const unit = chunk * Math.max(1, number(INSTANCES, instancesFor(pool, chunk)));
  return pool < unit || unit === 0 ? pool : Math.ceil(pool / unit) * unit;
}
