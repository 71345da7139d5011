import { BSON, Long } from "bson";
import { DEFAULT_CONCERN, labels, SETTINGS } from "./crud";
import { CommandError } from "./errors";
import { Conversation } from "./scram";
import type { Server } from "./server";
import { type Doc, keyOf } from "./store";
import { allows, type RoleName, SYSTEM_USER, USERS } from "./users";

const MEMBERS_ONLY = [
  "replSetHeartbeat",
  "replSetRequestVotes",
  "replPull",
  "replAhead",
  "replProgress",
  "replCommon",
  "replCopy",
];
/** Before anybody has logged in. */
const OPEN = [
  "hello",
  "isMaster",
  "ismaster",
  "ping",
  "buildInfo",
  "saslStart",
  "saslContinue",
  "logout",
  "endSessions",
  "connectionStatus",
];

/** One connection, with who has logged in on it. */
export class Session {
  private user: { user: string; db: string; roles: RoleName[] } | undefined;
  private conversation: { it: Conversation; db: string } | undefined;
  /** Told when the server ends the connection. */
  ended: (() => void) | undefined;

  constructor(private readonly server: Server) {
    server.sessions.add(this);
  }

  get name(): string | undefined {
    return this.user && `${this.user.user}@${this.user.db}`;
  }

  /** As the member itself, without a log-in: for what is in the same process. */
  trust(): this {
    this.user = { user: SYSTEM_USER, db: "local", roles: [{ role: "__system", db: "admin" }] };
    return this;
  }

  close(): void {
    this.server.sessions.delete(this);
    this.ended?.();
  }

  /** Answers a command. */
  async run(command: Doc): Promise<Doc> {
    const name = Object.keys(command)[0] ?? "";
    const db = String(command["$db"] ?? "admin");
    try {
      this.check(name, db);
      return await this.answer(name, db, command);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const { code, codeName, message } = error;
      const { topologyVersion } = this.server.hello();
      return { ok: 0, errmsg: message, code, codeName, ...labels(code, command), topologyVersion };
    }
  }

  private check(name: string, db: string): void {
    if (OPEN.includes(name)) return;
    if (!this.user) throw new CommandError("Unauthorized", `Command ${name} requires authentication`);
    const roles = this.rolesNow();
    const system = roles.some(({ role }) => role === "__system");
    if (MEMBERS_ONLY.includes(name) ? system : allows(roles, name, db)) return;
    throw new CommandError("Unauthorized", `not authorized on ${db} to execute command ${name}`);
  }

  /** Roles hold as they are now; who is there no more may do nothing. */
  private rolesNow(): RoleName[] {
    const { user, db, roles } = this.user!;
    if (user === SYSTEM_USER) return roles;
    return (this.server.users.find(db, user)?.["roles"] as RoleName[] | undefined) ?? [];
  }

  private async answer(name: string, db: string, command: Doc): Promise<Doc> {
    const { replica } = this.server.parts;
    const internal = await replica.internal(command);
    if (internal) return internal;
    const reading = ["find", "aggregate", "count"].includes(name);
    if (reading && db !== "local") this.checkReadable(command);
    return (
      (await this.greet(name, command)) ??
      (await this.server.crud.run(name, db, command)) ??
      (await this.replicaCommand(name, command)) ??
      (await this.account(name, db, command)) ??
      (await this.operate(name, db, command)) ??
      this.unknown(name)
    );
  }

  private unknown(name: string): never {
    throw new CommandError("CommandNotFound", `no such command: '${name}'`);
  }

  private checkReadable(command: Doc): void {
    const { state } = this.server.parts.replica;
    if (state.state === "PRIMARY") return;
    if (state.state !== "SECONDARY")
      throw new CommandError("NotPrimaryOrSecondary", "node is not in primary or recovering state");
    const mode = command["$readPreference"]?.["mode"] as string | undefined;
    if (mode === undefined || mode === "primary")
      throw new CommandError("NotPrimaryNoSecondaryOk", "not primary and secondaryOk=false");
  }

