import { PASSWORD_FILES } from "../../components/protocol/accounts";
import type { Credentials } from "../core/credentials";
import { canLogIn, type LocalServer } from "./connection";

/**
 * Ends the application's connections, on every member, once its former password has been revoked: they may have been opened
 * with it. Those who have the present one connect again.
 */
export class FormerSessions {
  private seen: string | undefined;

  constructor(
    private readonly server: LocalServer,
    private readonly credentials: Credentials,
    private readonly socket: string,
  ) {}

  /** Called when the server has the Secret's passwords. What was in the Secret when the agent started is not done again. */
  async reconcile(): Promise<void> {
    const user = await this.credentials.read("username");
    const password = await this.credentials.read(PASSWORD_FILES.application);
    const revoke = (await this.credentials.find("revoke-previous")) === "true";
    const state = JSON.stringify([user, password, revoke]);
    if (state === this.seen) return;
    if (this.seen !== undefined && revoke) {
      if (!(await canLogIn(this.socket, { user, password }))) return;
      await this.server.run("CLIENT", "KILL", "USER", user);
    }
    this.seen = state;
  }
}
