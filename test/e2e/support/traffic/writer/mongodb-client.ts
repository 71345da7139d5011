import { MongoClient, MongoServerError, type ObjectId } from "mongodb";
import type { Answer, Target, WriterClient } from "./client";
import type { Login } from "./program";

/** Its codes for "I am not the primary", and for one that is stepping down. https://www.mongodb.com/docs/manual/reference/error-codes/ */
const STANDBY = [10107, 11602, 13435, 13436, 189];

/** What the server that is asked says of itself. https://www.mongodb.com/docs/manual/reference/command/hello/ */
interface Greeting {
  me?: string;
  isWritablePrimary?: boolean;
  /** Holds the term that it was elected in. */
  electionId?: ObjectId;
}

interface Row {
  _id: string;
}

/** Writes to a majority, as who names no write concern does. */
export class MongoDbClient implements WriterClient {
  constructor(private readonly login: Login) {}

  /** Nothing is to be made beforehand. */
  async prepare(target: Target): Promise<void> {
    await this.with(target, undefined, async (client) => client.db().command({ ping: 1 }));
  }

  async write(target: Target, id: string, signal: AbortSignal): Promise<Answer> {
    return this.with(target, signal, async (client) => {
      try {
        const {
          me = "",
          isWritablePrimary,
          electionId,
        } = (await client.db("admin").command({ hello: 1 })) as Greeting;
        if (isWritablePrimary !== true) return { outcome: "standby", error: `${me} is no primary` };
        await this.rows(client).insertOne({ _id: id });
        return { outcome: "acknowledged", server: me, term: termOf(electionId) };
      } catch (error) {
        if (!(error instanceof MongoServerError) || !STANDBY.includes(Number(error.code))) throw error;
        return { outcome: "standby", error: error.message };
      }
    });
  }

  async drop(target: Target): Promise<void> {
    await this.with(target, undefined, async (client) => this.rows(client).drop());
  }

  async ids(target: Target): Promise<string[]> {
    return this.with(target, undefined, async (client) => {
      const found = await this.rows(client).find().toArray();
      return found.map(({ _id }) => _id);
    });
  }

  private rows(client: MongoClient) {
    return client.db().collection<Row>(`writes_${this.login.run}`);
  }

  /** Does something on one connection, to the server that the name leads to. */
  private async with<T>(
    target: Target,
    signal: AbortSignal | undefined,
    work: (client: MongoClient) => Promise<T>,
  ): Promise<T> {
    const client = clientOf(this.login, target);
    const close = (): void => void client.close().catch(() => undefined);
    signal?.addEventListener("abort", close);
    try {
      await client.connect();
      return await work(client);
    } finally {
      close();
    }
  }
}

/** Knows nothing of the set: it talks to one server, which is the primary where the name is the primary's. */
export function clientOf({ user, password, database }: Login, { host, port }: Target): MongoClient {
  return new MongoClient(`mongodb://${host}:${port}/${database}`, {
    auth: { username: user, password },
    authSource: "admin",
    directConnection: true,
    readPreference: "primaryPreferred",
    serverSelectionTimeoutMS: 5_000,
    maxPoolSize: 1,
    retryWrites: false,
  });
}

/** The last eight bytes count elections. */
export function termOf(electionId: ObjectId | undefined): number {
  return electionId === undefined ? 0 : Number.parseInt(electionId.toHexString().slice(8), 16);
}
