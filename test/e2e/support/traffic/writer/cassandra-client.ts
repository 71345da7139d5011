import { auth, Client, policies, types } from "cassandra-driver";
import { DATACENTER } from "../../../../../components/cassandra/protocol";
import type { Answer, Target, WriterClient } from "./client";
import type { Login } from "./program";

/** How long a server may take to accept a connection, to let somebody in, and to answer a write, ms. */
const CONNECT_WITHIN = 1_000;
const LET_IN_WITHIN = 10_000;
const ANSWER_WITHIN = 1_000;

/** The same of a change of the schema, which all members have to take over. */
const AGREED_WITHIN = 30_000;

/** How many other members a write is tried on. */
const RETRIES = 3;

/** A coordinator that is lost, or does not answer in time, is replaced by another one: each write may be done twice. */
class NextHost extends policies.retry.RetryPolicy {
  override onReadTimeout({ nbRetry }: policies.retry.OperationInfo): policies.retry.DecisionInfo {
    return this.next(nbRetry);
  }

  override onWriteTimeout({ nbRetry }: policies.retry.OperationInfo): policies.retry.DecisionInfo {
    return this.next(nbRetry);
  }

  override onUnavailable({ nbRetry }: policies.retry.OperationInfo): policies.retry.DecisionInfo {
    return this.next(nbRetry);
  }

  override onRequestError({ nbRetry }: policies.retry.OperationInfo): policies.retry.DecisionInfo {
    return this.next(nbRetry);
  }

  private next(retries: number): policies.retry.DecisionInfo {
    return retries < RETRIES
      ? this.retryResult(types.consistencies.localQuorum, false)
      : this.rethrowResult();
  }
}

/** Writes as applications of this engine do: by one session that lasts, and finds the members by itself. */
export class CassandraClient implements WriterClient {
  private readonly table: string;
  private readonly sessions = new Map<string, Promise<Client>>();

  constructor(private readonly login: Login) {
    this.table = `writes_${login.run.replace(/\W/g, "_")}`;
  }

  async prepare(target: Target): Promise<void> {
    const client = await this.session(target);
    await client.execute(
      `CREATE TABLE IF NOT EXISTS ${this.table} (part int, id text, PRIMARY KEY (part, id))`,
      [],
      { readTimeout: AGREED_WITHIN },
    );
    await client.shutdown();
  }

  /** Members are equals: who took it, and in which reign, tells nothing. */
  async write(target: Target, id: string): Promise<Answer> {
    const client = await this.session(target);
    const options = {
      prepare: true,
      isIdempotent: true,
      readTimeout: ANSWER_WITHIN,
      consistency: types.consistencies.localQuorum,
    };
    const { info } = await client.execute(
      `INSERT INTO ${this.table} (part, id) VALUES (?, ?)`,
      [partOf(id), id],
      options,
    );
    return { outcome: "acknowledged", server: info.queriedHost, term: 1 };
  }

  async drop(target: Target): Promise<void> {
    const client = await this.session(target);
    await client.execute(`DROP TABLE IF EXISTS ${this.table}`, [], { readTimeout: AGREED_WITHIN });
    await client.shutdown();
  }

  async ids(target: Target): Promise<string[]> {
    const client = await this.session(target);
    const ids: string[] = [];
    for (let part = 0; part < PARTS; part++) {
      const rows = await client.execute(`SELECT id FROM ${this.table} WHERE part = ?`, [part], {
        prepare: true,
        fetchSize: 100_000,
        isIdempotent: true,
        consistency: types.consistencies.localQuorum,
      });
      for (const row of rows.rows) ids.push(String(row["id"]));
    }
    await client.shutdown();
    return ids;
  }

  /** A session with one member, or with all of them. */
  private async session(target: Target): Promise<Client> {
    const key = `${target.host}:${target.port}`;
    const open = this.sessions.get(key) ?? this.connect(target);
    this.sessions.set(key, open);
    open.catch(() => {
      if (this.sessions.get(key) === open) this.sessions.delete(key);
    });
    return await open;
  }

  private async connect({ host, port, alone = false }: Target): Promise<Client> {
    const place = `${host}:${port}`;
    const one = await this.open([place], [place]);
    if (alone) return one;
    try {
      const own = await one.execute("SELECT rpc_address AS address FROM system.local");
      const others = await one.execute("SELECT native_address AS address FROM system.peers_v2");
      return await this.open([...own.rows, ...others.rows].map((row) => `${String(row["address"])}:${port}`));
    } finally {
      await one.shutdown();
    }
  }

  private async open(contactPoints: string[], only?: string[]): Promise<Client> {
    const { user, password, database } = this.login;
    const everybody = new policies.loadBalancing.DCAwareRoundRobinPolicy(DATACENTER);
    const client = new Client({
      contactPoints,
      localDataCenter: DATACENTER,
      keyspace: database,
      authProvider: new auth.PlainTextAuthProvider(user, password),
      policies: {
        loadBalancing: only ? new policies.loadBalancing.AllowListPolicy(everybody, only) : everybody,
        retry: new NextHost(),
        reconnection: new policies.reconnection.ConstantReconnectionPolicy(500),
      },
      socketOptions: { connectTimeout: CONNECT_WITHIN, readTimeout: LET_IN_WITHIN },
    });
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.shutdown().catch(() => undefined);
      throw error;
    }
  }
}

/** Rows are spread over so many places of the ring. */
const PARTS = 16;

function partOf(id: string): number {
  return Number(/\d+$/.exec(id)?.[0] ?? 0) % PARTS;
}
