import type { SlowQueryTimes, WantedLogs } from "../../components/protocol/logs";
import { isNotThere, type Log, messageOf } from "./log";

/** Between two looks, ms: as long as a statement takes that is slow, between these bounds. Whatever takes twice as long is seen while it runs. */
const [SHORTEST, LONGEST] = [250, 1_000];

/** Of more slow statements in one look the number alone is logged: whoever reads them has enough to begin with. */
const MOST = 20;

/** After a failure, ms: a server that does not answer is not asked more often. */
const AGAIN_AFTER = 5_000;

/** A statement that runs, or that has ended a moment ago. */
export interface Statement {
  /** Another one's is another one, also when the same session runs the same text again. */
  key: string;
  /** How long it has run, s. */
  seconds: number;
  /** It runs no more. */
  ended: boolean;
  /** What is said of it. In none of it is a value of a statement's. */
  fields: Readonly<Record<string, unknown>>;
}

/** An engine's way of telling which statements are slow. */
export interface Statements {
  readonly times: SlowQueryTimes;
  /** Those that run, and what is still known of those that have ended, where they took at least this long, ms. */
  look(threshold: number): Promise<Statement[]>;
}

/** What slow statements are found with. */
export interface SlowQueriesParts {
  statements: Statements;
  /** What the stack says; `undefined` where it says nothing. */
  wanted: () => Promise<WantedLogs | undefined>;
  /** Whether there is a server that could answer. */
  isUp: () => boolean;
  log: Log;
}

/**
 * Logs each slow statement once, when it has ended, and without its values.
 *
 * The servers' own logs of slow statements have the values in them, passwords too, and most go to files that grow. So the agent looks at
 * what runs, as often as a slow statement is seen at least once.
 */
export class SlowQueries {
  /** Those that ran at the last look. */
  private running = new Map<string, Statement>();
  /** Those that are known to have ended, and have been logged. */
  private logged = new Set<string>();
  private begun = false;
  private failure: string | undefined;

  constructor(private readonly parts: SlowQueriesParts) {}

  /** Looks for as long as the agent runs. */
  async run(pause: (duration: number) => Promise<void>): Promise<never> {
    for (;;) await pause(await this.look());
  }

  /** @returns after how long to look again, ms */
  async look(): Promise<number> {
    const { statements, isUp, log } = this.parts;
    try {
      const threshold = await this.threshold();
      if (threshold === false || !isUp()) {
        this.forget();
        return LONGEST;
      }
      this.judge(await statements.look(threshold), threshold);
      this.failure = undefined;
      return Math.min(LONGEST, Math.max(SHORTEST, threshold));
    } catch (error) {
      const failure = messageOf(error);
      if (failure !== this.failure && !isNotThere(error))
        log("warning", "slow queries are not seen", { error: failure });
      this.failure = failure;
      return AGAIN_AFTER;
    }
  }

  private async threshold(): Promise<number | false> {
    const { statements, wanted } = this.parts;
    return (await wanted())?.slowQueriesMilliseconds ?? statements.times.default;
  }

  /** What ended meanwhile is another server's, or nobody wanted to know of it. */
  private forget(): void {
    this.running.clear();
    this.logged.clear();
    this.begun = false;
  }

  private judge(seen: readonly Statement[], threshold: number): void {
    const slow = seen.filter(({ seconds }) => seconds * 1000 >= threshold);
    const present = new Map(slow.map((statement) => [statement.key, statement]));
    const ended = slow.filter((statement) => statement.ended && !this.logged.has(statement.key));
    // It ran a moment ago, and nothing is left of it: it took as long as was seen, or somewhat longer.
    const gone = [...this.running.values()].filter(({ key }) => !present.has(key));
    this.running = new Map(slow.filter((one) => !one.ended).map((one) => [one.key, one]));
    this.logged = new Set(slow.filter((one) => one.ended).map(({ key }) => key));
    // What had ended before the first look has been logged by the agent before this one, or is long past.
    if (this.begun) this.say([...ended, ...gone]);
    this.begun = true;
  }

  private say(slow: readonly Statement[]): void {
    const { log } = this.parts;
    for (const { seconds, ended, fields } of slow.slice(0, MOST)) {
      const rounded = Math.round(seconds * 1000) / 1000;
      log("info", "slow query", {
        ...(ended ? { seconds: rounded } : { atLeastSeconds: rounded }),
        ...fields,
      });
    }
    if (slow.length > MOST) log("info", "more slow queries", { count: slow.length - MOST });
  }
}
