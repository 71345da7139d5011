/** What agents are told of the growth of their volumes, and where they write down how far they are. */

/** Key of a ConfigMap, and a file below the directory of credentials; need not be there. */
export const GROWTH_FILE = "growth.json";

/** The same, of the size that the volumes have been made to grow to, as a quantity. Agents write it. */
export const GROWN_FILE = "storage-size";

/** The content of {@link GROWTH_FILE}. */
export interface WantedGrowth {
  /** What a volume is at most to have, bytes. */
  upToBytes: number;
  /** From which share in use on it grows, in percent. */
  atPercent: number;
  /** By how much of its size it grows at a time, in percent. */
  byPercent: number;
}
