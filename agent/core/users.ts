import {
  USERS_FILE,
  userLoginKey,
  userPasswordKey,
  type WantedUser,
  type WantedUsers,
} from "../../components/protocol/users";
import type { Credentials } from "./credentials";
import { messageOf } from "./log";
import type { Login } from "./types";

/** What nobody has listed. */
const NOTHING: WantedUsers = { databases: [], users: [] };

/** The users and databases beside the application's, as they are listed now. */
export class ListedUsers {
  constructor(private readonly credentials: Pick<Credentials, "read" | "find">) {}

  /** All of them. Where there is no list, nothing is to be changed. */
  async read(): Promise<WantedUsers> {
    const text = await this.credentials.find(USERS_FILE);
    return text === undefined ? NOTHING : (JSON.parse(text) as WantedUsers);
  }

  /** The users that are to be there. */
  async present(): Promise<WantedUser[]> {
    return (await this.read()).users.filter(({ absent }) => absent !== true);
  }

  /**
   * Name and password that a user logs in by; `undefined` while the Secret has not come to this pod.
   * @throws Error when it holds none that may be used
   */
  async login(user: string): Promise<Login | undefined> {
    const key = userPasswordKey(user);
    if ((await this.credentials.find(key)) === undefined) return undefined;
    return {
      user: (await this.credentials.find(userLoginKey(user))) ?? user,
      password: await this.credentials.read(key),
    };
  }

  /** By what each of them is to log in, in their order: nothing for who is absent or waits for a password, or why it may not be used. */
  async logins({ users }: WantedUsers): Promise<(Login | string | undefined)[]> {
    return await Promise.all(
      users.map(async ({ name, absent }) =>
        absent === true ? undefined : await this.login(name).catch((error: unknown) => messageOf(error)),
      ),
    );
  }
}
