import { GIBIBYTE, MEBIBYTE, parseBytes } from "../common/quantity";
import type { MemoryBudget } from "../database/memory";

/** The setting that says how large the cache is, in GiB. */
export const CACHE_SETTING = "storage.wiredTiger.engineConfig.cacheSizeGB";

/** The one that says what all builds of indexes may take together, in MiB. */
export const INDEX_SETTING = "setParameter.maxIndexBuildMemoryUsageMegabytes";

/** The server's own defaults. https://www.mongodb.com/docs/manual/reference/configuration-options/ */
const LEAST_CACHE = GIBIBYTE / 4;
const INDEX_BUILDS = 200 * MEBIBYTE;

/** The server itself, its connections, and what sorts and groups keep. */
const SERVER = 512 * MEBIBYTE;

/** What a server may use, and the settings that see to it. */
export interface MongoDbMemory {
  /** Bytes. */
  cache: number;
  budget: MemoryBudget;
}

/**
 * Divides a member's memory: half of what is over a GiB for the cache, as the server does by itself; it takes the machine's memory for its
 * own. The rest is for connections, sorts, and the system's cache of files, which has them as they are on the disk.
 *
 * @param given the user's settings, by their names
 */
export function mongoDbMemory(memory: string, given: ReadonlyMap<string, string>): MongoDbMemory {
  const bytes = parseBytes(memory) ?? 0;
  const asked = Number(given.get(CACHE_SETTING)) * GIBIBYTE;
  const cache = asked > 0 ? asked : Math.max(LEAST_CACHE, (bytes - GIBIBYTE) / 2);
  const builds = Number(given.get(INDEX_SETTING)) * MEBIBYTE;
  return {
    cache,
    budget: [
      { what: "the server itself", bytes: SERVER, settings: [] },
      { what: "cache of data", bytes: cache, settings: [CACHE_SETTING] },
      { what: "builds of indexes", bytes: builds > 0 ? builds : INDEX_BUILDS, settings: [INDEX_SETTING] },
    ],
  };
}
