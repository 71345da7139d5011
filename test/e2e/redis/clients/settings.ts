import { readFileSync } from "node:fs";

/** What a client program is told, by its environment. */
export interface ClientSettings {
  /** Name of the database: its host name, and what Sentinel's protocol calls it. */
  database: string;
  username: string;
  password: string;
  /** The authority's certificate. */
  ca: string;
}

export function clientSettings(): ClientSettings {
  const value = (name: string): string => {
    const found = process.env[name];
    if (found === undefined) throw new Error(`${name} is not set`);
    return found;
  };
  return {
    database: value("DATABASE"),
    username: value("USERNAME"),
    password: value("PASSWORD"),
    ca: readFileSync(value("CA"), "utf8"),
  };
}

/** How long a client waits for a server that says nothing, ms. */
export const SILENCE = 3_000;

/** Between two writes, ms. */
const EVERY = 100;

/** A pod that nobody takes away ends by itself, ms. */
const AT_MOST = 1_800_000;

/**
 * Writes again and again by one connection of an application, and prints a line for each attempt.
 * @param way - how the client finds the primary
 */
export async function keepWriting(way: string, write: (key: string) => Promise<unknown>): Promise<void> {
  const end = Date.now() + AT_MOST;
  while (Date.now() < end) {
    let error: string | undefined;
    try {
      await write(`count:${way}`);
    } catch (thrown) {
      error = String(thrown);
    }
    console.log(JSON.stringify({ way, at: Date.now(), error }));
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}
