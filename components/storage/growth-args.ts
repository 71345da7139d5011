/** How volumes grow by themselves. */
export interface StorageGrowthArgs {
  /** The size that no volume grows beyond, for instance `100Gi`: larger than `storage`. */
  upTo: string;
  /** From which share of a volume in use on it grows, in percent: 50 to 95. @default 80 */
  atPercent?: number;
  /** By how much of its size at a time, in percent, rounded up to whole GiB: 5 to 100. @default 25 */
  byPercent?: number;
}
