import { alternatesOf, PASSWORD_FILES, REPLICATION_USER } from "../../components/protocol/accounts";
import { EXPORTER_KEY, EXPORTER_USER } from "../../components/protocol/exporter";
import { ADMINISTRATOR } from "../../components/postgresql/protocol";
import { createHash } from "node:crypto";
import { escapeIdentifier, escapeLiteral } from "pg";
import type { Clock } from "../core/clock";
import type { Credentials } from "../core/credentials";
import type { Notices } from "../core/notices";
import { admitExporter, dismissExporter } from "./exporter";
import { readPassword } from "./member-passwords";
import {
  admitPooler,
  dismissPooler,
  poolerLogin,
  type PoolerLogin,
  poolersLetIn,
  poolersToKeep,
} from "./pooler";
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

/** How long the kubelet may take to bring a changed Secret to the last member, ms. */
const MEMBERS_KNOW_WITHIN = 90_000;

/** How the server is reached. */
export interface Server {
  asAdministrator: typeof asAdministrator;
  canLogIn: typeof canLogIn;
}

/**
 * Makes roles and databases match the mounted Secret, on the primary.
 *
 * The application's objects belong to a role `<owner>` of the configured name. The Secret's `username` is that role
 * itself, or one that may act as it (`SET ROLE` at log-in): with two such names that a rotation alternates between,
 * the one before stays valid until the next rotation. A role has but one password in PostgreSQL.
 */
export class Accounts {
  private done: string | undefined;
  /** For how long each member's account has been wanted to have the present password; another one came before if there is one. */
  private readonly changing = new Map<string, { password: string; since: number; former: boolean }>();

  /** Since when PgBouncer's account has been this one, as far as is known here. */
  private pooler = { key: "", since: 0 };

  constructor(
    private readonly credentials: Credentials,
    private readonly notices: Notices,
    private readonly clock: Clock,
    private readonly server: Server = { asAdministrator, canLogIn },
  ) {}

  /**
   * Does nothing when nothing has changed since it was last carried out.
   *
   * @param clients - who is to be admitted beside applications: PgBouncer, and the exporter beside each server.
   * @param directory - identity of the data directory: one that is made anew has none of the accounts.
   */
  async reconcile(
    extensions: readonly string[],
    { pooled, monitored = false }: { pooled: boolean; monitored?: boolean | undefined },
    directory: string | undefined,
  ): Promise<void> {
    const admin = await this.credentials.read(PASSWORD_FILES.administrator);
    const replication = await readPassword(this.credentials, PASSWORD_FILES.replication);
    const owner = await this.credentials.read("owner");
    const database = await this.credentials.read("database");
    const login = this.checked((await this.credentials.find("username")) ?? owner);
    const password = await this.credentials.read(PASSWORD_FILES.application);
    const revoke = (await this.credentials.find("revoke-previous")) === "true";
    const pooler = pooled ? await poolerLogin(this.credentials) : undefined;
    const waits = this.waits(REPLICATION_USER, replication);
    const exporter = monitored ? await this.exporter() : undefined;
    const poolersKept = poolersToKeep(
      pooler !== undefined && this.isKnown(pooler) ? pooler.user : undefined,
      revoke,
    );
    const names = [owner, login, database, extensions, pooled, monitored, revoke, waits, poolersKept];
    const state = createHash("sha256")
      .update(JSON.stringify([directory, admin, replication, password, pooler, exporter, names]))
      .digest("hex");
    if (state === this.done) return;
    const adminIsRight = await this.server.canLogIn({
      user: ADMINISTRATOR,
      password: admin,
      host: "127.0.0.1",
    });
    let poolers: string[] = [];
    await this.server.asAdministrator("postgres", async (run) => {
      await quietly(run);
      if (!adminIsRight) await setPassword(run, ADMINISTRATOR, admin);
      if (!waits) await this.member(run, REPLICATION_USER, replication);
      await run(`ALTER ROLE ${REPLICATION_USER} REPLICATION`);
      for (const read of REWIND_READS)
        await run(`GRANT EXECUTE ON FUNCTION pg_catalog.${read} TO ${REPLICATION_USER}`);
      await this.application(run, owner, login, password);
      if (revoke && login !== undefined) await this.endFormer(run, owner, login);
      await ensureDatabase(run, database, owner);
      if (pooler !== undefined) {
        await this.member(run, pooler.user, pooler.password);
        const grantee = escapeIdentifier(pooler.user);
        await run(`GRANT CONNECT ON DATABASE ${escapeIdentifier(database)} TO ${grantee}`);
        await dismissPooler(run, poolersKept);
        poolers = await poolersLetIn(run);
      } else if (!pooled) await dismissPooler(run);
      if (exporter?.waits === false) {
        await this.member(run, EXPORTER_USER, exporter.password);
        await admitExporter(run);
      } else if (!monitored) await dismissExporter(run);
    });
    await this.server.asAdministrator(database, async (run) => {
      await quietly(run);
      await ensureExtensions(run, extensions);
      if (pooler !== undefined) await admitPooler(run, poolers);
    });
    this.done = state;
  }

  /** The application's database with its extensions, and the role that its objects belong to, by which nobody can log in yet. */
  async found(extensions: readonly string[]): Promise<void> {
    const owner = await this.credentials.read("owner");
    const database = await this.credentials.read("database");
    await this.server.asAdministrator("postgres", async (run) => {
      await quietly(run);
      await ensureRole(run, owner);
      await ensureDatabase(run, database, owner);
    });
    await this.server.asAdministrator(database, async (run) => {
      await quietly(run);
      await ensureExtensions(run, extensions);
    });
  }

