import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { PASSWORD_FILES, REPLICATION_USER } from "../../components/protocol/accounts";
import { MYSQL_PORT } from "../../components/mysql/protocol";
import { BEHIND_SECONDS, chooseDonor } from "../backup/donor";
import { checkSound, firstValue } from "../backup/read-through";
import type { Credentials } from "../core/credentials";
import type { Copies, Reached, Source } from "../core/engine";
import type { Log } from "../core/log";
import type { Supervisor } from "../core/supervisor";
import { positions } from "./archived";
import { endServer, untilItAnswers } from "./local-server";
import { readPassword } from "./passwords";
import { openRemote, run, type RootConnection, type Row } from "./sql";

/** How long the server may take to start on an empty directory, ms. */
const START_WITHIN = 300_000;

/** What is one server's own in its directory: identity, logs, keys that it made for itself. At its root alone: tables lie below. */
const OWN = /^(auto\.cnf|(binlog|relay)[.-].*|.*\.pem)$/;

/** Schemas without tables of their own on the disk. */
const VIRTUAL = ["information_schema", "performance_schema"];

/** What copies are made with. */
export interface CopyParts {
  root: RootConnection;
  supervisor: Supervisor;
  credentials: Credentials;
  /** Writes what the server reads when it starts. */
  prepareStart: () => Promise<void>;
  log: Log;
  /** Asks a member. @default as members ask each other */
  ask?: (member: Reached, sql: string, values: unknown[], limit: number) => Promise<Row[]>;
}

/** Full copies by a server that belongs to nobody: the CLONE plugin copies a member's data to it. */
export class MySqlCopies implements Copies {
  readonly positions = positions;

  constructor(private readonly parts: CopyParts) {}

  async begin(): Promise<void> {
    const { supervisor, prepareStart } = this.parts;
    // What a copy that was cut off left behind is of no use.
    await supervisor.halt();
    await supervisor.discard();
    await prepareStart();
    await supervisor.order("init");
    await untilItAnswers(this.parts.root, supervisor, START_WITHIN);
  }

  async choose(sources: readonly Source[], preferPrimary: boolean): Promise<Source> {
    return await chooseDonor(sources, preferPrimary, {
      ask: async (primary) => {
        const [row] = await this.ask(primary, "SELECT @@GLOBAL.gtid_executed AS gtids", [], 10_000);
        return row?.["gtids"];
      },
      reaches: async (replica, gtids) => {
        const [waited] = await this.ask(
          replica,
          "SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?) AS late",
          [gtids, BEHIND_SECONDS],
          (BEHIND_SECONDS + 10) * 1000,
        );
        return Number(waited?.["late"]) === 0;
      },
      log: this.parts.log,
    });
  }

  async position(): Promise<string> {
    const [row] = await this.parts.root.run("SELECT @@GLOBAL.gtid_executed AS gtids");
    return String(row?.["gtids"]).replace(/\s/g, "");
  }

  async version(): Promise<string> {
    const [row] = await this.parts.root.run("SELECT @@GLOBAL.version AS version");
    return String(row?.["version"]);
  }

  /** https://dev.mysql.com/doc/refman/8.4/en/check-table.html */
  async verify(): Promise<void> {
    const { root } = this.parts;
    const tables = await root.run(
      `SELECT table_schema AS one, table_name AS other FROM information_schema.tables
         WHERE table_type = 'BASE TABLE' AND table_schema NOT IN (?)`,
      [VIRTUAL],
      60_000,
    );
    const broken: string[] = [];
    for (const { one, other } of tables) {
      const name = [one, other].map((part) => `\`${String(part).replace(/`/g, "``")}\``).join(".");
      const said = await root.runLong(`CHECK TABLE ${name}`);
      broken.push(...said.filter(isBroken).map((row) => `${name}: ${String(row["Msg_text"])}`));
    }
    checkSound(broken);
  }

  async answer(query: string): Promise<string | undefined> {
    const [row] = await this.parts.root.runLong(query);
    return firstValue(row);
  }

  async finish(directory: string): Promise<void> {
    const { root, supervisor } = this.parts;
    await endServer(root, supervisor);
    await stripOwn(directory);
  }

  private async ask(member: Reached, sql: string, values: unknown[], limit: number): Promise<Row[]> {
    if (this.parts.ask) return await this.parts.ask(member, sql, values, limit);
    const password = await readPassword(this.parts.credentials, PASSWORD_FILES.replication);
    const login = { user: REPLICATION_USER, password };
    const [own] = await this.parts.root.run("SELECT @@GLOBAL.clone_ssl_ca AS authority");
    const file = own?.["authority"];
    const authority = typeof file === "string" && file !== "" ? await readFile(file, "utf8") : undefined;
    const connection = await openRemote({ host: member.address, port: MYSQL_PORT }, login, authority);
    try {
      return await run(connection, sql, values, limit);
    } finally {
      connection.destroy();
    }
  }
}

/** Removes what is one server's own from a data directory. */
export async function stripOwn(directory: string): Promise<void> {
  for (const name of (await readdir(directory)).filter((one) => OWN.test(one))) {
    await rm(join(directory, name), { recursive: true });
  }
}

function isBroken(row: Row): boolean {
  const [type, text] = [row["Msg_type"], row["Msg_text"]].map(String);
  return type === "error" || (type === "status" && text !== "OK");
}
