import { alternatesOf } from "../../components/protocol/accounts";
import type { Credentials } from "../core/credentials";
import { identifier, literal, type LocalServer } from "./client";

/**
 * Takes what the application's former role may do, once its password has been revoked. The server ends no connection, but asks with each
 * statement what its role may do.
 */
export class FormerSessions {
  private seen: string | undefined;

  constructor(
    private readonly server: LocalServer,
    private readonly credentials: Credentials,
  ) {}

  /** Does nothing unless the Secret revokes former passwords, and has changed. */
  async reconcile(): Promise<void> {
    const owner = await this.credentials.read("owner");
    const user = (await this.credentials.find("username")) ?? owner;
    const revoke = (await this.credentials.find("revoke-previous")) === "true";
    const state = JSON.stringify([owner, user, revoke]);
    if (state === this.seen) return;
    if (revoke) {
      for (const role of alternatesOf(owner).filter((one) => one !== user)) await this.close(role, owner);
    }
    this.seen = state;
  }

  private async close(role: string, owner: string): Promise<void> {
    const [found] = await this.server.run(`SELECT role FROM system_auth.roles WHERE role = ${literal(role)}`);
    if (found === undefined) return;
    await this.server.run(`ALTER ROLE ${identifier(role)} WITH LOGIN = false`);
    await this.server.run(`REVOKE ${identifier(owner)} FROM ${identifier(role)}`).catch((error: unknown) => {
      // It was taken from it before.
      if (!/not (a member of|granted)/i.test(String(error))) throw error;
    });
  }
}
