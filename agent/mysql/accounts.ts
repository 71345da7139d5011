import { createHash } from "node:crypto";
import type { Credentials } from "../core/credentials";
import { REPLICATION_USER } from "./settings";
import type { Login, RootConnection } from "./sql";

/** Names that are put into statements as identifiers. */
function identifier(name: string): string {
  return `\`${name.replace(/`/g, "``")}\``;
}

/** In GRANT a database's name is a pattern, in which `_` stands for any character. */
function grantPattern(database: string): string {
  return identifier(database.replace(/[_%]/g, "\\$&"));
}

/**
 * Makes accounts match the mounted Secret, on the primary, from where the group takes it everywhere.
 * A changed password keeps the one before it valid as the secondary one, so that clients can be
 * changed over without an interruption; the next change ends it.
 * https://dev.mysql.com/doc/refman/8.4/en/password-management.html#dual-passwords
 */
export class Accounts {
  private done: string | undefined;
  /** The password that each account was last seen or made to have. */
  private readonly last = new Map<string, string>();

  /** @param canLogIn - whether somebody can log in so. */
  constructor(
    private readonly root: RootConnection,
    private readonly credentials: Credentials,
    private readonly canLogIn: (login: Login) => Promise<boolean>,
  ) {}

  /** Does nothing when neither Secret nor data directory has changed since it was last carried out. */
  async reconcile(): Promise<void> {
    const username = await this.credentials.find("username");
    const database = await this.credentials.find("database");
    const password = username === undefined ? undefined : await this.credentials.read("password");
    const root = await this.credentials.read("root-password");
    const replication = await this.credentials.read("replication-password");
    // A directory that is made anew, on a disk that lost its own, has another identity, and none of the accounts.
    const [directory] = await this.root.run("SELECT @@server_uuid AS id");
    const state = createHash("sha256")
      .update(JSON.stringify([directory?.["id"], root, replication, username, password, database]))
      .digest("hex");
    if (state === this.done) return;
    await this.rotate("root", "localhost", root);
    await this.rotate(REPLICATION_USER, "%", replication);
    if (database !== undefined) await this.root.run(`CREATE DATABASE IF NOT EXISTS ${identifier(database)}`);
    if (username !== undefined && username !== "root" && password !== undefined) {
      await this.root.run("CREATE USER IF NOT EXISTS ?@'%' IDENTIFIED BY ?", [username, password]);
      await this.rotate(username, "%", password);
      if (database !== undefined) {
        await this.root.run(`GRANT ALL PRIVILEGES ON ${grantPattern(database)}.* TO ?@'%'`, [username]);
      }
    }
    this.done = state;
  }

  private async rotate(user: string, host: string, password: string): Promise<void> {
    const before = this.last.get(user);
    // One that is set back can log in already: it is the secondary one. It must become the current one again.
    const setBack = before !== undefined && before !== password;
    if (setBack || !(await this.canLogIn({ user, password }))) {
      await this.root.run("ALTER USER ?@? IDENTIFIED BY ? RETAIN CURRENT PASSWORD", [user, host, password]);
    }
    this.last.set(user, password);
  }
}
