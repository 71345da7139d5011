import { Long, ObjectId } from "bson";
import { aggregate, matches, sorted, updated } from "./documents";
import { CommandError } from "./errors";
import { type OpTime, shown } from "./optime";
import type { Replica, WriteConcern } from "./replica";
import { type Doc, type Entry, keyOf } from "./store";

/** Of it only where it begins is shown. https://www.mongodb.com/docs/manual/core/replica-set-oplog/ */
const OPLOG = "local.oplog.rs";

/** Codes by which a write may be tried again. https://www.mongodb.com/docs/manual/core/retryable-writes/ */
const RETRYABLE = [189, 10107, 11602, 13435, 13436];

export const SETTINGS = "config.settings";
export const DEFAULT_CONCERN = "ReadWriteConcernDefaults";

/** Reads and writes of documents. https://www.mongodb.com/docs/manual/reference/command/nav-crud/ */
export class Crud {
  constructor(private readonly replica: Replica) {}

  /** Whether it is one of these commands; and if so, what it comes to. */
  async run(name: string, db: string, command: Doc): Promise<Doc | undefined> {
    switch (name) {
      case "insert":
      case "update":
      case "delete":
        return await this.write(name, db, command);
      case "findAndModify":
        return await this.findAndModify(db, command);
      case "find":
      case "aggregate":
      case "count":
        return await this.read(name, db, command);
      case "getMore":
        return {
          cursor: { id: Long.ZERO, ns: `${db}.${String(command["collection"])}`, nextBatch: [] },
          ok: 1,
        };
      default:
        return undefined;
    }
  }

  /** The concern of who names none. https://www.mongodb.com/docs/manual/reference/command/setDefaultRWConcern/ */
  defaultConcern(): WriteConcern {
    const set = this.replica.state.store.collection(SETTINGS).get(keyOf(DEFAULT_CONCERN));
    return (set?.["defaultWriteConcern"] as WriteConcern | undefined) ?? { w: "majority" };
  }

  /** Waits as a command asks. @returns what is said of it in an answer */
  async concern(place: OpTime, command: Doc): Promise<Doc> {
    const asked = {
      ...this.defaultConcern(),
      ...(command["writeConcern"] as Partial<WriteConcern> | undefined),
    };
    try {
      await this.replica.replicated(place, asked);
      return {};
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const { code, codeName, message } = error;
      return { writeConcernError: { code, codeName, errmsg: message }, ...labels(code, command) };
    }
  }

  /** Applies a change of one document. */
  put(op: "i" | "u" | "d", ns: string, o: Doc, session?: Entry["session"]): OpTime {
    return this.replica.write({ op, ns, o, ...(session ? { session } : {}) });
  }

  private async write(name: "insert" | "update" | "delete", db: string, command: Doc): Promise<Doc> {
    const ns = `${db}.${String(command[name])}`;
    const statements = (command[{ insert: "documents", update: "updates", delete: "deletes" }[name]] ??
      []) as Doc[];
    const writeErrors: Doc[] = [];
    const upserted: Doc[] = [];
    let [n, nModified] = [0, 0];
    for (const [index, statement] of statements.entries()) {
      const done = this.done(command, index);
      if (done !== undefined) {
        n += done;
        continue;
      }
      try {
        const count = this.statement(
          name,
          ns,
          statement,
          (changed) => this.session(command, index, changed),
          (id) => upserted.push({ index, _id: id }),
        );
        n += count;
        nModified += count;
      } catch (error) {
        if (!(error instanceof CommandError) || error.codeName !== "DuplicateKey") throw error;
        writeErrors.push({ index, code: error.code, errmsg: error.message, keyPattern: { _id: 1 } });
        if (command["ordered"] !== false) break;
      }
    }
    const concern = await this.concern(this.replica.state.store.last, command);
    return {
      n,
      ...(name === "update" ? { nModified: nModified - upserted.length } : {}),
      ...(upserted.length > 0 ? { upserted } : {}),
      ...(writeErrors.length > 0 ? { writeErrors } : {}),
      ...concern,
      ok: 1,
    };
  }

