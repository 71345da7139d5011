import { Long, ObjectId } from "bson";
import { Crud } from "./crud";
import { shown } from "./optime";
import type { Replica } from "./replica";
import { credentialOf, type ScramCredential } from "./scram";
import { type Doc, keyOf } from "./store";
import { SYSTEM_USER, Users } from "./users";

/** What one life of a server is, beside its part in the set. */
export interface ServerParts {
  replica: Replica;
  /** `8.0.4` */
  version: string;
  /** Passwords of members: the key file's keys, of which there are two while they change. */
  keys: readonly string[];
  /** As `getCmdLineOpts` shows them. */
  options: Doc;
  /** Takes over the certificates of its files. Rejects when they are none. */
  rotate: () => Promise<void>;
  /** Ends the process. */
  shutDown: () => void;
}

const VERSION_DOCUMENT = "featureCompatibilityVersion";
const VERSIONS = "admin.system.version";
/** https://github.com/mongodb/specifications: what each version of the wire protocol is. */
const WIRE: Record<string, number> = { "7.0": 21, "8.0": 25 };

/** One server, as its clients see it. */
export class Server {
  readonly users: Users;
  readonly crud: Crud;
  readonly processId = new ObjectId();
  /** Its connections. */
  readonly sessions = new Set<object>();
  readonly parameters: Doc = {};
  private readonly systemCredentials: readonly ScramCredential[];

  constructor(readonly parts: ServerParts) {
    this.users = new Users(parts.replica);
    this.crud = new Crud(parts.replica);
    const salt = Buffer.from(this.processId.toHexString());
    this.systemCredentials = parts.keys.map((key) => credentialOf(key, salt));
  }

  get major(): string {
    return this.parts.version.split(".").slice(0, 2).join(".");
  }

  credentials(db: string, user: string): readonly ScramCredential[] {
    return db === "local" && user === SYSTEM_USER ? this.systemCredentials : this.users.credential(db, user);
  }

  /** https://www.mongodb.com/docs/manual/reference/command/hello/ */
  hello(): Doc {
    const { state } = this.parts.replica;
    const { config } = state;
    const shared = {
      topologyVersion: { processId: this.processId, counter: Long.fromNumber(state.topology) },
      maxBsonObjectSize: 16_777_216,
      maxMessageSizeBytes: 48_000_000,
      maxWriteBatchSize: 100_000,
      localTime: new Date(state.now),
      logicalSessionTimeoutMinutes: 30,
      connectionId: 1,
      minWireVersion: 0,
      maxWireVersion: WIRE[this.major] ?? 25,
      readOnly: false,
      ok: 1,
    };
    const primary = state.state === "PRIMARY" && state.writable;
    if (!config || !state.isMember)
      return {
        isWritablePrimary: false,
        secondary: false,
        isreplicaset: true,
        info: "Does not have a valid replica set config",
        ...shared,
      };
    const [last, majority] = [shown(state.store.last), shown(state.commit)];
    return {
      isWritablePrimary: primary,
      ismaster: primary,
      secondary: state.state === "SECONDARY",
      setName: config._id,
      setVersion: config.version,
      hosts: config.members.map(({ host }) => host),
      ...(state.primary === undefined ? {} : { primary: state.primary }),
      me: state.host,
      ...(primary
        ? { electionId: new ObjectId(`7fffffff${state.term.toString(16).padStart(16, "0")}`) }
        : {}),
      lastWrite: {
        opTime: last,
        lastWriteDate: new Date(state.now),
        majorityOpTime: majority,
        majorityWriteDate: new Date(state.now),
      },
      ...shared,
    };
  }

  /** Waits, as a driver asks that watches, until something has changed. */
  async awaitChange(command: Doc): Promise<void> {
    const { state } = this.parts.replica;
    const known = command["topologyVersion"] as { processId: ObjectId; counter: Long | number } | undefined;
    const most = Number(command["maxAwaitTimeMS"] ?? 0);
    if (!known || most === 0 || !known.processId.equals(this.processId)) return;
    if (Number(known.counter) < state.topology) return;
    await new Promise<void>((resolve) => {
      state.observe(resolve);
      state.after(most, resolve);
    });
  }

  featureVersion(): string | undefined {
    return this.parts.replica.state.store.collections.get(VERSIONS)?.get(keyOf(VERSION_DOCUMENT))?.[
      "version"
    ] as string | undefined;
  }

  async setFeatureVersion(version: string, command: Doc = {}): Promise<Doc> {
    const place = this.crud.put("u", VERSIONS, { _id: VERSION_DOCUMENT, version });
    return { ...(await this.crud.concern(place, command)), ok: 1 };
  }
}
