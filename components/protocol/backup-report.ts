/**
 * What a backup held when its last full copy was made, for who has not the store's account: commands, outputs, people. It is written
 * beside the results of Jobs. Times in ms since 1970.
 */
export interface CopiesReport {
  at: number;
  /** Identity of the cluster, and its life in the store. */
  cluster: string;
  life: number;
  /** How many full copies there are. */
  copies: number;
  last?: { finished: number; seconds: number; bytes: number; version: string; source: string };
  /** Moments that can be restored, the oldest first. The last stretch goes on since. */
  windows: { from: number; to: number }[];
  /** What is wrong with it. */
  problems: string[];
}
