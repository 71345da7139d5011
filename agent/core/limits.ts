/** How long a volume may take no write, ms. */
export interface HangLimits {
  /** From here on it counts as hung, and the member is given up where others can go on. */
  hung: number;
  /** From here on it may be about to: like one's own volume that began to hang first. */
  doubtful: number;
}

/** How long an engine's steps may take, ms. */
export interface Limits {
  /** A switchover before a stop, until the server is stopped without it. */
  switchover: number;
  /** What is done in good order before a stop, until the server is stopped as it is. */
  stop: number;
  /** Ending a membership that failed, until the server is restarted instead. */
  leave: number;
  volume: HangLimits;
}
