/** What became of an attempt to write one row. */
export type Outcome =
  /** The server said that the row is committed. */
  | "acknowledged"
  /** The server is well, and takes no writes because it is not the primary. */
  | "standby"
  /** Anything else: an error, or no answer within a second. The row may be there all the same. */
  | "failed";

/** An attempt to write one row, on a connection of its own, as a writer logs it. */
export interface Attempt {
  /** Unique among all writers. */
  id: string;
  /** Node on which the writer runs. */
  side: string;
  /** The name that it went through: {@link MAIN}, or a pod's. */
  through: string;
  /** When it began, before the connection was made; ms since 1970. */
  start: number;
  /** When its outcome was known; ms since 1970. */
  end: number;
  outcome: Outcome;
  /** The server that acknowledged it, by an identity of its own. */
  server?: string;
  /** The reign in which it was acknowledged: see {@link WriterClient.write}. */
  term?: number;
  /** What the server or the driver said. */
  error?: string;
}

/** An attempt that was acknowledged. */
export interface Acknowledged extends Attempt {
  outcome: "acknowledged";
  server: string;
  term: number;
}

/** `through` of the writers that use the name for writes, by which clients reach the database: its main endpoint. */
export const MAIN = "main";

export function isAcknowledged(attempt: Attempt): attempt is Acknowledged {
  return attempt.outcome === "acknowledged";
}

/** The attempts in a writer's log. A line that a power cut tore is none. */
export function parseLog(log: string): Attempt[] {
  return log.split("\n").flatMap((line) => {
    try {
      return line.startsWith("{") ? [JSON.parse(line) as Attempt] : [];
    } catch {
      return [];
    }
  });
}
