import { PASSWORD_FILES, REPLICATION_USER } from "../../components/protocol/accounts";
import { Since, type Clock } from "../core/clock";
import type { Credentials } from "../core/credentials";
import type { Notices } from "../core/notices";
import { readPassword } from "./passwords";
import { hashLiteral } from "./password-hash";
import { memberStatements } from "./settings";
import { type Login, type RootConnection, run } from "./sql";

/** How often it is tried whether a changed password holds yet, ms. */
const TRY_EVERY = 2_000;
/** How long the primary may take to set a changed password until that is told, ms. */
const TOLD_AFTER = 180_000;

/**
 * The password by which this server connects to the others of its group, also to those that join later. It is kept where
 * MySQL keeps that of a channel, in a table of the server's: one that is given with START GROUP_REPLICATION stays what it was
 * until the server leaves the group (seen with 9.7: after a change, nobody could join those that had not been restarted).
 */
export class GroupPassword {
  private given: string | undefined;
  private readonly waiting: Since;
  private triedAt = -Infinity;

  constructor(
    private readonly parts: {
      root: RootConnection;
      credentials: Credentials;
      canLogIn: (login: Login) => Promise<boolean>;
      notices: Notices;
      clock: Clock;
    },
  ) {
    this.waiting = new Since(parts.clock);
  }

  /**
   * Gives it to a server that is about to start or join a group, and lets no client in. Its own account gets it too, which the
   * others connect with: a server that was out of the group when it changed has not heard of that.
   */
  async give(): Promise<void> {
    const password = await readPassword(this.parts.credentials, PASSWORD_FILES.replication);
    if (!(await this.holds(password))) await this.setOwn(password);
    await this.change(password);
  }

  /** Gives a changed one to a server that serves, as soon as the primary has set it. */
  async reconcile(): Promise<void> {
    const { credentials, clock, notices } = this.parts;
    const password = await readPassword(credentials, PASSWORD_FILES.replication);
    const changed = password !== this.given;
    const waited = this.waiting.measure(changed, password);
    if (!changed || clock() - this.triedAt < TRY_EVERY) return;
    this.triedAt = clock();
    const holds = await this.holds(password);
    if (holds) await this.change(password);
    notices.set(
      "members' password",
      holds || waited < TOLD_AFTER
        ? undefined
        : {
            severity: "problem",
            text: `the members' account ${REPLICATION_USER} does not have the password of the members' Secret: this member goes on with the one before`,
            advice: "look at the notices of the primary, which sets it",
          },
    );
  }

  /** Also when the account is there without its rights: nobody but those with some may connect meanwhile. */
  private async holds(password: string): Promise<boolean> {
    try {
      return await this.parts.canLogIn({ user: REPLICATION_USER, password });
    } catch (error) {
      if ((error as { errno?: number }).errno === OFFLINE) return false;
      throw error;
    }
  }

  private async change(password: string): Promise<void> {
    await this.parts.root.run(
      "CHANGE REPLICATION SOURCE TO SOURCE_USER = ?, SOURCE_PASSWORD = ? FOR CHANNEL 'group_replication_recovery'",
      [REPLICATION_USER, password],
    );
    this.given = password;
  }

  /** As the init file does at a start, and like that no transaction of the group's. */
  private async setOwn(password: string): Promise<void> {
    const { root } = this.parts;
    await root.run("SET GLOBAL super_read_only = OFF");
    const connection = await root.fresh();
    try {
      for (const sql of ["SET sql_log_bin = 0", ...memberStatements(hashLiteral(password))]) {
        await run(connection, sql);
      }
    } finally {
      connection.destroy();
      await root.run("SET GLOBAL super_read_only = ON");
    }
  }
}

/** The server lets nobody in but those with CONNECTION_ADMIN. */
const OFFLINE = 3032;
