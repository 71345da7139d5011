import type { ServerStatus } from "../core/engine";
import type { Role } from "../core/types";
import { askServer, type Reply } from "./sql";

/** How long a primary may hang until it is killed, ms: well below the time after which another takes over (20 s). */
const PRIMARY_PATIENCE = 8_000;
/** How long a replica may: nobody waits for it. */
const REPLICA_PATIENCE = 60_000;
/** How long a new connection may take, ms. */
const CONNECT_WITHIN = 2_000;
/** How often a server that runs is asked, ms. */
const ASK_EVERY = 2_000;

type Hung = ServerStatus["hung"];

/** Notices what Patroni cannot: that it hangs itself, or that its server does behind the connection that it has. */
export class Hangs {
  private asked: { at: number; hung: Hung } = { at: -Infinity, hung: undefined };

  constructor(private readonly ask: (limit: number) => Promise<Reply> = askServer) {}

  /** Patroni does not answer. A primary that goes on without it does not notice when another takes over. */
  async whenSilent(): Promise<Hung> {
    const reply = await this.ask(CONNECT_WITHIN);
    if (reply === "gone" || reply === "answers") return undefined;
    const what = "Patroni does not answer while the server runs";
    return { reason: what, patience: reply === "replica" ? REPLICA_PATIENCE : PRIMARY_PATIENCE };
  }

  /** Patroni answers that the server runs: it keeps an old connection. */
  async whenRunning(role: Role): Promise<Hung> {
    if (performance.now() - this.asked.at < ASK_EVERY) return this.asked.hung;
    const reply = await this.ask(CONNECT_WITHIN);
    const patience = role === "primary" ? PRIMARY_PATIENCE : REPLICA_PATIENCE;
    const hung = reply === "hangs" ? { reason: "the server takes no new connections", patience } : undefined;
    this.asked = { at: performance.now(), hung };
    return hung;
  }
}
