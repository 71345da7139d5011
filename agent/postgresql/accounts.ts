import { createHash } from "node:crypto";
import { escapeIdentifier, escapeLiteral } from "pg";
import type { Credentials } from "../core/credentials";
import { admitPooler, dismissPooler } from "./pooler";
import { ADMINISTRATOR, POOLER_USER, REPLICATION_USER } from "./settings";
import { asAdministrator, canLogIn, type Run } from "./sql";

/**
 * What pg_rewind calls on the server that it copies from. Patroni grants it where it makes the data directory; data from
 * elsewhere lacks it. https://www.postgresql.org/docs/17/app-pgrewind.html
 */
const REWIND_READS = [
  "pg_ls_dir(text, boolean, boolean)",
  "pg_stat_file(text, boolean)",
  "pg_read_binary_file(text)",
  "pg_read_binary_file(text, bigint, bigint, boolean)",
];

/**
 * Makes roles and databases match the mounted Secret, on the primary.
 *
 * The application's objects belong to a role `<owner>` of the configured name. The Secret's `username` is that role
 * itself, or one that may act as it (`SET ROLE` at log-in): with two such names that a rotation alternates between,
 * the one before stays valid until the next rotation. A role has but one password in PostgreSQL.
 */
export class Accounts {
  private done: string | undefined;

  constructor(private readonly credentials: Credentials) {}

  /**
   * Does nothing when nothing has changed since it was last carried out.
   *
   * @param pooled - whether PgBouncer is to be admitted.
   * @param directory - identity of the data directory: one that is made anew has none of the accounts.
   */
  async reconcile(
    extensions: readonly string[],
    pooled: boolean,
    directory: string | undefined,
  ): Promise<void> {
    const admin = await this.credentials.read("root-password");
    const replication = await this.credentials.read("replication-password");
    const owner = await this.credentials.read("owner");
    const database = await this.credentials.read("database");
    const login = (await this.credentials.find("username")) ?? owner;
    const password = await this.credentials.read("password");
    const pooler = pooled ? await this.poolerPassword() : undefined;
    const names = [owner, login, database, extensions, pooled];
    const state = createHash("sha256")
      .update(JSON.stringify([directory, admin, replication, password, pooler, names]))
      .digest("hex");
    if (state === this.done) return;
    const adminIsRight = await canLogIn({ user: ADMINISTRATOR, password: admin, host: "127.0.0.1" });
    await asAdministrator("postgres", async (run) => {
      await quietly(run);
      if (!adminIsRight) await setPassword(run, ADMINISTRATOR, admin);
      await this.member(run, REPLICATION_USER, replication);
      await run(`ALTER ROLE ${REPLICATION_USER} REPLICATION`);
      for (const read of REWIND_READS)
        await run(`GRANT EXECUTE ON FUNCTION pg_catalog.${read} TO ${REPLICATION_USER}`);
      await this.application(run, owner, login, password);
      if ((await run("SELECT 1 FROM pg_database WHERE datname = $1", [database])).length === 0) {
        await run(`CREATE DATABASE ${escapeIdentifier(database)} OWNER ${escapeIdentifier(owner)}`);
      }
      await run(`ALTER DATABASE ${escapeIdentifier(database)} OWNER TO ${escapeIdentifier(owner)}`);
      await run(`REVOKE CONNECT, TEMPORARY ON DATABASE ${escapeIdentifier(database)} FROM PUBLIC`);
      if (pooler !== undefined) {
        await this.member(run, POOLER_USER, pooler);
        const grantee = escapeIdentifier(POOLER_USER);
        await run(`GRANT CONNECT ON DATABASE ${escapeIdentifier(database)} TO ${grantee}`);
      } else if (!pooled) await dismissPooler(run);
    });
    await asAdministrator(database, async (run) => {
      await quietly(run);
      for (const extension of extensions) {
        await run(`CREATE EXTENSION IF NOT EXISTS ${escapeIdentifier(extension)} CASCADE`);
      }
      if (pooler !== undefined) await admitPooler(run);
    });
    this.done = state;
  }

  /** None in a pod that was made before there was a pooler: it is being replaced. */
  private async poolerPassword(): Promise<string | undefined> {
    const key = "pooler-password";
    return (await this.credentials.find(key)) === undefined ? undefined : await this.credentials.read(key);
  }

  private async member(run: Run, user: string, password: string): Promise<void> {
    if (await canLogIn({ user, password })) return;
    await createRole(run, user);
    await setPassword(run, user, password);
  }

  private async application(run: Run, owner: string, login: string, password: string): Promise<void> {
    await createRole(run, owner);
    if (login !== owner) {
      await createRole(run, login);
      await run(`GRANT ${escapeIdentifier(owner)} TO ${escapeIdentifier(login)}`);
      await run(`ALTER ROLE ${escapeIdentifier(login)} SET role = ${escapeLiteral(owner)}`);
    }
    if (!(await canLogIn({ user: login, password }))) await setPassword(run, login, password);
  }
}

/** Neither waits for other members, which may not be there yet, nor leaves a password in the server's log. */
async function quietly(run: Run): Promise<void> {
  await run("SET synchronous_commit = local");
  await run("SET log_statement = none");
  await run("SET log_min_duration_statement = -1");
  await run("SET log_min_error_statement = panic");
  // Libraries that keep what was executed; a name that none of them has made known is no error.
  await run("SET pg_stat_statements.track_utility = off");
  await run("SET pgaudit.log = none");
}

async function createRole(run: Run, role: string): Promise<void> {
  const there = await run("SELECT 1 FROM pg_roles WHERE rolname = $1", [role]);
  if (there.length === 0) await run(`CREATE ROLE ${escapeIdentifier(role)}`);
}

async function setPassword(run: Run, role: string, password: string): Promise<void> {
  await run(`ALTER ROLE ${escapeIdentifier(role)} LOGIN PASSWORD ${escapeLiteral(password)}`);
}
