import { PASSWORD_FILES, REPLICATION_USER } from "../../components/protocol/accounts";
import { EXPORTER_KEY } from "../../components/protocol/exporter";
import { createHash } from "node:crypto";
import { Since, type Clock } from "../core/clock";
import type { Credentials } from "../core/credentials";
import type { Notices } from "../core/notices";
import { AccountPasswords } from "./account-passwords";
import { canReach, ExporterAccount } from "./exporter";
import { grantPattern, identifier } from "./identifiers";
import { readPassword } from "./passwords";
import type { Login, RootConnection } from "./sql";

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
  /** The same over the pod's loopback. @default by an attempt */
  canReach?: (login: Login) => Promise<boolean>;
  notices: Notices;
  clock: Clock;
}

/**
 * Makes accounts match the mounted Secret, on the primary, from where the group takes it everywhere.
 * The password before the present one stays valid until the next change, or the Secret's `revoke-previous`, ends it.
 */
export class Accounts {
  private done: string | undefined;
  private readonly passwords: AccountPasswords;
  private readonly exporter: ExporterAccount;
  /** For how long the members' present password has been. */
  private readonly membersHad: Since;
  private ended: string | undefined;

  constructor(private readonly parts: AccountParts) {
    this.membersHad = new Since(parts.clock);
    this.passwords = new AccountPasswords(parts);
    this.exporter = new ExporterAccount({ canReach, ...parts });
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
    const exporter = await credentials.find(EXPORTER_KEY);
    const revoke = (await credentials.find("revoke-previous")) === "true";
    const state = createHash("sha256")
      .update(JSON.stringify([identity, root, replication, username, password, exporter, database, revoke]))
      .digest("hex");
    if (state === this.done) return;
    for (const user of ["root", REPLICATION_USER, username]) this.passwords.forget(user ?? "");
    await this.passwords.rotate("root", "localhost", root);
    await this.passwords.rotate(REPLICATION_USER, "%", replication);
    if (revoke) await this.passwords.endFormer("root", "localhost");
    if (database !== undefined) await server.run(`CREATE DATABASE IF NOT EXISTS ${identifier(database)}`);
    if (username !== undefined && username !== "root") {
      await this.application(username, await readPassword(credentials, PASSWORD_FILES.application), database);
      if (revoke) await this.passwords.endFormer(username, "%");
    }
    await this.exporter.reconcile(revoke);
    this.done = state;
  }

  private async application(user: string, password: string, database: string | undefined): Promise<void> {
    await this.passwords.create(user, password);
    await this.passwords.rotate(user, "%", password);
    if (database !== undefined) {
      await this.parts.root.run(`GRANT ALL PRIVILEGES ON ${grantPattern(database)}.* TO ?@'%'`, [user]);
    }
  }

  /** No person uses the members' password: the one before is ended as soon as no member can need it. */
  private async endMembersFormer(directory: string, password: string): Promise<void> {
    const state = createHash("sha256")
      .update(JSON.stringify([directory, password]))
      .digest("hex");
    const had = this.membersHad.measure(true, state);
    if (had < MEMBERS_CHANGE_WITHIN || this.ended === state) return;
    await this.passwords.endFormer(REPLICATION_USER, "%");
    this.ended = state;
  }
}
