import type { Notices } from "../core/notices";
import { hashLiteral } from "./password-hash";
import { LASTING } from "./settings";
import type { Login, RootConnection } from "./sql";

/** Errors by which a policy of the server refuses a password: too weak, used before. */
const AGAINST_POLICY = [1819, 3638];
/** Errors by which there is no password that could be retained: a plugin that is gone, another plugin, an empty password. */
const NOTHING_TO_RETAIN = [1524, 3878, 3894, 3895];

const BY_HASH = "IDENTIFIED WITH caching_sha2_password AS";

/** What passwords are set by. */
interface PasswordParts {
  root: Pick<RootConnection, "run">;
  /** Whether somebody can log in so. */
  canLogIn: (login: Login) => Promise<boolean>;
  notices: Notices;
}

/**
 * Sets accounts' passwords. A changed one keeps the one before it valid as the secondary one, so that clients can be changed over without
 * an interruption; the next change ends it.
 * https://dev.mysql.com/doc/refman/8.4/en/password-management.html#dual-passwords
 */
export class AccountPasswords {
  /** The password that each account was last seen or made to have. */
  private readonly last = new Map<string, string>();

  constructor(private readonly parts: PasswordParts) {}

  /**
   * Makes the account where there is none.
   * @param host - from where alone it may log in.
   * @param attribute - what it is to have with it, in JSON.
   */
  async create(
    user: string,
    password: string,
    { host = "%", attribute }: { host?: string; attribute?: string } = {},
  ): Promise<void> {
    const create = `CREATE USER IF NOT EXISTS ?@'${host}'`;
    const [also, values] = attribute === undefined ? ["", []] : [" ATTRIBUTE ?", [attribute]];
    await this.set(user, [
      [`${create} IDENTIFIED WITH caching_sha2_password BY ? ${LASTING}${also}`, [user, password, ...values]],
      [`${create} ${BY_HASH} ${hashLiteral(password)} ${LASTING}${also}`, [user, ...values]],
    ]);
  }

  /** Makes it the account's password, if it is not. */
  async rotate(user: string, host: string, password: string): Promise<void> {
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

  async endFormer(user: string, host: string): Promise<void> {
    await this.parts.root.run("ALTER USER ?@? DISCARD OLD PASSWORD", [user, host]);
  }

  /** Takes back what was said of its password. */
  forget(user: string): void {
    this.parts.notices.set(`password of ${user}`, undefined);
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
}