  private statement(
    name: "insert" | "update" | "delete",
    ns: string,
    statement: Doc,
    session: (n: number) => Entry["session"],
    upserted: (id: unknown) => void,
  ): number {
    const documents = this.replica.state.store.collection(ns);
    if (name === "insert") {
      const document = { ...statement, _id: statement["_id"] ?? new ObjectId() };
      this.insert(ns, document, session(1));
      return 1;
    }
    const found = [...documents.values()].filter((one) => matches(one, statement["q"] as Doc));
    const all = name === "update" ? statement["multi"] === true : statement["limit"] === 0;
    const chosen = all ? found : found.slice(0, 1);
    for (const document of chosen) {
      if (name === "delete") this.put("d", ns, { _id: document["_id"] }, session(1));
      else this.put("u", ns, updated(document, statement["u"] as Doc), session(1));
    }
    if (chosen.length === 0 && name === "update" && statement["upsert"] === true) {
      const equalities = Object.fromEntries(
        Object.entries(statement["q"] as Doc).filter(
          ([, value]) => typeof value !== "object" || value instanceof ObjectId,
        ),
      );
      const document = { ...updated(equalities, statement["u"] as Doc) };
      const id: unknown = equalities["_id"] ?? document["_id"] ?? new ObjectId();
      this.insert(ns, { ...document, _id: id }, session(1));
      upserted(id);
      return 1;
    }
    return chosen.length;
  }

  private insert(ns: string, document: Doc, session: Entry["session"]): void {
    if (this.replica.state.store.collection(ns).has(keyOf(document["_id"])))
      throw new CommandError(
        "DuplicateKey",
        `E11000 duplicate key error collection: ${ns} index: _id_ dup key`,
      );
    this.put("i", ns, document, session);
  }

  private async findAndModify(db: string, command: Doc): Promise<Doc> {
    const ns = `${db}.${String(command["findAndModify"])}`;
    const { query = {}, update, remove, upsert } = command;
    const before = sorted(
      [...this.replica.state.store.collection(ns).values()].filter((one) => matches(one, query as Doc)),
      command["sort"] as Doc | undefined,
    ).at(0);
    let after: Doc | undefined;
    if (remove === true) {
      if (before) this.put("d", ns, { _id: before["_id"] }, this.session(command, 0, 1));
    } else if (before || upsert === true) {
      after = { _id: new ObjectId(), ...updated(before ?? { ...(query as Doc) }, update as Doc) };
      this.put(before ? "u" : "i", ns, after, this.session(command, 0, 1));
    }
    const concern = await this.concern(this.replica.state.store.last, command);
    const value = command["new"] === true ? after : before;
    return {
      value: value ?? null,
      lastErrorObject: { n: before || after ? 1 : 0, updatedExisting: before !== undefined },
      ...concern,
      ok: 1,
    };
  }

  private async read(name: "find" | "aggregate" | "count", db: string, command: Doc): Promise<Doc> {
    const { state } = this.replica;
    const ns = `${db}.${String(command[name])}`;
    const all =
      ns === OPLOG
        ? [{ _id: 0, ...shown(state.store.oldest) }]
        : [...(state.store.collections.get(ns)?.values() ?? [])];
    // Stronger than the server, which shows an older state: what is read is committed.
    if (
      ["majority", "linearizable"].includes(command["readConcern"]?.["level"] as string) &&
      state.state === "PRIMARY"
    )
      await this.replica.replicated(state.store.last, {
        w: "majority",
        wtimeout: Number(command["maxTimeMS"] ?? 0),
      });
    if (name === "count")
      return { n: all.filter((one) => matches(one, (command["query"] ?? {}) as Doc)).length, ok: 1 };
    let found: Doc[];
    const [stage = {}] = (command["pipeline"] ?? []) as Doc[];
    // Nothing here takes long.
    if (name === "aggregate" && "$currentOp" in stage) found = [];
    else if (name === "aggregate") found = aggregate(all, command["pipeline"] as Doc[]);
    else {
      const matching = all.filter((one) => matches(one, (command["filter"] ?? {}) as Doc));
      const from = Number(command["skip"] ?? 0);
      const most = Math.abs(Number(command["limit"] ?? 0)) || Infinity;
      found = sorted(matching, command["sort"] as Doc | undefined).slice(from, from + most);
    }
    return { cursor: { id: Long.ZERO, ns, firstBatch: found }, ok: 1 };
  }

  /** What a statement came to that was carried out before. */
  private done(command: Doc, index: number): number | undefined {
    if (command["txnNumber"] === undefined) return undefined;
    const known = this.replica.state.store.sessions.get(keyOf(command["lsid"]?.["id"]));
    return known?.txn === Number(command["txnNumber"]) ? known.results.get(index) : undefined;
  }

  private session(command: Doc, statement: number, n: number): Entry["session"] {
    if (command["txnNumber"] === undefined) return undefined;
    return { id: keyOf(command["lsid"]?.["id"]), txn: Number(command["txnNumber"]), statement, n };
  }
}

/** What drivers go by, where a write may be tried again. */
export function labels(code: number, command: Doc): Doc {
  const retryable = command["txnNumber"] !== undefined && RETRYABLE.includes(code);
  return retryable ? { errorLabels: ["RetryableWriteError"] } : {};
}
