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

const POOL = "innodb_buffer_pool_size";
const LIMIT = "group_replication_transaction_size_limit";

/** What MySQL may use, and the settings that see to it. */
export interface MySqlMemory {
  /** By name; none that the user gives. */
  settings: Record<string, string>;
  budget: MemoryBudget;
}

/**
 * Divides a replica's memory: first what is fixed and what connections may take, then the buffer pool, half of it at
 * most, and from the rest the largest transaction.
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
  const wanted = COPIES_OF_TRANSACTION * number(LIMIT, TRANSACTION.wanted);
  const half = (bytes - 384 * MEBIBYTE) / 2;
  const steps = Math.floor(Math.min(half, (rest - wanted) / POOL_WITH_LISTS) / STEP);
  const pool = number(POOL, Math.max(1, steps) * STEP);
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
  const unit =
    number("innodb_buffer_pool_chunk_size", STEP) * Math.max(1, number("innodb_buffer_pool_instances", 1));
  return pool < unit || unit === 0 ? pool : Math.ceil(pool / unit) * unit;
}
