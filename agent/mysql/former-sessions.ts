import { PASSWORD_FILES } from "../../components/protocol/accounts";
import type { Credentials } from "../core/credentials";
import type { Login, RootConnection } from "./sql";

/**
 * Ends the application's connections, on every member, once its former password has been revoked: they may have been opened
 * with it. Those who have the present one connect again.
 */
export class FormerSessions {
  private seen: string | undefined;

  constructor(
    private readonly root: RootConnection,
    private readonly credentials: Credentials,
    private readonly canLogIn: (login: Login) => Promise<boolean>,
  ) {}

  /** Does nothing until the group has brought the revocation. What was in the Secret when the agent started is not done again. */
  async reconcile(): Promise<void> {
    const user = await this.credentials.find("username");
    const password = await this.credentials.find(PASSWORD_FILES.application);
    const revoke = (await this.credentials.find("revoke-previous")) === "true";
    if (user === undefined || user === "root" || password === undefined) return;
    const state = JSON.stringify([user, password, revoke]);
    if (state === this.seen) return;
    if (this.seen !== undefined && revoke) {
      if (!(await this.isRevoked({ user, password }))) return;
      await this.end(user);
    }
    this.seen = state;
  }

  private async isRevoked(login: Login): Promise<boolean> {
    const [secondary] = await this.root.run(
      "SELECT user_attributes->>'$.additional_password' AS former FROM mysql.user WHERE user = ? AND host = '%'",
      [login.user],
    );
    return secondary?.["former"] == null && (await this.canLogIn(login));
  }

  private async end(user: string): Promise<void> {
    for (const row of await this.root.run("SHOW PROCESSLIST")) {
      if (row["User"] !== user) continue;
      // It may have ended by itself.
      await this.root.run("KILL CONNECTION ?", [Number(row["Id"])]).catch(() => undefined);
    }
  }
}
