import type { Target } from "../../e2e/support/traffic/writer/client";

/** Which of two ways a session isolates its transactions. */
export type Isolation = "serializable" | "read committed";

/** One connection, and what is done on it within a transaction. Everything throws what the driver throws. */
export interface Session {
  begin(): Promise<void>;
  commit(): Promise<void>;
  /** Writes to a row of the worker's own: a transaction that does can only be committed by a primary. */
  touch(worker: string): Promise<void>;
  register(key: string): Promise<string | null>;
  writeRegister(key: string, value: string): Promise<void>;
  /** Writes if the register holds a value. @returns whether it did */
  swapRegister(key: string, from: string, value: string): Promise<boolean>;
  list(key: string): Promise<string[]>;
  append(key: string, element: string): Promise<void>;
  /** Adds rows of some 200 bytes under a name. */
  addRows(name: string, rows: number): Promise<void>;
  /** How many rows there are under each name that begins so. */
  countRows(prefix: string): Promise<Record<string, number>>;
  /** Closes the connection at once, whatever it is doing. */
  destroy(): void;
}

/** What a soak needs of an engine. */
export interface SoakClient {
  /** Makes the tables, unless they are there. */
  prepare(target: Target): Promise<void>;
  /** @param signal ends it, whatever it is doing */
  open(target: Target, isolation: Isolation, signal: AbortSignal): Promise<Session>;
  /** Whether the server said, in answer to a commit, that it did not and will not happen. */
  refusedCommit(error: unknown): boolean;
}

/** An element of a list in a text, as tables keep it. */
export function elements(text: string | null | undefined): string[] {
  return text === null || text === undefined || text === "" ? [] : text.split(",");
}
