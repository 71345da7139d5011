import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { Binary } from "bson";
import { Kept } from "../core/kept";
import { Scram } from "./scram";
import { type Document, encodeRequest, numberIn, ReplyReader, textIn } from "./wire";

/** How long the server may take to answer, ms. */
const ANSWER_WITHIN = 5_000;

/** Codes of the server's answers. https://www.mongodb.com/docs/manual/reference/error-codes/ */
export const CODES = {
  userNotFound: 11,
  authenticationFailed: 18,
  notYetInitialized: 94,
  invalidConfig: 93,
  notWritablePrimary: 10107,
  configurationInProgress: 109,
  configNotCommitted: 308,
} as const;

/** The server refused a command. */
export class Refused extends Error {
  override readonly name = "Refused";

  constructor(
    message: string,
    /** 0 where it gave none. */
    readonly code: number,
  ) {
    super(message);
  }
}

/** The server did not answer in time. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
}

/** Who logs in, and in which database the account is. */
export interface Login {
  user: string;
  password: string;
  database: string;
}

/** Where a server is. */
export interface Place {
  host: string;
  port: number;
  /** Whose certificates are believed, in PEM. @default the connection is not encrypted */
  authority?: string | undefined;
}

interface Waiting {
  resolve: (answer: Document) => void;
  reject: (error: Error) => void;
}

/** What commands are sent on. */
export interface Commands {
  /**
   * @param within - until it counts as unanswered, ms
   * @throws Refused
   */
  run(command: Document, within?: number): Promise<Document>;
}

/** One connection to a server. Whatever goes wrong on it ends it. */
export class Connection implements Commands {
  private readonly reader = new ReplyReader();
  private readonly waiting = new Map<number, Waiting>();
  private ended: Error | undefined;
  private count = 0;

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

  /** @throws Refused when the server does not let the user in. */
  static async open({ host, port, authority }: Place, login?: Login): Promise<Connection> {
    const socket =
      authority === undefined
        ? connectPlain({ host, port })
        : connectTls({
            host,
            port,
            ca: authority,
            // Members are reached by address, which no certificate names; that the authority signed it is verified.
            checkServerIdentity: () => undefined,
          });
    socket.setNoDelay(true);
    const connection = new Connection(socket);
    try {
      if (login) await connection.logIn(login);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.ended === undefined;
  }

  async run(command: Document, within = ANSWER_WITHIN): Promise<Document> {
    if (this.ended !== undefined) throw this.ended;
    const id = ++this.count;
    const answered = new Promise<Document>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
    });
    const timer = setTimeout(() => {
      this.end(new Unanswered(`the server does not answer within ${within} ms`));
    }, within);
    this.socket.write(encodeRequest(id, { ...command, $db: command["$db"] ?? "admin" }));
    try {
      return accepted(await answered);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.end(new Error("the connection was closed"));
  }

  private async logIn({ user, password, database: $db }: Login): Promise<void> {
    const scram = new Scram(user, password);
    const begun = await this.run({
      saslStart: 1,
      mechanism: "SCRAM-SHA-256",
      payload: new Binary(Buffer.from(scram.first)),
      options: { skipEmptyExchange: true },
      $db,
    });
    const conversationId = begun["conversationId"];
    const proof = await scram.answer(payloadOf(begun));
    const ended = await this.run({
      saslContinue: 1,
      conversationId,
      payload: new Binary(Buffer.from(proof)),
      $db,
    });
    scram.verify(payloadOf(ended));
  }

  private receive(bytes: Buffer): void {
    try {
      for (const { to, document } of this.reader.read(bytes)) {
        this.waiting.get(to)?.resolve(document);
        this.waiting.delete(to);
      }
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private end(error: Error): void {
    this.ended ??= error;
    this.socket.destroy();
    for (const { reject } of this.waiting.values()) reject(this.ended);
    this.waiting.clear();
  }
}

/** An answer that is no error. What was done and is not yet on enough members is none. */
export function accepted(answer: Document): Document {
  if (numberIn(answer, "ok") !== 1) {
    throw new Refused(textIn(answer, "errmsg") ?? "the server refused it", numberIn(answer, "code") ?? 0);
  }
  const late = answer["writeConcernError"] as Document | undefined;
  if (late !== undefined)
    throw new Refused(textIn(late, "errmsg") ?? "not written", numberIn(late, "code") ?? 0);
  const [failed] = (answer["writeErrors"] ?? []) as Document[];
  if (failed !== undefined)
    throw new Refused(textIn(failed, "errmsg") ?? "not written", numberIn(failed, "code") ?? 0);
  return answer;
}

function payloadOf(answer: Document): string {
  const payload = answer["payload"];
  if (payload instanceof Binary)
    return Buffer.from(payload.buffer.subarray(0, payload.position)).toString("utf8");
  return Buffer.isBuffer(payload) ? payload.toString("utf8") : "";
}

/** Whether an error says that the account cannot be used so. */
export function isDenied(error: unknown): boolean {
  return error instanceof Refused && error.code === CODES.authenticationFailed;
}

/** Opens something with the first of several passwords that is not denied, as servers do among each other. */
export async function withAny<T>(
  passwords: readonly string[],
  open: (password: string) => Promise<T>,
): Promise<T> {
  let denied: unknown = new Error("there is no password");
  for (const password of passwords) {
    try {
      return await open(password);
    } catch (error) {
      if (!isDenied(error)) throw error;
      denied = error;
    }
  }
  throw denied;
}

/** Whether somebody can log in so. Rejects when the server cannot be asked. */
export async function canLogIn(place: Place, login: Login): Promise<boolean> {
  try {
    (await Connection.open(place, login)).close();
    return true;
  } catch (error) {
    if (isDenied(error)) return false;
    throw error;
  }
}

/** A server, by a connection that is opened when it is needed. */
export class KeptConnection implements Commands {
  private readonly connection: Kept<Connection>;

  constructor(open: () => Promise<Connection>) {
    this.connection = new Kept(open);
  }

  async run(command: Document, within?: number): Promise<Document> {
    return await (await this.connection.get()).run(command, within);
  }

  close(): void {
    this.connection.close();
  }
}
