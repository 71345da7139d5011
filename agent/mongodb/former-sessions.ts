import { alternatesOf } from "../../components/protocol/accounts";
import type { Credentials } from "../core/credentials";
import { changeAccount, findAccounts } from "./accounts";
import type { Commands } from "./connection";
import { textIn } from "./wire";

/**
 * Removes the application's former user, once its password has been revoked. What it has open may do nothing from then on: servers ask anew
 * for each command what its user may do.
 */
export class FormerSessions {
  private seen: string | undefined;

  constructor(
    private readonly server: Commands,
    private readonly credentials: Pick<Credentials, "read" | "find">,
  ) {}

  /** On the primary. Does nothing unless the Secret revokes former passwords, and has changed. */
  async reconcile(): Promise<void> {
    const owner = await this.credentials.read("owner");
    const user = (await this.credentials.find("username")) ?? owner;
    const revoke = (await this.credentials.find("revoke-previous")) === "true";
    const state = JSON.stringify([owner, user, revoke]);
    if (state === this.seen) return;
    if (revoke) {
      const former = alternatesOf(owner).filter((one) => one !== user);
      for (const found of await findAccounts(this.server, former))
        await changeAccount(this.server, { dropUser: textIn(found, "user") });
    }
    this.seen = state;
  }

  /** It is another member's part now. */
  resign(): void {
    this.seen = undefined;
  }
}
