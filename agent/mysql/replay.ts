import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logged, Replay, ReplayPlan } from "../core/engine";
import type { Supervisor } from "../core/supervisor";
import { positions } from "./archived";
import { heading, TransactionReader } from "./binary-log";
import { endServer, untilItAnswers } from "./local-server";
import type { RootConnection, Row } from "./sql";

/** Between two looks at how far it is, ms. */
const LOOK_EVERY = 300;

/** How often in a row nothing is to be done any more before that is believed: what was read may not have been handed on. */
const IDLE_LOOKS = 5;

/** How long a server may take to start on a copy, ms. */
const START_WITHIN = 600_000;

/** A number that no member has. */
const NO_MEMBER = 4_000_000_000;

/** Replay gets no further, without an error of its own. */
const WAITS = "%has read all relay log%";

/** What a replay works with. */
export interface ReplayParts {
  root: RootConnection;
  supervisor: Supervisor;
  prepareStart: () => Promise<void>;
}

/**
 * Replays stored binary logs by the server itself: they are laid into its directory as relay logs. No other program is needed,
 * which the official image has not got.
 */
export class MySqlReplay implements Replay {
  readonly positions = positions;
  readonly heading = heading;

  constructor(private readonly parts: ReplayParts) {}

  async *logged(log: AsyncIterable<Buffer>): AsyncGenerator<Logged> {
    const reader = new TransactionReader();
    for await (const part of log)
      for (const { gtid, committed } of reader.read(part)) yield { transaction: gtid, committed };
    reader.end();
  }

  async lay(directory: string, file: number, log: Buffer): Promise<void> {
    await appendFile(join(directory, relayLog(file)), log);
  }

  async laid(directory: string, files: number): Promise<void> {
    if (files === 0) return;
    const names = Array.from({ length: files }, (_, index) => `./${relayLog(index + 1)}\n`);
    await writeFile(join(directory, "relay.index"), names.join(""));
  }

  async begin(): Promise<void> {
    const { supervisor, prepareStart, root } = this.parts;
    await prepareStart();
    await supervisor.order("run");
    await untilItAnswers(root, supervisor, START_WITHIN);
  }

  /** https://dev.mysql.com/doc/refman/8.4/en/start-replica.html (UNTIL) */
  async run({ files, before, position }: ReplayPlan): Promise<string> {
    const { root } = this.parts;
    if (files === 0) return await this.executed();
    // What a server finds in a log under its own number it passes over without a word, as if it had done it already.
    await root.run("SET GLOBAL server_id = ?", [NO_MEMBER]);
    // Nobody was told of any of it yet, and what is cut off begins anew.
    await root.run("SET GLOBAL innodb_flush_log_at_trx_commit = 0");
    await root.run("SET GLOBAL sync_binlog = 0");
    await root.runLong(
      "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'archive', SOURCE_AUTO_POSITION = 0, RELAY_LOG_FILE = ?, RELAY_LOG_POS = 4",
      [relayLog(1)],
    );
    await root.runLong(
      `START REPLICA SQL_THREAD${before === undefined ? "" : " UNTIL SQL_BEFORE_GTIDS = ?"}`,
      before === undefined ? [] : [before],
    );
    await this.untilReplayed(position);
    await root.runLong("STOP REPLICA");
    const reached = await this.executed();
    await root.runLong("RESET REPLICA ALL");
    return reached;
  }

  /** With its settings again as they are wanted. */
  async finish(): Promise<void> {
    const { root, supervisor } = this.parts;
    await endServer(root, supervisor);
    await this.begin();
  }

  /** @throws Error when the server says that it cannot go on. */
  private async untilReplayed(position: string): Promise<void> {
    for (let idle = 0; idle < IDLE_LOOKS;) {
      const { error, runs, waits } = await this.look();
      if (error !== undefined) throw new Error(`the server cannot replay the log: ${error}`);
      if (!runs) return;
      if (this.positions.contains(await this.executed(), position)) return;
      idle = waits ? idle + 1 : 0;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
  }

  private async look(): Promise<{ error: string | undefined; runs: boolean; waits: boolean }> {
    const { root } = this.parts;
    const [state] = await root.run(
      `SELECT service_state AS state FROM performance_schema.replication_applier_status WHERE channel_name = ''`,
    );
    const workers = await root.run(
      `SELECT last_error_message AS error, applying_transaction AS busy
         FROM performance_schema.replication_applier_status_by_worker WHERE channel_name = ''
       UNION ALL SELECT last_error_message, ''
         FROM performance_schema.replication_applier_status_by_coordinator WHERE channel_name = ''`,
    );
    const [reader] = await root.run(
      `SELECT COUNT(*) AS waits FROM performance_schema.threads
         WHERE name IN ('thread/sql/replica_sql', 'thread/sql/slave_sql') AND processlist_state LIKE ?`,
      [WAITS],
    );
    const words = (row: Row, key: string): string => (typeof row[key] === "string" ? row[key] : "");
    return {
      error: workers.map((row) => words(row, "error")).find((text) => text !== ""),
      runs: state?.["state"] === "ON",
      waits: Number(reader?.["waits"]) > 0 && workers.every((row) => words(row, "busy") === ""),
    };
  }

  private async executed(): Promise<string> {
    const [row] = await this.parts.root.run("SELECT @@GLOBAL.gtid_executed AS gtids");
    return String(row?.["gtids"]).replace(/\s/g, "");
  }
}

function relayLog(number: number): string {
  return `relay.${String(number).padStart(6, "0")}`;
}