  private async greet(name: string, command: Doc): Promise<Doc | undefined> {
    switch (name) {
      case "hello":
      case "isMaster":
      case "ismaster": {
        await this.server.awaitChange(command);
        const speculative = command["speculativeAuthenticate"] as Doc | undefined;
        const asked = command["saslSupportedMechs"] as string | undefined;
        const begun = speculative && this.sasl(speculative, String(speculative["db"] ?? "admin"));
        return {
          helloOk: true,
          ...this.server.hello(),
          ...(asked === undefined ? {} : { saslSupportedMechs: ["SCRAM-SHA-256"] }),
          ...(begun ? { speculativeAuthenticate: begun } : {}),
        };
      }
      case "ping":
      case "endSessions":
      case "refreshSessions":
      case "killCursors":
        return { ok: 1 };
      case "logout":
        this.user = undefined;
        return { ok: 1 };
      case "buildInfo":
        return {
          version: this.server.parts.version,
          gitVersion: "fake",
          modules: [],
          bits: 64,
          maxBsonObjectSize: 16_777_216,
          ok: 1,
        };
      case "saslStart":
        return { ...this.sasl(command, String(command["$db"])), ok: 1 };
      case "saslContinue":
        return { ...this.continueSasl(command), ok: 1 };
      case "connectionStatus": {
        const users = this.user ? [{ user: this.user.user, db: this.user.db }] : [];
        return {
          authInfo: { authenticatedUsers: users, authenticatedUserRoles: this.user ? this.rolesNow() : [] },
          ok: 1,
        };
      }
      default:
        return undefined;
    }
  }

  private sasl(command: Doc, db: string): Doc {
    if (command["mechanism"] !== "SCRAM-SHA-256")
      throw new CommandError("BadValue", `Unsupported mechanism '${String(command["mechanism"])}'`);
    const it = new Conversation((user) => this.server.credentials(db, user));
    this.conversation = { it, db };
    const payload = it.begin(textOf(command["payload"]));
    return { conversationId: 1, done: false, payload: binary(payload) };
  }

  private continueSasl(command: Doc): Doc {
    const { conversation } = this;
    if (!conversation) throw new CommandError("AuthenticationFailed", "No SASL session state found");
    const { it, db } = conversation;
    const text = textOf(command["payload"]);
    // An empty one more, where the exchange was not cut short.
    const payload = it.done ? "" : it.end(text);
    const user = it.user;
    if (user === SYSTEM_USER) this.trust();
    else this.user = { user, db, roles: [] };
    return { conversationId: 1, done: true, payload: binary(payload) };
  }

  /** https://www.mongodb.com/docs/manual/reference/command/nav-replication/ */
  private async replicaCommand(name: string, command: Doc): Promise<Doc | undefined> {
    const { replica } = this.server.parts;
    switch (name) {
      case "replSetInitiate":
        await replica.initiate(command["replSetInitiate"] as Doc);
        await this.afterInitiate();
        return { ok: 1 };
      case "replSetReconfig":
        await replica.reconfigure(
          command["replSetReconfig"] as Doc,
          command["force"] === true,
          Number(command["maxTimeMS"] ?? 0) || Infinity,
        );
        return { ok: 1 };
      case "replSetGetStatus":
        return replica.status();
      case "replSetGetConfig":
        return replica.configShown(command["commitmentStatus"] === true);
      case "replSetGetRBID":
        return { rbid: replica.env.disk.kept.rollbackId, ok: 1 };
      case "replSetStepDown": {
        const seconds = Number(command["replSetStepDown"]);
        const catchUp = Number(command["secondaryCatchUpPeriodSecs"] ?? Math.min(10, seconds));
        await replica.handOver(seconds, catchUp, command["force"] === true);
        return { ok: 1 };
      }
      case "replSetFreeze":
        replica.freeze(Number(command["replSetFreeze"]));
        return { ok: 1 };
      case "replSetStepUp":
        await replica.stepUp();
        return { ok: 1 };
      default:
        return undefined;
    }
  }

  /** A new set has the features of its servers. */
  private async afterInitiate(): Promise<void> {
    const { state } = this.server.parts.replica;
    await state
      .until(
        () => state.writable,
        10_000,
        () => new CommandError("ExceededTimeLimit", "no primary"),
      )
      .catch(() => undefined);
    if (state.writable) await this.server.setFeatureVersion(this.server.major);
  }

