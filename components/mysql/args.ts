import type { DatabaseArgs } from "../database/args";

/** A MySQL database. Its name is the component's: at most 52 characters, since DNS names are made of it. */
export interface MySqlArgs extends DatabaseArgs {
  /** Seconds that the server may take to stop before it is killed. @default 300, for a large buffer pool on a slow disk */
  terminationGracePeriodSeconds?: number;
}
