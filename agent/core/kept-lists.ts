import { createHash } from "node:crypto";
import type { WantedUsers } from "../../components/protocol/users";
import type { Clock } from "./clock";
import type { Credentials } from "./credentials";
import { messageOf } from "./log";
import type { Notice, Notices } from "./notices";
import { Said } from "./said";
import type { Login } from "./types";
import { notListed } from "./user-notices";
import { ListedUsers } from "./users";

/** Until what could not be done for a user is tried again, ms. */
const TRY_AGAIN = 30_000;

/** What is to be so, as it is listed now. */
export interface Wanted {
  lists: WantedUsers;
  /** By what each user is to log in, as {@link ListedUsers.logins} says it. */
  logins: (Login | string | undefined)[];
  /** Whether the password before the present one ends. */
  revoke: boolean;
}

/**
 * Does a part of it. What cannot be done is said, and keeps nothing else from being done.
 *
 * @param about - whom or what it is about.
 * @param otherwise - what is said where it fails, before the reason.
 * @param work - answers what is to be said of it.
 * @returns whether there is nothing to say
 */
export type Attempt = (
  about: string,
  otherwise: string,
  work: () => Promise<Notice | undefined>,
) => Promise<boolean>;

/** What an engine does for its lists. */
export interface ListKeeper {
  carryOut: (wanted: Wanted, attempt: Attempt) => Promise<void>;
  /** Users that the agents made, and that are not in these lists. */
  unlisted: (lists: WantedUsers) => Promise<string[]>;
}

/** When the lists of users and databases are carried out, and what is said of it: the same for all engines. */
export class KeptLists {
  readonly users: ListedUsers;
  private done: string | undefined;
  /** What could not be done is tried again then. */
  private again = Infinity;
  private readonly said: Said;

  constructor(
    private readonly parts: {
      credentials: Pick<Credentials, "read" | "find">;
      notices: Notices;
      clock: Clock;
    },
  ) {
    this.users = new ListedUsers(parts.credentials);
    this.said = new Said(parts.notices, "users");
  }

  /**
   * Does nothing when nothing has changed since it was last carried out.
   *
   * @param of - what it depends on beside the lists: the identity of the data, which may be made anew without any of it, and the
   *   application's own user.
   */
  async reconcile(of: readonly unknown[], keeper: ListKeeper): Promise<void> {
    const { credentials, clock } = this.parts;
    const lists = await this.users.read();
    const logins = await this.users.logins(lists);
    const revoke = (await credentials.find("revoke-previous")) === "true";
    const state = createHash("sha256")
      .update(JSON.stringify([of, lists, logins, revoke]))
      .digest("hex");
    if (state === this.done && clock() < this.again) return;
    const found = new Map<string, Notice>();
    await keeper.carryOut({ lists, logins, revoke }, async (about, otherwise, work) => {
      const notice = await work().catch((error: unknown): Notice => ({
        severity: "problem",
        text: `${otherwise}: ${messageOf(error)}`,
      }));
      if (notice !== undefined) found.set(about, notice);
      return notice === undefined;
    });
    const troubled = found.size > 0;
    // Where there are no lists, users that nobody lists are nobody's concern.
    const listsAny = lists.users.length > 0 || lists.databases.length > 0;
    for (const user of listsAny ? await keeper.unlisted(lists) : []) found.set(user, notListed(user));
    this.said.say(found);
    this.done = state;
    this.again = troubled ? clock() + TRY_AGAIN : Infinity;
  }

  /** It is another member's part now, and what was said of it another's to say. */
  resign(): void {
    this.done = undefined;
    this.said.say(new Map());
  }
}
