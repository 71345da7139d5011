import { createServer, type Server as NetServer, type Socket } from "node:net";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import { readFileSync } from "node:fs";
import { within } from "../../../agent/core/clock";
import { Connection, KeptConnection, type Place, withAny } from "../../../agent/mongodb/connection";
import { Replica } from "./replica";
import { Server } from "./server";
import { Session } from "./session";
import type { Disk } from "./state";
import type { Doc } from "./store";
import { realTimers } from "./timers";
import { answerTo, type Message, Messages } from "./wire";

/** What a server is started with. */
export interface ProcessOptions {
  version: string;
  setName: string;
  /** Its name in configurations, `host:port`. */
  host: string;
  /** The port that it listens on, and the address. @default any address */
  port: number;
  bind?: string;
  disk: Disk;
  /** What the key file holds. */
  keys: readonly string[];
  /** Names of files in PEM; without them it does not encrypt. */
  tls?: { certificateKey: string; authority: string; required: boolean };
  options?: Doc;
  /** Leads to a member's server by its name in the configuration. @default the name itself */
  resolve?: (host: string) => Place;
  log?: (message: string) => void;
  /** Called when the process is to end. */
  exit: (code: number) => void;
  copyTime?: number;
  oplogMost?: number;
}

/** The first byte of a TLS connection. */
const HANDSHAKE = 22;

/** How long a clean end may take to hand the primary over, s. https://www.mongodb.com/docs/manual/reference/parameters/#mongodb-parameter-param.shutdownTimeoutMillisForSignaledShutdown */
const END_WITHIN = 15;

/** A server that listens. */
export class FakeMongod {
  readonly replica: Replica;
  readonly server: Server;
  private readonly listener: NetServer;
  private context: SecureContext | undefined;
  private readonly peers = new Map<string, KeptConnection>();
  private readonly sockets = new Set<Socket>();
  private answers = 0;

  constructor(private readonly given: ProcessOptions) {
    const { disk, setName, host, log = () => undefined, exit } = given;
    this.replica = new Replica({
      timers: realTimers,
      random: Math.random,
      host,
      setName,
      disk,
      // What waits for news must not hold up the rest.
      send: async (to, command, limit) =>
        // The time that an answer has is also that of a connection that must be made for it.
        await within(limit, this.peer(to, "replPull" in command).run({ ...command, $db: "local" }, limit)),
      log,
      fatal: (message) => {
        log(`Fatal assertion: ${message}`);
        this.end();
        exit(14);
      },
      ...(given.copyTime === undefined ? {} : { copyTime: given.copyTime }),
      ...(given.oplogMost === undefined ? {} : { oplogMost: given.oplogMost }),
    });
    this.server = new Server({
      replica: this.replica,
      version: given.version,
      keys: given.keys,
      options: given.options ?? {},
      rotate: async () => {
        this.rotate();
      },
      shutDown: () => void this.shutDown(),
    });
    this.listener = createServer((socket) => {
      this.accept(socket);
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.listener.once("error", reject);
      this.listener.listen(this.given.port, this.given.bind ?? "::", resolve);
    });
    this.replica.start();
    return (this.listener.address() as { port: number }).port;
  }

  /** As SIGTERM does: the primary hands over first. */
  async shutDown(): Promise<void> {
    if (this.replica.leads && this.replica.state.others.length > 0)
      await this.replica.handOver(60, END_WITHIN, true).catch(() => undefined);
    this.given.disk.journal();
    this.end();
    this.given.exit(0);
  }

  /** The process ends: what was not in the journal is lost. */
  end(): void {
    this.replica.end();
    this.given.disk.store.crash();
    this.listener.close();
    for (const socket of this.sockets) socket.destroy();
    for (const peer of this.peers.values()) peer.close();
  }

  /** Where both are welcome, the first byte tells which it is: a TLS client begins with a handshake's record. RFC 8446, 5.1 */
  private accept(socket: Socket): void {
    const { tls } = this.given;
    if (!tls) {
      this.serve(socket);
      return;
    }
    this.sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => this.sockets.delete(socket));
    socket.once("readable", () => {
      const first = socket.read(1) as Buffer | null;
      if (first === null) return;
      socket.unshift(first);
      if (first[0] === HANDSHAKE) this.serve(this.encrypted(socket));
      else if (tls.required) socket.destroy();
      else this.serve(socket);
    });
  }

  private encrypted(socket: Socket): TLSSocket {
    this.context ??= createSecureContext(this.files());
    const secured = new TLSSocket(socket, {
      isServer: true,
      secureContext: this.context,
      requestCert: true,
      rejectUnauthorized: false,
    });
    return secured;
  }

  private rotate(): void {
    if (this.given.tls) this.context = createSecureContext(this.files());
  }

  private files(): { cert: string; key: string; ca: string } {
    const { certificateKey = "", authority = "" } = this.given.tls ?? {};
    const pem = readFileSync(certificateKey, "utf8");
    return { cert: pem, key: pem, ca: readFileSync(authority, "utf8") };
  }

  private serve(socket: Socket): void {
    const session = new Session(this.server);
    const messages = new Messages();
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.sockets.delete(socket);
      session.close();
    });
    let before = Promise.resolve();
    socket.on("data", (part: Buffer) => {
      try {
        // One after the other, as they came.
        for (const message of messages.feed(part))
          before = before.then(async () => {
            await this.answer(socket, session, message);
          });
      } catch {
        socket.destroy();
      }
    });
  }

  private async answer(socket: Socket, session: Session, message: Message): Promise<void> {
    let { id, command } = message;
    for (;;) {
      const answer = await session
        .run(command)
        .catch((error: unknown): Doc => ({ ok: 0, code: 8, errmsg: String(error) }));
      if (message.silent || socket.destroyed) return;
      const more = message.streams && "maxAwaitTimeMS" in command && answer["ok"] === 1;
      const own = ++this.answers;
      socket.write(answerTo({ ...message, id }, answer, own, more));
      if (!more) return;
      // Each is the answer to the one before.
      id = own;
      command = { ...command, topologyVersion: answer["topologyVersion"] };
    }
  }

  private peer(host: string, waits: boolean): KeptConnection {
    const name = `${host} ${String(waits)}`;
    let found = this.peers.get(name);
    if (!found) {
      found = new KeptConnection(
        async () =>
          await withAny(this.given.keys, async (password) =>
            Connection.open(this.place(host), { user: "__system", password, database: "local" }),
          ),
      );
      this.peers.set(name, found);
    }
    return found;
  }

  private place(host: string): Place {
    const { resolve, tls } = this.given;
    if (resolve) return resolve(host);
    const [name = "", port = ""] = host.split(":");
    return {
      host: name,
      port: Number(port),
      ...(tls ? { authority: readFileSync(tls.authority, "utf8") } : {}),
    };
  }
}
