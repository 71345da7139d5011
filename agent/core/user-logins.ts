import { ApplicationLogin, type LoginParts, type LoginStore } from "./login";
import type { Ordinal, Report } from "./types";
import type { ListedUsers } from "./users";

/** What it works with: as the application's, for each user. */
interface UserLoginParts extends Omit<LoginParts, "wanted" | "store" | "markOf" | "of"> {
  users: ListedUsers;
  storeOf: (user: string) => LoginStore;
}

/** Gives each further user the password once it is accepted, as {@link ApplicationLogin} does for the application. */
export class UserLogins {
  private readonly logins = new Map<string, ApplicationLogin>();

  constructor(private readonly parts: UserLoginParts) {}

  /** What this member tells the others of what its server accepts, by user; `undefined` where that is nothing. */
  get marks(): Record<string, string> | undefined {
    const marks = [...this.logins].flatMap(([user, { mark }]) =>
      mark === undefined ? [] : ([[user, mark]] as const),
    );
    return marks.length === 0 ? undefined : Object.fromEntries(marks);
  }

  /**
   * Looks whom the local server accepts. Who cannot be tried keeps neither anybody else nor the member from anything: why not is said where
   * accounts are made.
   */
  async look(): Promise<void> {
    const present = (await this.parts.users.present()).map(({ name }) => name);
    for (const [user, login] of this.logins) {
      if (present.includes(user)) continue;
      login.forget();
      this.logins.delete(user);
    }
    for (const user of present) if (!this.logins.has(user)) this.logins.set(user, this.loginOf(user));
    await each(this.logins.values(), (login) => login.look()).catch(() => undefined);
  }

  /** Publishes what is accepted, on the member whose part that is. */
  async publish(own: Report, peers: readonly Report[], others: readonly Ordinal[]): Promise<void> {
    await each(this.logins.values(), (login) => login.publish(own, peers, others));
  }

  private loginOf(user: string): ApplicationLogin {
    const { users, storeOf, ...parts } = this.parts;
    return new ApplicationLogin({
      ...parts,
      wanted: () => users.login(user),
      store: storeOf(user),
      markOf: (report) => report.users?.[user],
      of: user,
    });
  }
}

/** Does it with all of them. @throws what the first threw that could not be done */
async function each<T>(all: Iterable<T>, work: (one: T) => Promise<void>): Promise<void> {
  const failed: unknown[] = [];
  for (const one of all) await work(one).catch((error: unknown) => failed.push(error));
  if (failed.length > 0) throw failed[0];
}
