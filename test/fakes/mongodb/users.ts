import { CommandError } from "./errors";
import type { Replica } from "./replica";
import { credentialOf, type ScramCredential } from "./scram";
import { type Doc, keyOf } from "./store";

export interface RoleName {
  role: string;
  db: string;
}

/** Where accounts are kept, as documents that are replicated like others. */
export const USERS = "admin.system.users";
/** Accounts of members, which are in no collection. */
export const SYSTEM_USER = "__system";

/** Commands about accounts. https://www.mongodb.com/docs/manual/reference/command/nav-user-management/ */
export class Users {
  constructor(private readonly replica: Replica) {}

  find(db: string, user: string): Doc | undefined {
    return this.replica.state.store.collection(USERS).get(keyOf(`${db}.${user}`));
  }

  credential(db: string, user: string): ScramCredential[] {
    const found = this.find(db, user)?.["credentials"]?.["SCRAM-SHA-256"] as ScramCredential | undefined;
    if (found === undefined) throw new CommandError("AuthenticationFailed", "Authentication failed.");
    return [found];
  }

  /** @returns what is written */
  create(db: string, command: Doc): Doc {
    const user = String(command["createUser"]);
    if (this.find(db, user))
      throw new CommandError("UserAlreadyExists", `User "${user}@${db}" already exists`);
    return this.document(db, user, command);
  }

  update(db: string, command: Doc): Doc {
    const user = String(command["updateUser"]);
    const before = this.needed(db, user);
    return { ...this.document(db, user, { ...command, roles: command["roles"] ?? before["roles"] }, before) };
  }

  needed(db: string, user: string): Doc {
    const found = this.find(db, user);
    if (!found) throw new CommandError("UserNotFound", `Could not find user "${user}" for db "${db}"`);
    return found;
  }

  info(db: string, asked: unknown): Doc[] {
    const all = [...this.replica.state.store.collection(USERS).values()];
    const matches = (one: Doc): boolean => {
      if (asked === 1) return one["db"] === db;
      if (typeof asked === "string") return one["db"] === db && one["user"] === asked;
      if (Array.isArray(asked))
        return asked.some((each) => this.info(db, each).some(({ _id }) => _id === one["_id"]));
      const { user, db: other } = asked as Doc;
      return one["db"] === other && one["user"] === user;
    };
    return all
      .filter(matches)
      .map(({ credentials, ...one }) => ({ ...one, mechanisms: Object.keys(credentials) }));
  }

  private document(db: string, user: string, command: Doc, before: Doc = {}): Doc {
    const roles = ((command["roles"] ?? []) as (string | RoleName)[]).map((one) =>
      typeof one === "string" ? { role: one, db } : one,
    );
    const pwd = command["pwd"] as string | undefined;
    const credentials = pwd === undefined ? before["credentials"] : { "SCRAM-SHA-256": credentialOf(pwd) };
    const customData = command["customData"] ?? before["customData"];
    return {
      _id: `${db}.${user}`,
      user,
      db,
      credentials,
      roles,
      ...(customData === undefined ? {} : { customData }),
    };
  }
}

const READS = [
  "find",
  "aggregate",
  "count",
  "distinct",
  "getMore",
  "listCollections",
  "listIndexes",
  "dbStats",
  "killCursors",
];
const WRITES = ["insert", "update", "delete", "findAndModify", "create", "drop", "createIndexes"];
/** What anybody may ask who has logged in. */
const FREE = [
  "endSessions",
  "connectionStatus",
  "logout",
  "refreshSessions",
  "getParameter",
  "listDatabases",
  "serverStatus",
];

/** Whether roles allow a command in a database. https://www.mongodb.com/docs/manual/reference/built-in-roles/ */
export function allows(roles: readonly RoleName[], command: string, db: string): boolean {
  return roles.some(({ role, db: where }) => {
    if (role === "__system" || (role === "root" && where === "admin")) return true;
    if (FREE.includes(command)) return true;
    if (where !== db)
      return role === "clusterMonitor" && ["replSetGetStatus", "serverStatus"].includes(command);
    if (role === "read") return READS.includes(command);
    if (role === "readWrite" || role === "dbOwner")
      return READS.includes(command) || WRITES.includes(command);
    return false;
  });
}
