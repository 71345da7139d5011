import { MEBIBYTE, parseBytes } from "../common/quantity";
import type { MemoryBudget } from "../database/memory";
import { bytesIn } from "./settings/values";

/** The virtual machine beside its heap: classes, threads, compiled code, the collector's own lists. */
const MACHINE = 300 * MEBIBYTE;

/**
 * The heap: half of the memory. The other half is for buffers, and for the cache of files, which reads live by. From 32 GiB on pointers
 * would be twice as long, and the heap would have room for less.
 *
 * @see https://cassandra.apache.org/doc/5.0/cassandra/managing/operating/hardware.html
 */
const HEAP = { part: 1 / 2, least: 512 * MEBIBYTE, most: 31 * 1024 * MEBIBYTE };

/** Of the memory: what the server may keep outside of the heap in buffers. */
const DIRECT = 1 / 4;

/** Of the heap: what memtables may have outside of it, where they have anything there. It is the server's own default. */
const MEMTABLES = 1 / 4;

/** Settings that say how large a pool of those buffers is. */
const POOLS = ["file_cache_size", "networking_cache_size"];

/** What a server may use, and how the virtual machine is held to it. */
export interface CassandraMemory {
  /** Bytes. */
  heap: number;
  /** Bytes of buffers outside of the heap. */
  direct: number;
  budget: MemoryBudget;
}

/**
 * Divides a member's memory: half for the heap, a quarter for buffers outside of it, the virtual machine itself, and the rest for the cache
 * of files.
 *
 * @param given the user's settings, by their names
 */
export function cassandraMemory(memory: string, given: ReadonlyMap<string, string>): CassandraMemory {
  const bytes = parseBytes(memory) ?? 0;
  const heap = whole(Math.min(HEAP.most, Math.max(HEAP.least, bytes * HEAP.part)));
  const sizeOf = (name: string) => bytesIn(given.get(name) ?? "") ?? 0;
  // As much as is asked for, or the server ends when it has no more.
  const direct = Math.max(
    whole(bytes * DIRECT),
    POOLS.reduce((sum, name) => sum + sizeOf(name), 0),
  );
  const outside = given.get("memtable_allocation_type") === "offheap_objects";
  return {
    heap,
    direct,
    budget: [
      { what: "the heap", bytes: heap, settings: [] },
      { what: "buffers outside of it", bytes: direct, settings: POOLS },
      { what: "the virtual machine itself", bytes: MACHINE, settings: [] },
      // Neither is counted among the buffers.
      ...(outside
        ? [
            {
              what: "memtables outside of the heap",
              bytes: sizeOf("memtable_offheap_space") || whole(heap * MEMTABLES),
              settings: ["memtable_offheap_space", "memtable_allocation_type"],
            },
          ]
        : []),
      ...(sizeOf("row_cache_size") > 0
        ? [{ what: "cache of rows", bytes: sizeOf("row_cache_size"), settings: ["row_cache_size"] }]
        : []),
    ],
  };
}

/** Whole mebibytes: so the virtual machine is told. */
function whole(bytes: number): number {
  return Math.floor(bytes / MEBIBYTE) * MEBIBYTE;
}
