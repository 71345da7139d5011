import { PASSWORD_FILES, REPLICATION_USER } from "../../components/protocol/accounts";
import { createHash } from "node:crypto";
import { Since, type Clock } from "../core/clock";
import type { Credentials } from "../core/credentials";
import type { Notices } from "../core/notices";
import { hashLiteral } from "./password-hash";
import { readPassword } from "./passwords";
import { LASTING } from "./settings";
import type { Login, RootConnection } from "./sql";

/** Names that are put into statements as identifiers. */
function identifier(name: string): string {
  return `\`${name.replace(/`/g, "``")}\``;
}

/** In GRANT a database's name is a pattern, in which `_` stands for any character. */
function grantPattern(database: string): string {
  return identifier(database.replace(/[_%]/g, "\\$&"));
}

/** Errors by which a policy of the server refuses a password: too weak, used before. */
const AGAINST_POLICY = [1819, 3638];
/** Errors by which there is no password that could be retained: a plugin that is gone, another plugin, an empty password. */
const NOTHING_TO_RETAIN = [1524, 3878, 3894, 3895];

const BY_HASH = "IDENTIFIED WITH caching_sha2_password AS";

/**
 * How long the members' former password goes on, ms: until the kubelet has brought the present one to every member, also to
 * one that is slow, and each has taken it.
 */
const MEMBERS_CHANGE_WITHIN = 300_000;

/** What the accounts' state depends on. */
interface AccountParts {
  root: RootConnection;
  credentials: Credentials;
  /** Whether somebody can log in so. */
  canLogIn: (login: Login) => Promise<boolean>;
  notices: Notices;
  clock: Clock;
}

/**
 * Makes accounts match the mounted Secret, on the primary, from where the group takes it everywhere.
 * A changed password keeps the one before it valid as the secondary one, so that clients can be
 * changed over without an interruption; the next change ends it, and so does the Secret's `revoke-previous`.
 * https://dev.mysql.com/doc/refman/8.4/en/password-management.html#dual-passwords
 */
export class Accounts {
  private done: string | undefined;
  /** The password that each account was last seen or made to have. */
  private readonly last = new Map<string, string>();
  /** For how long the members' present password has been. */
  private readonly membersHad: Since;
  private ended: string | undefined;

  constructor(private readonly parts: AccountParts) {
    this.membersHad = new Since(parts.clock);
  }

  /** Does nothing when neither Secret nor data directory has changed since it was last carried out. */
  async reconcile(): Promise<void> {
    const { root: server, credentials } = this.parts;
    const username = await credentials.find("username");
    const database = await credentials.find("database");
    const root = await readPassword(credentials, PASSWORD_FILES.administrator);
    const replication = await readPassword(credentials, PASSWORD_FILES.replication);
    // A directory that is made anew, on a disk that lost its own, has another identity, and none of the accounts.
    const [directory] = await server.run("SELECT @@server_uuid AS id");
    const identity = String(directory?.["id"]);
    await this.endMembersFormer(identity, replication);
    const password = username === undefined ? undefined : await credentials.read(PASSWORD_FILES.application);
    const revoke = (await credentials.find("revoke-previous")) === "true";
    const state = createHash("sha256")
      .update(JSON.stringify([identity, root, replication, username, password, database, revoke]))
      .digest("hex");
    if (state === this.done) return;
    for (const user of ["root", REPLICATION_USER, username])
      this.parts.notices.set(`password of ${user ?? ""}`, undefined);
    await this.rotate("root", "localhost", root);
    await this.rotate(REPLICATION_USER, "%", replication);
    if (revoke) await this.endFormer("root", "localhost");
    if (database !== undefined) await server.run(`CREATE DATABASE IF NOT EXISTS ${identifier(database)}`);
    if (username !== undefined && username !== "root") {
      await this.application(username, await readPassword(credentials, PASSWORD_FILES.application), database);
      if (revoke) await this.endFormer(username, "%");
    }
    this.done = state;
  }

  private async application(user: string, password: string, database: string | undefined): Promise<void> {
    const { root } = this.parts;
    const create = "CREATE USER IF NOT EXISTS ?@'%'";
    await this.set(user, [
      [`${create} IDENTIFIED WITH caching_sha2_password BY ? ${LASTING}`, [user, password]],
      [`${create} ${BY_HASH} ${hashLiteral(password)} ${LASTING}`, [user]],
    ]);
    await this.rotate(user, "%", password);
    if (database !== undefined) {
      await root.run(`GRANT ALL PRIVILEGES ON ${grantPattern(database)}.* TO ?@'%'`, [user]);
    }
  }

  private async rotate(user: string, host: string, password: string): Promise<void> {
    const { root, canLogIn } = this.parts;
    await root.run(`ALTER USER ?@? ${LASTING}`, [user, host]);
    const before = this.last.get(user);
    // One that is set back can log in already: it is the secondary one. It must become the current one again.
    const setBack = before !== undefined && before !== password;
    if (setBack || !(await canLogIn({ user, password }))) {
      const byHash = `ALTER USER ?@? ${BY_HASH} ${hashLiteral(password)}`;
      await this.set(user, [
        ["ALTER USER ?@? IDENTIFIED BY ? RETAIN CURRENT PASSWORD", [user, host, password]],
        [`${byHash} RETAIN CURRENT PASSWORD`, [user, host]],
        [byHash, [user, host]],
      ]);
    }
    this.last.set(user, password);
  }

  /**
   * Tries one statement after the other: in plain text, for the server's policy to look at, and where that refuses it, by
   * its hash. The Secret is the truth, and who uses it must not be locked out.
   */
  private async set(user: string, statements: [sql: string, values: string[]][]): Promise<void> {
    let weak = false;
    for (const [index, [sql, values]] of statements.entries()) {
      try {
        await this.parts.root.run(sql, values);
        break;
      } catch (error) {
        const { errno = 0 } = error as { errno?: number };
        weak ||= AGAINST_POLICY.includes(errno);
        const another = [...AGAINST_POLICY, ...NOTHING_TO_RETAIN].includes(errno);
        if (!another || index === statements.length - 1) throw error;
      }
    }
    if (!weak) return;
    this.parts.notices.set(`password of ${user}`, {
      severity: "notice",
      text: `the password of the account "${user}" does not satisfy the server's password policy; it holds all the same, since the Secret has it`,
      advice: "change it: those that are generated satisfy every policy of validate_password",
    });
  }

  private async endFormer(user: string, host: string): Promise<void> {
    await this.parts.root.run("ALTER USER ?@? DISCARD OLD PASSWORD", [user, host]);
  }

  /** No person uses the members' password: the one before is ended as soon as no member can need it. */
  private async endMembersFormer(directory: string, password: string): Promise<void> {
    const state = createHash("sha256")
      .update(JSON.stringify([directory, password]))
      .digest("hex");
    const had = this.membersHad.measure(true, state);
    if (had < MEMBERS_CHANGE_WITHIN || this.ended === state) return;
    await this.endFormer(REPLICATION_USER, "%");
    this.ended = state;
  }
}
