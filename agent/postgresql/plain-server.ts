import { chmod, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  ADMINISTRATOR,
  PATHS,
  POSTGRESQL_PORT,
  TASK_FILES,
  type WantedSettings,
} from "../../components/postgresql/protocol";
import { monotonic } from "../core/clock";
import { readIfThere, writeWhole } from "../core/record";
import type { Supervisor } from "../core/supervisor";
import type { Row } from "./sql";

/** How long a server may take to start on a copy, or to end, ms: it may have much to recover, or to write. */
const START_WITHIN = 600_000;
const END_WITHIN = 600_000;

/** Between two looks, ms. */
const LOOK_EVERY = 200;

/** What the server that wrote the log had, and one that replays it must not have less of. https://www.postgresql.org/docs/17/hot-standby.html */
const AT_LEAST = [
  "max_connections",
  "max_worker_processes",
  "max_wal_senders",
  "max_prepared_xacts",
  "max_locks_per_xact",
] as const;

/** Those of which the server's name is another one than the control file's. */
const NAMES: Readonly<Record<string, string>> = {
  max_prepared_xacts: "max_prepared_transactions",
  max_locks_per_xact: "max_locks_per_transaction",
};

/** What of a database's own settings a server needs that reads its tables. */
const KEPT = ["shared_preload_libraries"];

/** Memory that a server shares which nobody works with. */
const SMALL_MEMORY = "128MB";

/** What a server is run with, apart from Patroni. */
export interface PlainServerParts {
  supervisor: Supervisor;
  /** Mount of the volume. */
  volume: string;
  wanted: () => Promise<WantedSettings>;
  /** Runs a statement as the administrator, over the socket. */
  ask: (sql: string, database?: string, limit?: number) => Promise<Row[]>;
}

/**
 * A PostgreSQL server that is in nobody's cluster: it listens on its socket alone, and lets in nobody but the administrator.
 * Programs of its package run in its container as well, since the agent's has none.
 */
export class PlainServer {
  /** Whether it is in Patroni's place. */
  busy = false;

  constructor(private readonly parts: PlainServerParts) {}

  get data(): string {
    return join(this.parts.volume, "data");
  }

  async ask(sql: string, database = "postgres", limit?: number): Promise<Row[]> {
    return await this.parts.ask(sql, database, limit);
  }

  /** Makes room: what a server that was cut off left behind counts for nothing. */
  async clear(): Promise<void> {
    const { supervisor } = this.parts;
    await supervisor.halt();
    await supervisor.discard();
  }

  /** Runs a program of the server's package to its end. @returns what it put out @throws Error with its own words */
  async run(name: string, args: readonly string[], patience = Infinity): Promise<string> {
    await this.begin(name, args);
    const end = monotonic() + patience;
    for (;;) {
      const code = await this.code();
      if (code !== undefined) {
        await this.untilStopped();
        this.busy = false;
        const out = (await this.file(TASK_FILES.out)) ?? "";
        if (code !== 0) throw new Error(`${name} failed: ${await this.words()}`);
        return out;
      }
      if (monotonic() > end) throw new Error(`${name} takes longer than ${patience / 1000} s`);
      await pause();
    }
  }

