import {
  ADMINISTRATOR,
  AGENT_USER,
  COPIES,
  DATACENTER,
  DEFAULT_USER,
} from "../../components/cassandra/protocol";
import { alternatesOf, PASSWORD_FILES } from "../../components/protocol/accounts";
import type { Credentials } from "../core/credentials";
import { messageOf } from "../core/log";
import type { Login } from "../core/types";
import { hash } from "bcryptjs";
import { types } from "cassandra-driver";
import { Denied, identifier, literal, type LocalPlace, type LocalServer, type Row, Session } from "./client";

/** The server's own default, of `cassandra.auth_bcrypt_gensalt_log2_rounds`: a power of two. */
const HASH_ROUNDS = 10;

/** Runs one statement. */
export type Run = (statement: string) => Promise<Row[]>;

/** Accounts, and the application's keyspace: all of it lies in the ring, and one member sees to it for all. */
export class Accounts {
  /** What was last made as the Secret says. */
  private done: string | undefined;
  /** The agents' password that is in force. */
  private own: string | undefined;
  private founded = false;

  constructor(
    private readonly server: LocalServer,
    private readonly credentials: Credentials,
    /** Whether the local server lets somebody in. */
    private readonly letsIn: (login: Login) => Promise<boolean>,
  ) {}

  /** The agents' own login. */
  async agent(): Promise<{ user: string; password: string }> {
    return { user: AGENT_USER, password: await this.credentials.read(PASSWORD_FILES.replication) };
  }

  /**
   * Makes what a ring begins with, of one member: the agents' account in place of the one that every new ring has, and the keyspaces with
   * as many copies as there are to be. Members that join bring their part of those along.
   */
  async found(place: LocalPlace, replicas: number): Promise<void> {
    await this.makeAgent(place);
    const run: Run = (statement) => this.server.run(statement);
    await run(`ALTER ROLE ${identifier(DEFAULT_USER)} WITH LOGIN = false AND SUPERUSER = false`);
    await this.make(run, false);
    const copies = replicas >= COPIES ? COPIES : 1;
    const keyspace = identifier(await this.credentials.read("database"));
    await run(`CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ${replication(copies)}`);
    await run(`GRANT ALL PERMISSIONS ON KEYSPACE ${keyspace} TO ${identifier(await this.owner())}`);
    // The last: from here on it takes most of the copies to change an account.
    await run(`ALTER KEYSPACE system_auth WITH replication = ${replication(copies)}`);
  }

  /** Whether all of that was made, to its last step: before it, a ring is none. */
  async isFounded(): Promise<boolean> {
    this.founded ||= await this.hasCopies();
    return this.founded;
  }

  private async hasCopies(): Promise<boolean> {
    const [row] = await this.server.run(
      "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = 'system_auth'",
    );
    return JSON.stringify(row?.["replication"] ?? "").includes("NetworkTopologyStrategy");
  }

  /** Lets the application's user in. */
  async admit(): Promise<void> {
    this.resign();
    await this.reconcile();
  }

  /** Whether an application's user is let in: with a new password comes another one, and the former goes on. */
  async isAdmitted(): Promise<boolean> {
    const owner = await this.owner();
    const users = [...new Set([await this.user(), owner, ...alternatesOf(owner)])];
    const rows = await this.server.run(
      `SELECT can_login FROM system_auth.roles WHERE role IN (${users.map(literal).join(", ")})`,
    );
    return rows.some((row) => row["can_login"] === true);
  }

  /** Makes the accounts as the Secret says. Does nothing when nothing has changed. */
  async reconcile(): Promise<void> {
    const state = JSON.stringify([
      await this.user(),
      await this.credentials.read(PASSWORD_FILES.application),
      await this.credentials.read(PASSWORD_FILES.administrator),
    ]);
    if (state === this.done) return;
    await this.make((statement) => this.server.run(statement), true);
    this.done = state;
  }

