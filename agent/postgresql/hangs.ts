import type { ServerStatus } from "../core/engine";
import type { Role } from "../core/types";
import { Question } from "./question";
import { askServer, type Reply } from "./sql";

/** How long a primary may hang until it is killed, ms: well below the time after which another takes over (20 s). */
const PRIMARY_PATIENCE = 8_000;
/** How long a replica may: nobody waits for it. */
const REPLICA_PATIENCE = 60_000;
/** How long a look waits for an answer, ms. */
const LOOK_FOR = 2_000;
/** How long an answer may take, ms: one that comes late is one of somebody who lives. */
const ANSWER_WITHIN = 30_000;
/** How often a server that runs is asked, ms. */
const ASK_EVERY = 2_000;

type Hung = ServerStatus["hung"];

/**
 * Notices what Patroni cannot: that it hangs itself, or that its server does behind the connection that it has.
 *
 * On a busy node both answer late. So each is asked one question at a time, and has all of the patience for the answer:
 * many short ones that ran out would be no proof.
 */
export class Hangs {
  private asked: { at: number; hung: Hung } = { at: -Infinity, hung: undefined };
  private readonly patroni: Question<true>;
  private readonly server: Question<Reply>;

  /**
   * @param askPatroni - asks Patroni whatever it can always answer; rejects when no answer came.
   * @param ask - makes a new connection to the server.
   */
  constructor(
    askPatroni: (limit: number) => Promise<void>,
    ask: (limit: number) => Promise<Reply> = askServer,
  ) {
    this.patroni = new Question<true>(async () => {
      await askPatroni(ANSWER_WITHIN);
      return true;
    });
    this.server = new Question(() => ask(ANSWER_WITHIN));
  }

  /** Patroni does not answer at once. A primary that goes on without it does not notice when another takes over. */
  async whenSilent(): Promise<Hung> {
    const reply = (await this.server.within(LOOK_FOR)) ?? "hangs";
    const patroni = await this.patroni.within(0);
    if (reply === "gone" || reply === "answers" || patroni !== undefined) return undefined;
    const what = "Patroni does not answer while the server runs";
    return { reason: what, patience: reply === "replica" ? REPLICA_PATIENCE : PRIMARY_PATIENCE };
  }

  /** Patroni answers that the server runs: it keeps an old connection. */
  async whenRunning(role: Role): Promise<Hung> {
    if (performance.now() - this.asked.at < ASK_EVERY) return this.asked.hung;
    const reply = (await this.server.within(LOOK_FOR)) ?? "hangs";
    const patience = role === "primary" ? PRIMARY_PATIENCE : REPLICA_PATIENCE;
    const hung = reply === "hangs" ? { reason: "the server takes no new connections", patience } : undefined;
    this.asked = { at: performance.now(), hung };
    return hung;
  }
}
