import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { PASSWORD_FILES, REPLICATION_USER } from "../../components/protocol/accounts";
import { POSTGRESQL_PORT, type WantedSettings } from "../../components/postgresql/protocol";
import { Client } from "pg";
import { monotonic } from "../core/clock";
import { BEHIND_SECONDS, chooseDonor } from "../backup/donor";
import { checkSound, firstValue } from "../backup/read-through";
import type { Credentials } from "../core/credentials";
import type { Copies, Reached, Source } from "../core/engine";
import { messageOf, type Log } from "../core/log";
import { writeWhole } from "../core/record";
import { positions } from "./archived";
import { positionOf, untilReplayed } from "./copied-log";
import { isSegment, parseLsn, segmentName } from "./lsn";
import { readPassword } from "./member-passwords";
import type { PlainServer } from "./plain-server";
import type { Row } from "./sql";

/** How long a look at a member may take, ms. */
const ANSWER_WITHIN = 10_000;

/** Reading a table may take as long as it takes, ms. */
const READ_WITHIN = 12 * 3_600_000;

/** What is of no use in another server's directory. */
const OWN = [
  "standby.signal",
  "recovery.signal",
  "backup_label.old",
  "tablespace_map.old",
  "backup_manifest",
  "postmaster.opts",
  "log",
];

/** What of the databases can be read: not what is lost with a crash anyway. */
const TABLES = `
  SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND c.relpersistence = 'p' AND n.nspname !~ '^pg_toast' AND c.relispopulated`;

/** What copies are made with. */
export interface CopyParts {
  server: PlainServer;
  /** Where agent and script share files. */
  control: string;
  /** Directory of the certificates. */
  certificates: string;
  credentials: Credentials;
  wanted: () => Promise<WantedSettings>;
  log: Log;
}

/** Full copies by pg_basebackup, which are verified, and on which a server that belongs to nobody is started once. */
export class PostgreSqlCopies implements Copies {
  readonly positions = positions;
  private at: number | undefined;

  constructor(private readonly parts: CopyParts) {}

  async begin(): Promise<void> {
    await this.parts.server.clear();
  }

  async choose(sources: readonly Source[], preferPrimary: boolean): Promise<Source> {
    return await chooseDonor(sources, preferPrimary, {
      ask: async (primary) => {
        const [row] = await this.askMember(primary, "SELECT pg_current_wal_flush_lsn()::text AS at");
        return parseLsn(String(row?.["at"])) ?? 0;
      },
      reaches: async (replica, place) => this.reaches(replica, Number(place)),
      log: this.parts.log,
    });
  }

  /** https://www.postgresql.org/docs/17/app-pgbasebackup.html */
  async from(member: Reached): Promise<void> {
    const { server, control, credentials, wanted, certificates } = this.parts;
    const { verifyMembers } = await wanted();
    const password = await readPassword(credentials, PASSWORD_FILES.replication);
    const passwords = join(control, "copy.pgpass");
    await writeWhole(passwords, `*:*:*:${REPLICATION_USER}:${password.replace(/[\\:]/g, "\\$&")}\n`);
    const login = {
      host: member.address,
      port: String(POSTGRESQL_PORT),
      user: REPLICATION_USER,
      passfile: passwords,
      application_name: "stateful_copy",
      ...(verifyMembers
        ? { sslmode: "verify-ca", sslrootcert: join(certificates, "ca.crt") }
        : { sslmode: "require" }),
    };
    const words = Object.entries(login).map(([key, value]) => `${key}='${value.replace(/[\\']/g, "\\$&")}'`);
    try {
      await server.run("pg_basebackup", [
        `--dbname=${words.join(" ")}`,
        `--pgdata=${server.data}`,
        "--wal-method=stream",
        "--checkpoint=fast",
        "--no-password",
        "--no-sync",
      ]);
    } finally {
      await rm(passwords, { force: true });
    }
    // Every byte, by the sums that the member made while it sent them, and every page by its own.
    await server.run("pg_verifybackup", ["--quiet", server.data]);
    await writeWhole(join(server.data, "standby.signal"), "");
    await server.start({ restore_command: "", primary_conninfo: "" });
    this.at = (await untilReplayed(server)).at;
  }

  async position(): Promise<string> {
    if (this.at === undefined) throw new Error("nothing was copied");
    return await positionOf(this.parts.server.data, this.at);
  }

  async version(): Promise<string> {
    const [row] = await this.parts.server.ask("SELECT current_setting('server_version') AS version");
    return String(row?.["version"]);
  }

  /** https://www.postgresql.org/docs/17/sql-copy.html */
  async verify(): Promise<void> {
    const { server } = this.parts;
    const databases = await server.ask("SELECT datname AS name FROM pg_database WHERE datallowconn");
    const broken: string[] = [];
    for (const { name: database } of databases) {
      for (const { name } of await server.ask(TABLES, String(database))) {
        await server
          .ask(`COPY ${String(name)} TO '/dev/null'`, String(database), READ_WITHIN)
          .catch((error: unknown) => {
            broken.push(`${String(database)}: ${String(name)}: ${messageOf(error)}`);
          });
      }
    }
    checkSound(broken);
  }

  /** A question of the database's owner, about what was copied or restored. @returns the first column of the first row */
  async answer(query: string): Promise<string | undefined> {
    const { server, credentials } = this.parts;
    const [row] = await server.ask(query, await credentials.read("database"), READ_WITHIN);
    return firstValue(row);
  }

  async finish(directory: string): Promise<void> {
    await this.parts.server.end();
    for (const name of OWN) await rm(join(directory, name), { recursive: true, force: true });
    await this.stripLog(join(directory, "pg_wal"));
  }

  /** What the directory has beyond the copy's position looks like log that was stored, and is none. */
  private async stripLog(directory: string): Promise<void> {
    const names = (await readdir(directory)).filter(isSegment);
    const [first] = names;
    if (first !== undefined) {
      const { size } = await stat(join(directory, first));
      const last = segmentName(0, Math.max(0, (this.at ?? 0) - 1), size).slice(8);
      for (const name of names) if (name.slice(8) > last) await rm(join(directory, name));
    }
    for (const name of await readdir(join(directory, "archive_status")))
      await rm(join(directory, "archive_status", name));
  }

  private async reaches(replica: Reached, wanted: number): Promise<boolean> {
    for (const end = monotonic() + BEHIND_SECONDS * 1000; ;) {
      const [row] = await this.askMember(replica, "SELECT pg_last_wal_replay_lsn()::text AS at");
      if ((parseLsn(String(row?.["at"])) ?? 0) >= wanted) return true;
      if (monotonic() > end) return false;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  /** Asks another member, as members ask each other. */
  private async askMember(member: Reached, sql: string): Promise<Row[]> {
    const { credentials, certificates, wanted } = this.parts;
    const { verifyMembers } = await wanted();
    const ca = verifyMembers ? await readFile(join(certificates, "ca.crt"), "utf8") : undefined;
    const client = new Client({
      host: member.address,
      port: POSTGRESQL_PORT,
      user: REPLICATION_USER,
      password: await readPassword(credentials, PASSWORD_FILES.replication),
      database: "postgres",
      connectionTimeoutMillis: ANSWER_WITHIN,
      query_timeout: ANSWER_WITHIN,
      // By address, so that names cannot be verified.
      ssl: ca === undefined ? { rejectUnauthorized: false } : { ca, checkServerIdentity: () => undefined },
    });
    client.on("error", () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
