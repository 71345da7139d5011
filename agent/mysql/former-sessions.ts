import { PASSWORD_FILES } from "../../components/protocol/accounts";
import type { Credentials } from "../core/credentials";
import { ListedUsers } from "../core/users";
import type { Login, RootConnection } from "./sql";

/**
 * Ends the connections of the application, and of further users, on every member, once their former password has been revoked: they may
 * have been opened with it. Those who have the present one connect again.
 */
export class FormerSessions {
  /** What was last seen of each. */
  private readonly seen = new Map<string, string>();
  private readonly users: ListedUsers;

  constructor(
    private readonly root: RootConnection,
    private readonly credentials: Credentials,
    private readonly canLogIn: (login: Login) => Promise<boolean>,
  ) {
    this.users = new ListedUsers(credentials);
  }

  /** Does nothing until the group has brought the revocation. What was in the Secret when the agent started is not done again. */
  async reconcile(): Promise<void> {
    const revoke = (await this.credentials.find("revoke-previous")) === "true";
    for (const login of await this.logins()) await this.look(login, revoke);
  }

  private async logins(): Promise<Login[]> {
    const user = await this.credentials.find("username");
    const password = await this.credentials.find(PASSWORD_FILES.application);
    const application =
      user === undefined || user === "root" || password === undefined ? [] : [{ user, password }];
    const listed = (await this.users.present()).map(async ({ name }) =>
      this.users.login(name).catch(() => undefined),
    );
    return [...application, ...(await Promise.all(listed)).filter((login) => login !== undefined)];
  }

  private async look(login: Login, revoke: boolean): Promise<void> {
    const seen = this.seen.get(login.user);
    const state = JSON.stringify([login, revoke]);
    if (state === seen) return;
    if (seen !== undefined && revoke) {
      if (!(await this.isRevoked(login))) return;
      await this.end(login.user);
    }
    this.seen.set(login.user, state);
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
