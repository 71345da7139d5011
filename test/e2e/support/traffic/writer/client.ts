/** A server, or a name that leads to one. */
export interface Target {
  host: string;
  port: number;
  /** Whether it is one member's own name, and not that of the whole database. @default false */
  alone?: boolean;
}

/** What a server answered to a write. */
export type Answer =
  { outcome: "acknowledged"; server: string; term: number } | { outcome: "standby"; error: string };

/** What a writer needs of an engine: the ecosystem's own driver, and a few statements. */
export interface WriterClient {
  /** Makes the place that rows go to. */
  prepare(target: Target): Promise<void>;
  /**
   * Writes one row on a connection of its own. The row holds its id, the server that took it and the number of that
   * server's reign, its *term*: that of the newest row that the server has, or the next one if another server wrote
   * that. So a server that reigns in good order has seen its predecessor's rows and counts on, and one that writes
   * beside another primary gives itself away: by a term that is over, or by one that two servers claim.
   *
   * @param signal ends the attempt, and closes its connection
   * @throws what the driver throws, for every answer but these two
   */
  write(target: Target, id: string, signal: AbortSignal): Promise<Answer>;
  /** Drops that place with all rows; absent where nothing brings them back. */
  drop?(target: Target): Promise<void>;
  /** Ids of all rows that a server has. */
  ids(target: Target): Promise<string[]>;
}
