import { createConnection, type Socket } from "node:net";
import { Kept } from "../core/kept";
import { encodeRequest, type ReadLimits, ReplyError, RespReader, type Value } from "./resp";

/** How long the server may take to answer, ms. */
const ANSWER_WITHIN = 3_000;

/** More than any answer that is asked for: the longest is the list of all settings. */
const LIMITS: ReadLimits = { bytes: 4 * 1024 * 1024, items: 10_000, depth: 8 };

/** Who connects. */
export interface Login {
  user: string;
  password: string;
}

/** The server did not answer in time. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
}

interface Waiting {
  resolve: (value: Value) => void;
  reject: (error: Error) => void;
}

/** One connection to the local server, over its socket. Whatever goes wrong on it ends it. */
export class Connection {
  private readonly reader = new RespReader(LIMITS);
  private readonly waiting: Waiting[] = [];
  private ended: Error | undefined;

  /** By which the server knows it. */
  id = "";
  /** A request on it was given up, which the server may have read and may still do. */
  abandoned = false;

  private constructor(private readonly socket: Socket) {
    socket.on("data", (bytes: Buffer) => {
      this.receive(bytes);
    });
    socket.on("error", (error) => {
      this.end(error);
    });
    socket.on("close", () => {
      this.end(new Error("the server has closed the connection"));
    });
  }

  /**
   * @param instead - a connection that was given up: what the server has not done of it by then, it never does.
   * @throws ReplyError when the server does not let the user in.
   */
  static async open(socketPath: string, { user, password }: Login, instead?: string): Promise<Connection> {
    const connection = new Connection(createConnection(socketPath));
    try {
      await connection.ask([["AUTH", user, password]]);
      const [id] = await connection.askEach([["CLIENT", "ID"]]);
      connection.id = String(id);
      // It may be gone.
      if (instead !== undefined) await connection.askEach([["CLIENT", "KILL", "ID", instead]]);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.ended === undefined;
  }

  /**
   * Sends requests at once, and returns the answers in their order.
   * @throws ReplyError, the first of the answers, after all have come.
   */
  async ask(requests: readonly (readonly string[])[], within = ANSWER_WITHIN): Promise<Value[]> {
    const answers = await this.askEach(requests, within);
    const refused = answers.find((answer) => answer instanceof ReplyError);
    if (refused instanceof ReplyError) throw refused;
    return answers;
  }

  /** The same; an answer may be an error. */
  async askEach(requests: readonly (readonly string[])[], within = ANSWER_WITHIN): Promise<Value[]> {
    if (this.ended !== undefined) throw this.ended;
    const answers = requests.map(
      () =>
        new Promise<Value>((resolve, reject) => {
          this.waiting.push({ resolve, reject });
        }),
    );
    const timer = setTimeout(() => {
      this.abandoned = true;
      this.end(new Unanswered(`the server does not answer within ${within} ms`));
    }, within);
    this.socket.write(requests.map(encodeRequest).join(""));
    try {
      return await Promise.all(answers);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.end(new Error("the connection was closed"));
  }

  private receive(bytes: Buffer): void {
    try {
      for (const value of this.reader.read(bytes)) this.waiting.shift()?.resolve(value);
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private end(error: Error): void {
    this.ended ??= error;
    this.socket.destroy();
    for (const { reject } of this.waiting.splice(0)) reject(this.ended);
  }
}

/** The local server, by a connection that is opened when it is needed. */
export class LocalServer {
  private readonly connection = new Kept<Connection>(async (ended) => this.renew(ended));
  /** The last connection on which a request was given up. */
  private abandoned: string | undefined;

  /** @param login - looked up at each attempt, since the password may change. */
  constructor(
    private readonly socketPath: string,
    private readonly login: () => Promise<Login>,
  ) {}

  async ask(requests: readonly (readonly string[])[], within?: number): Promise<Value[]> {
    return (await this.connection.get()).ask(requests, within);
  }

  async askEach(requests: readonly (readonly string[])[], within?: number): Promise<Value[]> {
    return (await this.connection.get()).askEach(requests, within);
  }

  /** One request. */
  async run(...words: string[]): Promise<Value> {
    const [answer = null] = await this.ask([words]);
    return answer;
  }

  close(): void {
    this.connection.close();
  }

  /** Nothing is asked before what was given up is known to be over. */
  private async renew(ended: Connection | undefined): Promise<Connection> {
    if (ended?.abandoned === true) this.abandoned = ended.id;
    const { abandoned } = this;
    const connection = await Connection.open(this.socketPath, await this.login(), abandoned);
    if (this.abandoned === abandoned) this.abandoned = undefined;
    return connection;
  }
}

/** Whether somebody can log in so. Rejects when the server cannot be asked. */
export async function canLogIn(socketPath: string, login: Login): Promise<boolean> {
  try {
    (await Connection.open(socketPath, login)).close();
    return true;
  } catch (error) {
    if (isDenied(error)) return false;
    throw error;
  }
}

/** Whether an error says that the account cannot be used so. */
export function isDenied(error: unknown): boolean {
  return error instanceof ReplyError && ["WRONGPASS", "NOAUTH"].includes(error.code);
}