  /** A name of PostgreSQL's own or of the members' would take their rights, or give them away. */
  private checked(login: string): string | undefined {
    const reserved = login === ADMINISTRATOR || /^(stateful_|pg_)/.test(login);
    this.notices.set(
      "username",
      reserved
        ? {
            severity: "problem",
            text: `the Secret's "username" is "${login}", an account of PostgreSQL's own or of the members': the application gets none`,
            advice: "write another name into the Secret",
          }
        : undefined,
    );
    return reserved ? undefined : login;
  }

  /**
   * Whether a changed password of the members' is not set yet, so that each of them has it when the one before ends: a role
   * has but one. Who connects in between would be refused until the kubelet has brought it the new one.
   */
  private waits(user: string, password: string): boolean {
    const known = this.changing.get(user);
    if (known?.password !== password) {
      this.changing.set(user, { password, since: this.clock(), former: known !== undefined });
    }
    const { since, former } = this.changing.get(user) ?? { since: 0, former: false };
    return former && this.clock() - since < MEMBERS_KNOW_WITHIN;
  }

  /** The exporter's password, and whether it is to be waited with. None in a pod that was made before there was an exporter: it is being replaced. */
  private async exporter(): Promise<{ password: string; waits: boolean } | undefined> {
    if ((await this.credentials.find(EXPORTER_KEY)) === undefined) return undefined;
    const password = await readPassword(this.credentials, EXPORTER_KEY);
    return { password, waits: this.waits(EXPORTER_USER, password) };
  }

  /** Whether PgBouncer has had time to hear of its account: until then it logs in by the one before. */
  private isKnown(login: PoolerLogin): boolean {
    const key = JSON.stringify(login);
    if (this.pooler.key !== key) this.pooler = { key, since: this.clock() };
    return this.clock() - this.pooler.since >= MEMBERS_KNOW_WITHIN;
  }

  /** The other one of the two roles is kept, for the rotation after this one. */
  private async endFormer(run: Run, owner: string, login: string): Promise<void> {
    for (const role of alternatesOf(owner).filter((other) => other !== login)) {
      const found = await run("SELECT 1 FROM pg_roles WHERE rolname = $1 AND rolcanlogin", [role]);
      if (found.length > 0) await run(`ALTER ROLE ${escapeIdentifier(role)} NOLOGIN PASSWORD NULL`);
    }
  }

  private async member(run: Run, user: string, password: string): Promise<void> {
    if (await this.server.canLogIn({ user, password })) return;
    await ensureRole(run, user);
    await setPassword(run, user, password);
  }

  private async application(
    run: Run,
    owner: string,
    login: string | undefined,
    password: string,
  ): Promise<void> {
    await ensureRole(run, owner);
    if (login === undefined) return;
    if (login !== owner) {
      await ensureRole(run, login);
      await run(`GRANT ${escapeIdentifier(owner)} TO ${escapeIdentifier(login)}`);
      await run(`ALTER ROLE ${escapeIdentifier(login)} SET role = ${escapeLiteral(owner)}`);
    }
    if (!(await this.server.canLogIn({ user: login, password }))) await setPassword(run, login, password);
  }
}

/** Neither waits for other members, which may not be there yet, nor leaves a password in the server's log. */
export async function quietly(run: Run): Promise<void> {
  await run("SET synchronous_commit = local");
  await run("SET log_statement = none");
  // Members and clients are admitted by this alone, whatever the settings say.
  await run("SET password_encryption = 'scram-sha-256'");
  await run("SET log_min_duration_statement = -1");
  await run("SET log_min_error_statement = panic");
  // Libraries that keep what was executed; a name that none of them has made known is no error.
  await run("SET pg_stat_statements.track_utility = off");
  await run("SET pgaudit.log = none");
}

/** A role that may do nothing yet. */
export function createRole(role: string): string {
  return `CREATE ROLE ${escapeIdentifier(role)}`;
}

async function ensureRole(run: Run, role: string): Promise<void> {
  const there = await run("SELECT 1 FROM pg_roles WHERE rolname = $1", [role]);
  if (there.length === 0) await run(createRole(role));
}

async function ensureDatabase(run: Run, database: string, owner: string): Promise<void> {
  const [name, role] = [escapeIdentifier(database), escapeIdentifier(owner)];
  if ((await run("SELECT 1 FROM pg_database WHERE datname = $1", [database])).length === 0)
    await run(`CREATE DATABASE ${name} OWNER ${role}`);
  await run(`ALTER DATABASE ${name} OWNER TO ${role}`);
  await run(`REVOKE CONNECT, TEMPORARY ON DATABASE ${name} FROM PUBLIC`);
}

async function ensureExtensions(run: Run, extensions: readonly string[]): Promise<void> {
  for (const extension of extensions)
    await run(`CREATE EXTENSION IF NOT EXISTS ${escapeIdentifier(extension)} CASCADE`);
}

export async function setPassword(run: Run, role: string, password: string): Promise<void> {
  await run(
    `ALTER ROLE ${escapeIdentifier(role)} LOGIN PASSWORD ${escapeLiteral(password)} VALID UNTIL 'infinity'`,
  );
}
