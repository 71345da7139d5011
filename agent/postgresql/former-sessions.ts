import { POOLER_USERS } from "../../components/postgresql/protocol";
import { alternatesOf, PASSWORD_FILES } from "../../components/protocol/accounts";
import { escapeLiteral } from "pg";
import type { Clock } from "../core/clock";
import type { Credentials } from "../core/credentials";
import type { Login } from "./sql";

/** How often connections of roles that may no longer log in are looked for, ms. */
const LOOK_EVERY = 10_000;

/** Ends connections, on every member, that were opened with a password that has been revoked. */
export class FormerSessions {
  private seen: string | undefined;
  private lookedAt = -Infinity;

  constructor(
    private readonly credentials: Credentials,
    private readonly administer: (sql: string) => Promise<unknown>,
    private readonly canLogIn: (login: Login) => Promise<boolean>,
    private readonly clock: Clock,
  ) {}

  /** Does nothing unless the Secret revokes former passwords. */
  async reconcile(): Promise<void> {
    const owner = await this.credentials.find("owner");
    const password = await this.credentials.find(PASSWORD_FILES.application);
    if (owner === undefined || password === undefined) return;
    const login = (await this.credentials.find("username")) ?? owner;
    const revoke = (await this.credentials.find("revoke-previous")) === "true";
    const state = JSON.stringify([login, password, revoke]);
    const changed = this.seen !== undefined && this.seen !== state;
    if (!revoke) {
      this.seen = state;
      return;
    }
    if (!changed && this.clock() - this.lookedAt < LOOK_EVERY) return;
    const former = [...alternatesOf(owner).filter((role) => role !== login), ...POOLER_USERS];
    await this.administer(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity JOIN pg_roles ON rolname = usename
         WHERE NOT rolcanlogin AND rolname IN (${former.map(escapeLiteral).join(", ")})`,
    );
    this.lookedAt = this.clock();
    if (changed && !alternatesOf(owner).includes(login)) {
      // The same role before and after: whatever it has open may be from before.
      if (!(await this.canLogIn({ user: login, password }))) return;
      await this.administer(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${escapeLiteral(login)}`,
      );
    }
    this.seen = state;
  }
}
