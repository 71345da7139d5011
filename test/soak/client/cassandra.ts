import { auth, Client, policies, types } from "cassandra-driver";
import { DATACENTER } from "../../../components/cassandra/protocol";
import type { Target } from "../../e2e/support/traffic/writer/client";
import { CassandraClient } from "../../e2e/support/traffic/writer/cassandra-client";
import type { Login } from "../../e2e/support/traffic/writer/program";
import { runSoakClient } from "./program";
import { elements, type Isolation, type Session, type SoakClient } from "./session";

const { serial, localQuorum } = types.consistencies;

/** A row that was read has changed: the transaction has done nothing. */
const CHANGED = "somebody else changed what was read";

/** How long an answer may take, ms: one that is agreed on takes several rounds. */
const ANSWER_WITHIN = 4_000;

class CassandraSoakClient implements SoakClient {
  constructor(private readonly login: Login) {}

  async prepare(target: Target): Promise<void> {
    const client = await this.connect(target);
    try {
      // All in one partition: what is agreed on together must be.
      await client.execute(
        "CREATE TABLE IF NOT EXISTS soak_rows (part int, key text, value text, version text, PRIMARY KEY (part, key))",
      );
      await client.execute(
        "CREATE TABLE IF NOT EXISTS soak_loads (name text, n int, filler text, PRIMARY KEY (name, n))",
      );
    } finally {
      await client.shutdown();
    }
  }

  /** There is one isolation: a transaction's writes are done at once, if nothing that it read has changed. */
  async open(target: Target, _isolation: Isolation, signal: AbortSignal): Promise<Session> {
    const client = await this.connect(target);
    signal.addEventListener("abort", () => void client.shutdown());
    return new CassandraSession(client);
  }

  refusedCommit(error: unknown): boolean {
    return error instanceof Error && error.message === CHANGED;
  }

  private async connect({ host, port }: Target): Promise<Client> {
    const place = `${host}:${port}`;
    const client = new Client({
      contactPoints: [place],
      localDataCenter: DATACENTER,
      keyspace: this.login.database,
      authProvider: new auth.PlainTextAuthProvider(this.login.user, this.login.password),
      policies: {
        loadBalancing: new policies.loadBalancing.AllowListPolicy(
          new policies.loadBalancing.RoundRobinPolicy(),
          [place],
        ),
        // What has perhaps been agreed on must not be tried again.
        retry: new policies.retry.FallthroughRetryPolicy(),
      },
      socketOptions: { connectTimeout: 1_000, readTimeout: ANSWER_WITHIN },
    });
    await client.connect();
    return client;
  }
}

/** A value that was read, or is to be written. */
interface Cell {
  value: string | null;
  /** `null`: there is no such row. */
  version: string | null;
}

/** Reads remember each row's version, and writes are kept until the end. */
class CassandraSession implements Session {
  private readonly read = new Map<string, Cell>();
  private readonly written = new Map<string, string>();

  constructor(private readonly client: Client) {}

  begin(): Promise<void> {
    this.read.clear();
    this.written.clear();
    return Promise.resolve();
  }

  async commit(): Promise<void> {
    const version = types.TimeUuid.now().toString();
    // A row that is written without having been agreed on could be put before one that was.
    for (const key of this.written.keys()) await this.cell(key);
    if (this.read.size === 0) return;
    const statements = [...this.read].map(([key, cell]) => ({
      query: "UPDATE soak_rows SET value = ?, version = ? WHERE part = 0 AND key = ? IF version = ?",
      params: [
        this.written.get(key) ?? cell.value,
        this.written.has(key) ? version : cell.version,
        key,
        cell.version,
      ],
    }));
    const answer = await this.client.batch(statements, {
      prepare: true,
      logged: true,
      consistency: localQuorum,
      serialConsistency: serial,
    });
    if (!answer.wasApplied()) throw new Error(CHANGED);
  }

  touch(worker: string): Promise<void> {
    this.written.set(`touches:${worker}`, types.TimeUuid.now().toString());
    return Promise.resolve();
  }

  async register(key: string): Promise<string | null> {
    return this.valueOf(`registers:${key}`);
  }

  async writeRegister(key: string, value: string): Promise<void> {
    this.written.set(`registers:${key}`, value);
    return Promise.resolve();
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
    this.written.set(`lists:${key}`, [...before, element].join(","));
  }

  async addRows(name: string, rows: number): Promise<void> {
    const batch = 100;
    for (let from = 0; from < rows; from += batch) {
      const statements = Array.from({ length: Math.min(batch, rows - from) }, (_, index) => ({
        query: "INSERT INTO soak_loads (name, n, filler) VALUES (?, ?, ?)",
        params: [name, from + index, name.padEnd(200, ".")],
      }));
      await this.client.batch(statements, { prepare: true, logged: false, consistency: localQuorum });
    }
  }

  async countRows(prefix: string): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    const names = await this.client.execute("SELECT DISTINCT name FROM soak_loads", [], {
      consistency: localQuorum,
    });
    for (const name of names.rows.map((row) => String(row["name"])).filter((one) => one.startsWith(prefix))) {
      const { rows } = await this.client.execute(
        "SELECT count(*) AS n FROM soak_loads WHERE name = ?",
        [name],
        {
          prepare: true,
          consistency: localQuorum,
        },
      );
      found[name] = Number(rows[0]?.["n"] ?? 0);
    }
    return found;
  }

  destroy(): void {
    void this.client.shutdown();
  }

  private async valueOf(key: string): Promise<string | null> {
    return this.written.get(key) ?? (await this.cell(key)).value;
  }

  private async cell(key: string): Promise<Cell> {
    const known = this.read.get(key);
    if (known !== undefined) return known;
    const { rows } = await this.client.execute(
      "SELECT value, version FROM soak_rows WHERE part = 0 AND key = ?",
      [key],
      { prepare: true, consistency: serial },
    );
    const value = (rows[0]?.["value"] as string | undefined) ?? null;
    const version = (rows[0]?.["version"] as string | undefined) ?? null;
    const cell = { value, version };
    this.read.set(key, cell);
    return cell;
  }
}

void runSoakClient(
  (login) => new CassandraSoakClient(login),
  (login) => new CassandraClient(login),
);
