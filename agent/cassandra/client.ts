import { auth, Client, errors, policies, types } from "cassandra-driver";
import { messageOf } from "../core/log";
import type { Login } from "../core/types";

/** How long the server may take to accept a connection, and to answer, ms. */
const CONNECT_WITHIN = 2_000;
const ANSWER_WITHIN = 5_000;

/** The server does not let this login in. */
export class Denied extends Error {
  override readonly name = "Denied";
}

/** The server answers nobody. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** A row of an answer. */
export type Row = Record<string, unknown>;

/** Where the local server listens, and how it shows who it is. */
export interface LocalPlace {
  host: string;
  port: number;
  datacenter: string;
  /** The authority's certificate in PEM. */
  authority: () => Promise<string>;
}

/** One login at the local server: its own answers, and nobody else's. */
export class Session {
  private constructor(private readonly client: Client) {}

  /** @throws Denied, Unreachable */
  static async open(
    { host, port, datacenter, authority }: LocalPlace,
    { user, password }: Login,
  ): Promise<Session> {
    const client = new Client({
      contactPoints: [`${host}:${port}`],
      localDataCenter: datacenter,
      authProvider: new auth.PlainTextAuthProvider(user, password),
      // It is reached on the pod's own loopback address, which is in no certificate.
      sslOptions: { ca: [await authority()], checkServerIdentity: () => undefined },
      policies: {
        loadBalancing: new policies.loadBalancing.AllowListPolicy(
          new policies.loadBalancing.RoundRobinPolicy(),
          [`${host}:${port}`],
        ),
        reconnection: new policies.reconnection.ConstantReconnectionPolicy(1_000),
      },
      pooling: {
        coreConnectionsPerHost: { [types.distance.local]: 1, [types.distance.remote]: 0 },
        heartBeatInterval: 0,
      },
      socketOptions: { connectTimeout: CONNECT_WITHIN, readTimeout: ANSWER_WITHIN },
      queryOptions: { consistency: types.consistencies.localOne, prepare: false },
    });
    try {
      await client.connect();
      return new Session(client);
    } catch (error) {
      await client.shutdown().catch(() => undefined);
      throw failureOf(error);
    }
  }

  /** @throws Error of the server's, or Unreachable */
  async run(statement: string, consistency?: types.consistencies): Promise<Row[]> {
    try {
      const { rows } = await this.client.execute(
        statement,
        undefined,
        consistency === undefined ? {} : { consistency },
      );
      return (rows as unknown[] | null)?.map((row) => row as Row) ?? [];
    } catch (error) {
      throw failureOf(error);
    }
  }

  async close(): Promise<void> {
    await this.client.shutdown().catch(() => undefined);
  }
}

/** A login that is open. */
export type OpenSession = Pick<Session, "run" | "close">;

/**
 * The agent's own login, opened when it is first needed, and anew after a failure. While a changed password is not in force yet, the one
 * that it was let in by last goes on.
 */
export class LocalServer {
  private session: OpenSession | undefined;
  private opening: Promise<OpenSession> | undefined;
  private former: Login | undefined;

  /** @param login - the agent's, as it is now. */
  constructor(
    readonly place: LocalPlace,
    private readonly login: () => Promise<Login>,
    private readonly connect: (place: LocalPlace, login: Login) => Promise<OpenSession> = async (at, who) =>
      Session.open(at, who),
  ) {}

  /** @throws Denied, Unreachable, or what the server says */
  async run(statement: string, consistency?: types.consistencies): Promise<Row[]> {
    const session = await this.opened();
    try {
      return await session.run(statement, consistency);
    } catch (error) {
      if (error instanceof Unreachable) await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    await session?.close();
  }

  private async opened(): Promise<OpenSession> {
    if (this.session) return this.session;
    this.opening ??= this.open().finally(() => {
      this.opening = undefined;
    });
    this.session = await this.opening;
    return this.session;
  }

  private async open(): Promise<OpenSession> {
    const { place, former, connect } = this;
    const login = await this.login();
    try {
      const session = await connect(place, login);
      this.former = login;
      return session;
    } catch (error) {
      const changed = former !== undefined && former.password !== login.password;
      if (!(error instanceof Denied) || !changed) throw error;
      return await connect(place, former);
    }
  }
}

/** Whether the local server lets somebody in. */
export async function canLogIn(place: LocalPlace, login: Login): Promise<boolean> {
  try {
    const session = await Session.open(place, login);
    await session.close();
    return true;
  } catch (error) {
    if (error instanceof Denied) return false;
    throw error;
  }
}

/** What an error of the driver's means: it hides that of the one server behind one of "all hosts". */
function failureOf(error: unknown): Error {
  const inner =
    Object.values((error as { innerErrors?: Record<string, unknown> }).innerErrors ?? {})[0] ?? error;
  const text = messageOf(inner).split("\n")[0] ?? "";
  // A server that cannot read its accounts says that in an answer to the login as well.
  if (inner instanceof errors.AuthenticationError) {
    return /incorrect|not permitted to log in/i.test(text) ? new Denied(text) : new Unreachable(text);
  }
  if (inner instanceof errors.ResponseError) return inner;
  return new Unreachable(text);
}

/** A text as a constant of the language. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as it is written, in the case that it has. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