  /**
   * Starts the server on the data that is there. Returns when it answers.
   * @param settings - beside those that it needs.
   * @throws Error with its own words when it does not start.
   */
  async start(settings: Record<string, string> = {}): Promise<void> {
    const { supervisor, wanted } = this.parts;
    await chmod(this.data, 0o700);
    const { parameters, binaries } = await wanted();
    const own = {
      ...Object.fromEntries(
        KEPT.filter((key) => key in parameters).map((key) => [key, parameters[key] ?? ""]),
      ),
      ...(await this.least(parameters)),
      listen_addresses: "",
      port: String(POSTGRESQL_PORT),
      unix_socket_directories: PATHS.run,
      hba_file: join(supervisor.control, "plain.hba"),
      shared_buffers: SMALL_MEMORY,
      // A pod that makes copies has none.
      huge_pages: "off",
      hot_standby: "on",
      archive_mode: "off",
      autovacuum: "off",
      wal_log_hints: "on",
      // Files of the log that are renamed for later use look like log that is there.
      wal_recycle: "off",
      wal_retrieve_retry_interval: "200ms",
      // Whoever reads all of it may take as long as that takes.
      max_standby_archive_delay: "-1",
      max_standby_streaming_delay: "-1",
      ...settings,
    };
    const lines = Object.entries(own).map(([key, value]) => `${key} = '${value.replaceAll("'", "''")}'\n`);
    await writeWhole(join(supervisor.control, "plain.hba"), `local all ${ADMINISTRATOR} peer\n`);
    await writeWhole(join(supervisor.control, "plain.conf"), lines.join(""));
    // What Patroni or a person had written into the data is not read.
    await rm(join(this.data, "postgresql.auto.conf"), { force: true });
    await writeWhole(join(this.data, "postgresql.auto.conf"), "");
    await this.begin(
      "postgres",
      ["-D", this.data, "-c", `config_file=${join(supervisor.control, "plain.conf")}`],
      binaries,
    );
    const end = monotonic() + START_WITHIN;
    for (;;) {
      const failure = await this.ask("SELECT 1").then(() => undefined, asError);
      if (failure === undefined) return;
      // It answers, and lets nobody in.
      if (/^28/.test((failure as { code?: string }).code ?? "")) throw failure;
      if ((await this.code()) !== undefined) {
        this.busy = false;
        throw new Error(`the server does not start: ${await this.words()}`);
      }
      if (monotonic() > end) throw new Error("the server does not answer");
      await pause();
    }
  }

  /** Whether the server has ended by itself. */
  async hasEnded(): Promise<boolean> {
    return (await this.code()) !== undefined;
  }

  /** Ends the server in good order, so that nothing is left to recover. */
  async end(): Promise<void> {
    if (!this.busy) return;
    const { supervisor } = this.parts;
    await writeWhole(join(supervisor.control, TASK_FILES.end), "");
    const end = monotonic() + END_WITHIN;
    while ((await this.code()) === undefined) {
      if (monotonic() > end) throw new Error("the server does not end");
      await pause();
    }
    await this.untilStopped();
    this.busy = false;
    if ((await this.code()) !== 0) throw new Error(`the server did not end well: ${await this.words()}`);
  }

  /** The last of what it said. */
  async words(): Promise<string> {
    const log = await this.parts.supervisor.log();
    return log.trim().split("\n").slice(-6).join(" ").slice(-800);
  }

  private async begin(name: string, args: readonly string[], binaries?: string): Promise<void> {
    const { supervisor, wanted } = this.parts;
    const program = join(binaries ?? (await wanted()).binaries, name);
    await supervisor.order("hold");
    await this.untilStopped();
    for (const file of [TASK_FILES.code, TASK_FILES.end])
      await rm(join(supervisor.control, file), { force: true });
    await writeWhole(
      join(supervisor.control, TASK_FILES.task),
      [program, ...args].map((line) => `${line}\n`).join(""),
    );
    this.busy = true;
    await supervisor.order("init");
  }

  private async untilStopped(): Promise<void> {
    const end = monotonic() + END_WITHIN;
    while ((await this.parts.supervisor.report()).running) {
      if (monotonic() > end) throw new Error("what runs in the server's container does not end");
      await pause();
    }
  }

  /** What the control file says that the writer of the log had, or what is wanted where that is more. */
  private async least(parameters: Record<string, string>): Promise<Record<string, string>> {
    const text = await this.run("pg_controldata", ["-D", this.data], 60_000);
    const had = AT_LEAST.map((key) => {
      const value = Number(new RegExp(`^${key} setting: *(\\d+)`, "m").exec(text)?.[1] ?? 0);
      const name = NAMES[key] ?? key;
      return [name, String(Math.max(value, Number(parameters[name] ?? 0) || 0))];
    });
    return Object.fromEntries(had) as Record<string, string>;
  }

  private async code(): Promise<number | undefined> {
    const text = await this.file(TASK_FILES.code);
    return text === undefined ? undefined : Number(text);
  }

  private async file(name: string): Promise<string | undefined> {
    return await readIfThere(join(this.parts.supervisor.control, name));
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
}
