import {
  type ClientSession,
  type Collection,
  type MongoClient,
  MongoServerError,
  WriteConcern,
} from "mongodb";
import type { Target } from "../../e2e/support/traffic/writer/client";
import { clientOf, MongoDbClient } from "../../e2e/support/traffic/writer/mongodb-client";
import type { Login } from "../../e2e/support/traffic/writer/program";
import { runSoakClient } from "./program";
import { elements, type Isolation, type Session, type SoakClient } from "./session";

/** What the server says of a transaction that it has undone. https://www.mongodb.com/docs/manual/core/transactions-in-applications/ */
const UNDONE = "TransientTransactionError";

interface Cell {
  _id: string;
  value?: string | null;
  /** Counts who has read it in order to decide by it. */
  reads?: number;
}

interface Load {
  name: string;
  filler: string;
}

class MongoDbSoakClient implements SoakClient {
  constructor(private readonly login: Login) {}

  async prepare(target: Target): Promise<void> {
    const client = clientOf(this.login, target);
    try {
      // In a transaction none is made.
      const there = await client.db().listCollections({}, { nameOnly: true }).toArray();
      for (const name of ["soak_rows", "soak_loads"])
        if (!there.some((one) => one.name === name)) await client.db().createCollection(name);
    } finally {
      await client.close();
    }
  }

  async open(target: Target, isolation: Isolation, signal: AbortSignal): Promise<Session> {
    const client = clientOf(this.login, target);
    signal.addEventListener("abort", () => void client.close());
    await client.connect();
    return new MongoDbSession(client, isolation);
  }

  refusedCommit(error: unknown): boolean {
    return error instanceof MongoServerError && error.hasErrorLabel(UNDONE);
  }
}

/**
 * Transactions see one state of the data, and two that write the same document do not both succeed. What is read to decide by it
 * is therefore written as well, where transactions are to be as if one came after the other.
 * https://www.mongodb.com/docs/manual/core/transactions-production-consideration/#in-progress-transactions-and-stale-reads
 */
class MongoDbSession implements Session {
  private readonly session: ClientSession;

  constructor(
    private readonly client: MongoClient,
    private readonly isolation: Isolation,
  ) {
    this.session = client.startSession();
  }

  begin(): Promise<void> {
    this.session.startTransaction({
      readConcern: { level: "snapshot" },
      writeConcern: new WriteConcern("majority"),
      readPreference: "primary",
    });
    return Promise.resolve();
  }

  async commit(): Promise<void> {
    await this.session.commitTransaction();
  }

  async touch(worker: string): Promise<void> {
    await this.cells().updateOne({ _id: `touches:${worker}` }, { $inc: { reads: 1 } }, this.upserting());
  }

  async register(key: string): Promise<string | null> {
    return this.valueOf(`registers:${key}`);
  }

  async writeRegister(key: string, value: string): Promise<void> {
    await this.write(`registers:${key}`, value);
  }

  async swapRegister(key: string, from: string, value: string): Promise<boolean> {
    if ((await this.register(key)) !== from) return false;
    await this.writeRegister(key, value);
    return true;
  }

  async list(key: string): Promise<string[]> {
    return elements(await this.valueOf(`lists:${key}`));
  }

  async append(key: string, element: string): Promise<void> {
    const before = await this.list(key);
    await this.write(`lists:${key}`, [...before, element].join(","));
  }

  async addRows(name: string, rows: number): Promise<void> {
    const batch = 1000;
    for (let from = 0; from < rows; from += batch) {
      const many = Array.from({ length: Math.min(batch, rows - from) }, () => ({
        name,
        filler: name.padEnd(200, "."),
      }));
      await this.loads().insertMany(many);
    }
  }

  async countRows(prefix: string): Promise<Record<string, number>> {
    const counted = await this.loads()
      .aggregate<{ _id: string; n: number }>([{ $group: { _id: "$name", n: { $sum: 1 } } }])
      .toArray();
    return Object.fromEntries(
      counted.filter(({ _id }) => _id.startsWith(prefix)).map(({ _id, n }) => [_id, n]),
    );
  }

  destroy(): void {
    void this.client.close();
  }

  private cells(): Collection<Cell> {
    return this.client.db().collection<Cell>("soak_rows");
  }

  private loads(): Collection<Load> {
    return this.client.db().collection<Load>("soak_loads");
  }

  private upserting(): { session: ClientSession; upsert: true } {
    return { session: this.session, upsert: true };
  }

  private async valueOf(key: string): Promise<string | null> {
    const { session } = this;
    const cell =
      this.isolation === "serializable"
        ? await this.cells().findOneAndUpdate({ _id: key }, { $inc: { reads: 1 } }, this.upserting())
        : await this.cells().findOne({ _id: key }, { session });
    return cell?.value ?? null;
  }

  private async write(key: string, value: string): Promise<void> {
    await this.cells().updateOne({ _id: key }, { $set: { value } }, this.upserting());
  }
}

void runSoakClient(
  (login) => new MongoDbSoakClient(login),
  (login) => new MongoDbClient(login),
);