  private async account(name: string, db: string, command: Doc): Promise<Doc | undefined> {
    const { users, crud } = this.server;
    switch (name) {
      case "createUser":
        return { ...(await crud.concern(crud.put("i", USERS, users.create(db, command)), command)), ok: 1 };
      case "updateUser":
        return { ...(await crud.concern(crud.put("u", USERS, users.update(db, command)), command)), ok: 1 };
      case "dropUser": {
        const { _id } = users.needed(db, String(command["dropUser"]));
        return { ...(await crud.concern(crud.put("d", USERS, { _id }), command)), ok: 1 };
      }
      case "usersInfo":
        return { users: users.info(db, command["usersInfo"]), ok: 1 };
      default:
        return undefined;
    }
  }

  private async operate(name: string, db: string, command: Doc): Promise<Doc | undefined> {
    const { server } = this;
    const { parts, crud } = server;
    switch (name) {
      case "getDefaultRWConcern": {
        const set = parts.replica.state.store.collection(SETTINGS).get(keyOf(DEFAULT_CONCERN));
        return {
          defaultWriteConcern: crud.defaultConcern(),
          defaultWriteConcernSource: set ? "global" : "implicit",
          ok: 1,
        };
      }
      case "setDefaultRWConcern": {
        const { defaultWriteConcern } = command;
        const place = crud.put("u", SETTINGS, { _id: DEFAULT_CONCERN, defaultWriteConcern });
        return { ...(await crud.concern(place, command)), ok: 1 };
      }
      case "setFeatureCompatibilityVersion": {
        if (command["confirm"] !== true)
          throw new CommandError(
            "BadValue",
            "Once you have upgraded, you will not be able to downgrade: set {confirm: true}",
          );
        return await server.setFeatureVersion(String(command[name]), command);
      }
      case "getParameter": {
        const version = server.featureVersion();
        const known = {
          ...server.parameters,
          ...(version === undefined ? {} : { featureCompatibilityVersion: { version } }),
        };
        return { ...known, ok: 1 };
      }
      case "setParameter": {
        const values = Object.entries(command).filter(
          ([key]) => !["setParameter", "$db", "lsid"].includes(key),
        );
        Object.assign(server.parameters, Object.fromEntries(values));
        return { ok: 1 };
      }
      case "getCmdLineOpts":
        return { argv: [], parsed: parts.options, ok: 1 };
      case "rotateCertificates":
        await parts.rotate();
        return { ok: 1 };
      case "serverStatus":
        return this.serverStatus();
      case "shutdown":
        parts.shutDown();
        return { ok: 1 };
      default:
        return await this.look(name, db, command);
    }
  }

  private serverStatus(): Doc {
    const { parts, sessions } = this.server;
    const { state } = parts.replica;
    return {
      host: state.host,
      version: parts.version,
      process: "mongod",
      connections: { current: sessions.size, available: 1_000 - sessions.size },
      repl: this.server.hello(),
      ok: 1,
    };
  }

  private async look(name: string, db: string, command: Doc): Promise<Doc | undefined> {
    const { store } = this.server.parts.replica.state;
    const names = [...store.collections.keys()];
    switch (name) {
      case "listDatabases": {
        const databases = [...new Set(names.map((one) => one.split(".")[0] ?? ""))];
        return {
          databases: databases.map((one) => ({ name: one, sizeOnDisk: 1, empty: false })),
          totalSize: 1,
          ok: 1,
        };
      }
      case "listCollections": {
        const own = names.filter((one) => one.startsWith(`${db}.`)).map((one) => one.slice(db.length + 1));
        return {
          cursor: {
            id: Long.ZERO,
            ns: `${db}.$cmd.listCollections`,
            firstBatch: own.map((one) => ({ name: one, type: "collection" })),
          },
          ok: 1,
        };
      }
      case "create":
      case "createIndexes":
        store.collection(`${db}.${String(command[name])}`);
        return { ok: 1 };
      case "drop": {
        const ns = `${db}.${String(command["drop"])}`;
        if (!store.collections.has(ns)) throw new CommandError("NamespaceNotFound", "ns not found");
        const place = this.server.parts.replica.write({ op: "c", ns, o: {} });
        return { ...(await this.server.crud.concern(place, command)), ok: 1 };
      }
      default:
        return undefined;
    }
  }
}

function textOf(payload: unknown): string {
  if (typeof payload === "string") return payload;
  return Buffer.isBuffer(payload) ? payload.toString("utf8") : "";
}

function binary(text: string): BSON.Binary {
  return new BSON.Binary(Buffer.from(text));
}
