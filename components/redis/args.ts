import type { DatabaseArgs } from "../database/args";

/** What a database is for. */
export enum RedisMode {
  /** Data is kept, on volumes. */
  Store = "store",
  /**
   * Data is kept in memory alone, for as long as one member has it: no volumes, no log of commands, and what was not used for longest
   * goes when memory is full. When no member has anything any more, they begin again, empty.
   */
  Cache = "cache",
}

/** A Redis or Valkey database. Its name is the component's: at most 52 characters, since DNS names are made of it. */
export interface RedisArgs extends DatabaseArgs {
  /** Whether data is kept on volumes, or is a cache that may be lost. It stays as it was when the database was made. @default store */
  mode?: RedisMode;
  /** Seconds that the server may take to stop before it is killed. @default 300, for writing much data to a slow disk */
  terminationGracePeriodSeconds?: number;
}
