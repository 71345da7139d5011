import { now } from "../../e2e/support/traffic/writer/attempt";
import type { Target } from "../../e2e/support/traffic/writer/client";
import { type Action, type LogLine, OPERATION, type Outcome } from "../history";
import type { Isolation, Session, SoakClient } from "./session";

/** What a worker is made with. */
export interface WorkerArgs {
  client: SoakClient;
  /** Where the primary is reached. */
  target: () => Target;
  side: string;
  /** Its own among the workers of a side. */
  name: string;
  isolation: Isolation;
  /** Writes a line of the log, at once. */
  log: (line: string) => void;
}

/** Does one thing at a time on a connection that it keeps as long as nothing goes wrong, and logs what became of it. */
export class Worker {
  private session: Session | undefined;
  private incarnation = 0;
  private count = 0;

  constructor(private readonly args: WorkerArgs) {}

  /**
   * Carries out an action in one transaction. Never throws: everything is an outcome. Before the commit was sent, a
   * failure of any kind means that nothing happened, as the connection is closed with it.
   *
   * @param work does it, and returns the action with what was read
   */
  async perform<A extends Action>(
    action: A,
    timeoutMs: number,
    work: (session: Session) => Promise<A>,
  ): Promise<{ outcome: Outcome; action: A }> {
    const { side, name, client } = this.args;
    const process = `${side}/${name}/${this.incarnation}`;
    const id = `${process}#${++this.count}`;
    this.log({ type: "invoke", id, side, process, at: now(), action });
    const attempt = new Attempt(timeoutMs);
    try {
      const done = await attempt.within(async () => {
        const session = (this.session ??= await this.open(attempt.signal));
        attempt.onTimeout(() => {
          session.destroy();
        });
        await session.begin();
        const result = await work(session);
        attempt.commits();
        await session.commit();
        return result;
      });
      this.log({ type: "done", id, at: now(), outcome: "ok", action: done });
      return { outcome: "ok", action: done };
    } catch (error) {
      this.session?.destroy();
      this.session = undefined;
      const outcome = attempt.committing && !client.refusedCommit(error) ? "info" : "fail";
      if (outcome === "info") this.incarnation++;
      const said = error instanceof Error ? error.message : String(error);
      this.log({ type: "done", id, at: now(), outcome, action, error: said });
      return { outcome, action };
    }
  }

  private async open(signal: AbortSignal): Promise<Session> {
    return this.args.client.open(this.args.target(), this.args.isolation, signal);
  }

  private log(line: LogLine): void {
    this.args.log(OPERATION + JSON.stringify(line));
  }
}

/** The time that one thing has, and how far it came. */
class Attempt {
  committing = false;
  private over = false;
  private readonly abort = new AbortController();
  private atTimeout: () => void = () => undefined;

  constructor(private readonly timeoutMs: number) {}

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  onTimeout(action: () => void): void {
    if (this.over) action();
    this.atTimeout = action;
  }

  /** To be called right before the commit is sent. @throws Error if the time was over before */
  commits(): void {
    if (this.over) throw new Error("too late to commit");
    this.committing = true;
  }

  async within<T>(work: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.over = true;
        this.abort.abort();
        this.atTimeout();
        reject(new Error(`no answer within ${this.timeoutMs} ms`));
      }, this.timeoutMs);
    });
    try {
      return await Promise.race([work(), timeUp]);
    } finally {
      clearTimeout(timer);
    }
  }
}
