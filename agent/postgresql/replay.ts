import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logged, Replay, ReplayPlan, Stretch } from "../core/engine";
import { writeWhole } from "../core/record";
import { parseRanges, positions, printRanges } from "./archived";
import { segmentOf } from "./archive";
import { untilReplayed } from "./copied-log";
import { historyName, parseHistory, parseSegment, printHistory, printLsn, segmentName } from "./lsn";
import type { PlainServer } from "./plain-server";
import { WalReader } from "./wal";

/** How long a server may take to become one that is written to, ms. */
const PROMOTED_WITHIN = 300_000;

/**
 * Replays the stored log by a server in recovery, which finds it in its own directory: only what the catalogue names lies there.
 * It ends with a timeline of its own, whose history says in the server's own words where it came from.
 */
export class PostgreSqlReplay implements Replay {
  readonly positions = positions;

  constructor(private readonly server: PlainServer) {}

  /** Transactions have numbers, which say nothing of where they are. */
  mayHold(): boolean {
    return true;
  }

  async *logged(log: AsyncIterable<Buffer>, piece: Stretch): AsyncGenerator<Logged> {
    const segment = segmentOf(piece.head);
    const { timeline, from: first } = parseSegment(piece.file, segment);
    const forked = Number(piece.head.split(".")[2]);
    const reader = new WalReader(first + piece.from, segment);
    const begins = Math.max(first + piece.from, forked);
    const range = (from: number, to: number): string => printRanges([{ timeline, from, to }]);
    for await (const part of log) {
      for (const { after, end, transaction, committed } of reader.read(part)) {
        // The first file of a timeline begins with what was before.
        if (end <= forked) continue;
        yield {
          transaction: range(after, end),
          name: String(transaction),
          before: range(begins, after),
          committed,
        };
      }
    }
  }

  async lay(directory: string, _file: number, log: Buffer, piece: Stretch, place: number): Promise<void> {
    const segment = segmentOf(piece.head);
    const { timeline, from } = parseSegment(piece.file, segment);
    const begins = from + piece.from + place;
    for (let at = begins; at < begins + log.length;) {
      const end = Math.min(begins + log.length, (Math.floor(at / segment) + 1) * segment);
      const path = join(directory, "pg_wal", segmentName(timeline, at, segment));
      await writeAt(path, log.subarray(at - begins, end - begins), at % segment, segment);
      at = end;
    }
  }

  laid(): Promise<void> {
    return Promise.resolve();
  }

  /** It is started by {@link run}, which knows where it is to stop. */
  begin(): Promise<void> {
    return Promise.resolve();
  }

  async run({ files, before, position }: ReplayPlan): Promise<string> {
    const { server } = this;
    const path = parseRanges(position);
    const last = path.at(-1);
    if (last === undefined) throw new Error("nothing is to be restored");
    if (path.length > 1) {
      await writeWhole(
        join(server.data, "pg_wal", historyName(last.timeline)),
        printHistory(path.slice(0, -1)),
      );
    }
    const standby = {
      // Its log is in its directory: nobody is asked for more.
      restore_command: "",
      primary_conninfo: "",
      recovery_target_timeline: String(last.timeline),
    };
    const stop = {
      recovery_target_lsn: printLsn(last.to),
      recovery_target_inclusive: "off",
      recovery_target_action: "pause",
    };
    await writeWhole(join(server.data, "standby.signal"), "");
    await server.start({ ...standby, ...(before !== undefined && files > 0 ? stop : {}) });
    const reached = await untilReplayed(server, last.to);
    let { at } = reached;
    if (!reached.paused) {
      // There is nothing behind it to stop before. A server that was told to stop does not go on without having done so.
      await server.end();
      await server.start(standby);
      ({ at } = await untilReplayed(server, last.to));
    }
    if (at !== last.to) {
      throw new Error(
        `the server came to ${printLsn(at)} in the log, and the catalogue demands ${printLsn(last.to)}: ${await server.words()}`,
      );
    }
    await server.ask("SELECT pg_promote(true, 300)", "postgres", PROMOTED_WITHIN);
    const [row] = await server.ask("SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS timeline");
    const timeline = parseInt(String(row?.["timeline"]), 16);
    if (!(timeline > last.timeline)) throw new Error("the server goes on with the log that it was to leave");
    // Where this one came from, as the server wrote it down.
    return printRanges(
      parseHistory(await readFile(join(server.data, "pg_wal", historyName(timeline)), "utf8")),
    );
  }

  /** All of it is on the disk then: what was fetched was written without that. */
  async finish(): Promise<void> {
    const { server } = this;
    await server.end();
    await rm(join(server.data, "standby.signal"), { force: true });
    await server.run("initdb", ["--sync-only", "-D", server.data]);
    await server.start();
  }
}

/** A file of the log has its size from the beginning. */
async function writeAt(path: string, bytes: Buffer, at: number, size: number): Promise<void> {
  const file = await open(path, "r+").catch(async () => open(path, "wx+", 0o600));
  try {
    if ((await file.stat()).size < size) await file.truncate(size);
    await file.write(bytes, 0, bytes.length, at);
  } finally {
    await file.close();
  }
}
