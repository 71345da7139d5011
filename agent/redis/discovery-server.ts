import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import {
  answersTo,
  type Members,
  Session,
  switchMessage,
  type DiscoverySettings,
  type Place,
} from "./discovery";
import { encodeAnswer, ReplyError, RespReader } from "./resp";

/** What a client asks is a few words. */
const LIMITS = { bytes: 16 * 1024, items: 64, depth: 2 };

/** Connections at a time: each application keeps one or two. Further ones are refused. */
const MAX_CONNECTIONS = 1_000;

/** A client that says nothing for so long, and has not asked to be told, is gone; ms. */
const IDLE = 300_000;

/** What TLS begins with. */
const TLS_HANDSHAKE = 0x16;

/** What the answers are made from. */
export interface DiscoverySource {
  names: readonly string[];
  askedOn: number;
  /** The servers' ports; without one for plain text, clients are told that of TLS. */
  ports: { plain?: number; tls: number };
  members: () => Members;
  quorum: () => number;
  /** The servers' certificate, as it is now; rejects while there is none. */
  certificate: () => Promise<{ cert: string; key: string }>;
}

/** Tells clients where the members are, in plain text and in TLS on one port: who asks in TLS is told the port of TLS. */
export class DiscoveryServer {
  private readonly sessions = new Map<Session, (text: string) => void>();
  private primary: Place | undefined;
  readonly server: Server;

  constructor(private readonly source: DiscoverySource) {
    this.server = createServer({ keepAlive: true }, (socket) => {
      this.accept(socket);
    });
    this.server.maxConnections = MAX_CONNECTIONS;
  }

  /** Tells subscribers when the primary is another one. Called now and again. */
  look(): void {
    const { primary } = this.source.members();
    if (primary === undefined || primary.address === this.primary?.address) return;
    const before = this.primary;
    this.primary = primary;
    if (before === undefined) return;
    for (const [session, send] of this.sessions) {
      for (const name of this.source.names) {
        const message = switchMessage(name, before, primary, this.port(session));
        for (const answer of session.told(message)) send(encodeAnswer(answer, session.protocol));
      }
    }
  }

  private readonly encrypted = new WeakSet<Session>();

  private port(session: Session): number {
    const { plain, tls } = this.source.ports;
    return this.encrypted.has(session) ? tls : (plain ?? tls);
  }

  private accept(socket: Socket): void {
    socket.on("error", () => undefined);
    socket.setTimeout(IDLE, () => {
      socket.destroy();
    });
    socket.once("data", (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      if (first[0] !== TLS_HANDSHAKE) {
        this.talk(socket, false);
        return;
      }
      this.source
        .certificate()
        .then((files) => {
          const secured = new TLSSocket(socket, {
            isServer: true,
            secureContext: createSecureContext(files),
          });
          secured.on("error", () => {
            socket.destroy();
          });
          this.talk(secured, true);
        })
        .catch(() => {
          socket.destroy();
        });
    });
  }

  private talk(socket: Socket, encrypted: boolean): void {
    const session = new Session();
    if (encrypted) this.encrypted.add(session);
    const reader = new RespReader(LIMITS);
    this.sessions.set(session, (text) => {
      socket.write(text);
    });
    socket.on("close", () => {
      this.sessions.delete(session);
    });
    socket.on("data", (bytes: Buffer) => {
      try {
        for (const request of reader.read(bytes)) {
          const { names, askedOn } = this.source;
          const settings: DiscoverySettings = {
            names,
            askedOn,
            port: this.port(session),
            quorum: this.source.quorum(),
          };
          for (const answer of answersTo(session, request, this.source.members(), settings)) {
            socket.write(encodeAnswer(answer, session.protocol));
          }
          if (session.subscriptions > 0) socket.setTimeout(0);
          if (Array.isArray(request) && String(request[0]).toLowerCase() === "quit") socket.end();
        }
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        socket.end(encodeAnswer(new ReplyError(`ERR ${words}`), session.protocol));
      }
    });
    socket.resume();
  }
}
