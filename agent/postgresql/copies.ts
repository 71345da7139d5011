import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { PASSWORD_FILES, REPLICATION_USER } from "../../components/protocol/accounts";
import { POSTGRESQL_PORT, type WantedSettings } from "../../components/postgresql/protocol";
import { Client } from "pg";
import { monotonic } from "../core/clock";
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

/** How far behind a replica may be that is copied in place of the primary, s. */
const BEHIND = 30;

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
    const { log } = this.parts;
    const primary = sources.find(({ role }) => role === "primary");
    if (primary === undefined)
      throw new Error("there is no primary, by which one knows what a copy must hold");
    const replicas = sources.filter(({ role }) => role === "replica").sort((a, b) => b.ordinal - a.ordinal);
    if (preferPrimary || replicas.length === 0) return primary;
    const [row] = await this.askMember(primary, "SELECT pg_current_wal_flush_lsn()::text AS at");
    const wanted = parseLsn(String(row?.["at"])) ?? 0;
    for (const replica of replicas) {
      try {
        if (await this.reaches(replica, wanted)) return replica;
        log("warning", "not copied: it is too far behind", { member: replica.ordinal, seconds: BEHIND });
      } catch (error) {
        log("warning", "not copied: it does not answer", {
          member: replica.ordinal,
          error: messageOf(error),
        });
      }
    }
    log("warning", "no replica can be copied, so the primary is", { member: primary.ordinal });
    return primary;
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
    await server.run("pg_basebackup", [
      `--dbname=${words.join(" ")}`,
      `--pgdata=${server.data}`,
      "--wal-method=stream",
      "--checkpoint=fast",
      "--no-password",
      "--no-sync",
    ]);
    // Every byte, by the sums that the member made while it sent them, and every page by its own.
    await server.run("pg_verifybackup", ["--quiet", server.data]);
    await rm(passwords, { force: true });
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
    if (broken.length > 0) throw new Error(`the copy is broken: ${broken.slice(0, 5).join("; ")}`);
  }

  /** A question of the database's owner, about what was copied or restored. @returns the first column of the first row */
  async answer(query: string): Promise<string | undefined> {
    const { server, credentials } = this.parts;
    const [row] = await server.ask(query, await credentials.read("database"), READ_WITHIN);
    const [first] = Object.values(row ?? {});
    if (first === undefined || first === null) return undefined;
    return typeof first === "string" ? first : JSON.stringify(first);
  }

  async finish(directory: string): Promise<void> {
    await this.parts.server.end();
    for (const name of OWN) await rm(join(directory, name), { recursive: true, force: true });
    await this.stripLog(join(directory, "pg_wal"));
  }

  /** What the directory has beyond the copy's position looks like log that was stored, and is none. */
  private async stripLog(directory: string): Promise<void> {
    const names = (await readdir(directory)).filter(isSegment);
    const [size] = await Promise.all(
      names.slice(0, 1).map(async (name) => (await readFile(join(directory, name))).length),
    );
    const last = segmentName(0, Math.max(0, (this.at ?? 0) - 1), size ?? 1).slice(8);
    for (const name of names) if (name.slice(8) > last) await rm(join(directory, name));
    for (const name of await readdir(join(directory, "archive_status")))
      await rm(join(directory, "archive_status", name));
  }

  private async reaches(replica: Reached, wanted: number): Promise<boolean> {
    for (const end = monotonic() + BEHIND * 1000; ;) {
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
