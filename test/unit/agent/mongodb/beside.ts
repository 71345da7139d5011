import { Notices } from "../../../../agent/core/notices";
import { Accounts } from "../../../../agent/mongodb/accounts";
import { canLogIn, Connection, KeptConnection } from "../../../../agent/mongodb/connection";
import { FormerSessions } from "../../../../agent/mongodb/former-sessions";
import { Founding } from "../../../../agent/mongodb/founding";
import { Users } from "../../../../agent/mongodb/users";
import { KEY, type Lab } from "../../../fakes/mongodb/lab";

/** The accounts' part of an agent beside a server of the lab. */
export class Beside {
  readonly secret: Record<string, string> = {
    owner: "app",
    username: "app_a",
    password: "of the application",
    database: "shop",
    "root-password": "of the administrator",
  };
  readonly server: KeptConnection;
  readonly accounts: Accounts;
  readonly formerSessions: FormerSessions;
  readonly users: Users;
  readonly notices = new Notices();
  now = 0;

  constructor(readonly lab: Lab) {
    const place = lab.place(0);
    this.server = new KeptConnection(async () =>
      Connection.open(place, { user: "__system", password: KEY, database: "local" }),
    );
    const credentials = {
      read: async (key: string): Promise<string> => this.secret[key] ?? "",
      find: async (key: string): Promise<string | undefined> => this.secret[key],
    };
    this.accounts = new Accounts(this.server, credentials, async (login) =>
      canLogIn(place, { ...login, database: "admin" }),
    );
    this.formerSessions = new FormerSessions(this.server, credentials);
    this.users = new Users({
      server: this.server,
      credentials,
      letsIn: async (login) => canLogIn(place, { ...login, database: "admin" }),
      notices: this.notices,
      clock: () => this.now,
    });
  }

  async found(): Promise<void> {
    await new Founding({
      self: 0,
      setName: "rs",
      server: this.server,
      host: () => this.lab.host(0),
      pause: async (duration) => new Promise((resolve) => setTimeout(resolve, duration / 10)),
      clock: () => performance.now(),
    }).begin();
  }
}
