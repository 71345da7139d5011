import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { printRanges, upTo } from "./archived";
import { parseHistory, parseLsn, type Range } from "./lsn";
import type { PlainServer } from "./plain-server";

/** Between two looks at how far it is, ms. */
const LOOK_EVERY = 200;

/** How often in a row a server must have been seen to wait for more log: what it was given may not have been looked at yet. */
const IDLE_LOOKS = 5;

/** What a server does that has replayed all that there is. https://www.postgresql.org/docs/17/monitoring-stats.html (wait events) */
const WAITS = ["RecoveryRetrieveRetryInterval", "RecoveryWalStream"];

/** How far a server has replayed. */
const REPLAYED = `
  SELECT pg_is_in_recovery() AS recovery, pg_last_wal_replay_lsn()::text AS at,
    CASE WHEN pg_is_in_recovery() THEN pg_get_wal_replay_pause_state() END AS pause,
    (SELECT wait_event FROM pg_stat_activity WHERE backend_type = 'startup') AS waits`;

/** Where a replay has come to. */
export interface Replayed {
  at: number;
  /** It came to the place where it was told to stop. */
  paused: boolean;
}

/** Waits until a server in recovery has replayed all that it can, or came to where it stops. */
export async function untilReplayed(server: PlainServer, enough?: number): Promise<Replayed> {
  let last = -1;
  for (let idle = 0; ;) {
    const [row] = await server.ask(REPLAYED).catch(async (error: unknown) => {
      if (await server.hasEnded())
        throw new Error(`the server cannot replay the log: ${await server.words()}`);
      throw error;
    });
    if (row?.["recovery"] !== true) throw new Error("the server does not replay the log any more");
    const at = parseLsn(String(row["at"])) ?? 0;
    if (row["pause"] === "paused") return { at, paused: true };
    idle = at === last && WAITS.includes(String(row["waits"])) ? idle + 1 : 0;
    if (idle >= IDLE_LOOKS || (enough !== undefined && at >= enough && idle > 0))
      return { at, paused: false };
    last = at;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

/** The timelines that data has come through, with the last one up to a place, by the files in its directory. */
export async function historyOf(data: string, at: number): Promise<Range[]> {
  const names = (await readdir(join(data, "pg_wal")))
    .filter((name) => /^[0-9A-F]{8}\.history$/.test(name))
    .sort();
  const last = names.at(-1);
  if (last === undefined) return [{ timeline: 1, from: 0, to: at }];
  const ranges = parseHistory(await readFile(join(data, "pg_wal", last), "utf8"));
  const timeline = parseInt(last.slice(0, 8), 16);
  return [...ranges, { timeline, from: ranges.at(-1)?.to ?? 0, to: Math.max(at, ranges.at(-1)?.to ?? 0) }];
}

/** That as a position. */
export async function positionOf(data: string, at: number): Promise<string> {
  return printRanges(upTo(await historyOf(data, at), at));
}