  /** Who is still let in by the agents' former password makes it what the Secret says. */
  async renewAgent(): Promise<void> {
    const { user, password } = await this.agent();
    if (this.own === password) return;
    if (!(await this.letsIn({ user, password })))
      await this.server.run(`ALTER ROLE ${identifier(user)} WITH PASSWORD = ${literal(password)}`);
    this.own = password;
  }

  /**
   * The same by way of a server that asks nobody for a password. What such a server has for accounts takes none: it is written to their
   * table, to most of its copies.
   */
  async restoreAgent(): Promise<void> {
    const { user, password } = await this.agent();
    // The same hash, which the server knows by its older name alone.
    const hashed = (await hash(password, HASH_ROUNDS)).replace(/^\$2b\$/, "$2a$");
    await this.server.run(
      `UPDATE system_auth.roles SET salted_hash = ${literal(hashed)}, can_login = true, is_superuser = true WHERE role = ${literal(user)}`,
      types.consistencies.localQuorum,
    );
  }

  /** It is another member's part now. */
  resign(): void {
    this.done = undefined;
  }

  private async make(run: Run, admitted: boolean): Promise<void> {
    const { credentials, letsIn } = this;
    const [administrator, owner, user] = [ADMINISTRATOR, await this.owner(), await this.user()];
    await makeRole(run, administrator, "LOGIN = true AND SUPERUSER = true", {
      text: await credentials.read(PASSWORD_FILES.administrator),
      letsIn,
    });
    if (user !== owner) await makeRole(run, owner, "LOGIN = false");
    await makeRole(run, user, `LOGIN = ${String(admitted)}`, {
      text: await credentials.read(PASSWORD_FILES.application),
      letsIn,
    });
    if (user !== owner) await grant(run, owner, user);
  }

  private async makeAgent(place: LocalPlace): Promise<void> {
    try {
      await this.server.run("SELECT key FROM system.local");
      return;
    } catch (error) {
      if (!(error instanceof Denied)) throw error;
    }
    const session = await Session.open(place, { user: DEFAULT_USER, password: DEFAULT_USER });
    try {
      const { user, password } = await this.agent();
      await makeRole((statement) => session.run(statement), user, "LOGIN = true AND SUPERUSER = true", {
        text: password,
        // It has just been refused.
        letsIn: () => Promise.resolve(false),
      });
    } finally {
      await session.close();
    }
  }

  private async owner(): Promise<string> {
    return await this.credentials.read("owner");
  }

  private async user(): Promise<string> {
    return (await this.credentials.find("username")) ?? (await this.owner());
  }
}

function replication(copies: number): string {
  return `{'class': 'NetworkTopologyStrategy', ${literal(DATACENTER)}: ${copies}}`;
}

/**
 * Makes a role, or makes it what is wanted. A password that is in force already is not set again: the server takes one change of it in
 * five seconds.
 */
async function makeRole(run: Run, role: string, options: string, password?: Password): Promise<void> {
  const [found] = await run(`SELECT role FROM system_auth.roles WHERE role = ${literal(role)}`);
  const secret = password === undefined ? "" : ` AND PASSWORD = ${literal(password.text)}`;
  if (found === undefined) {
    await run(`CREATE ROLE IF NOT EXISTS ${identifier(role)} WITH ${options}${secret}`);
    return;
  }
  await run(`ALTER ROLE ${identifier(role)} WITH ${options}`);
  if (password === undefined || (await password.letsIn({ user: role, password: password.text }))) return;
  await run(`ALTER ROLE ${identifier(role)} WITH PASSWORD = ${literal(password.text)}`);
}

async function grant(run: Run, role: string, to: string): Promise<void> {
  await run(`GRANT ${identifier(role)} TO ${identifier(to)}`).catch((error: unknown) => {
    // It has been already.
    if (!/is a member of/.test(messageOf(error))) throw error;
  });
}

/** A password, and how to find out whether it is in force. */
interface Password {
  text: string;
  letsIn: (login: Login) => Promise<boolean>;
}
