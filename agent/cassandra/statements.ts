import { SLOW_QUERIES } from "../../components/cassandra/protocol";
import type { Statement, Statements } from "../core/slow-queries";
import { withoutValues } from "../core/statement-text";
import type { LocalServer, Row } from "./client";

/**
 * What clients have this member do just now. The server has a log of slow ones, too, with their values, which is not asked for: it writes
 * it with what is meant for who searches for its own errors.
 *
 * @see https://cassandra.apache.org/doc/5.0/cassandra/managing/operating/virtualtables.html
 */
const QUERY = "SELECT thread_id, queued_micros, running_micros, task FROM system_views.queries";

/** Which statements are slow, from what runs. */
export class RunningStatements implements Statements {
  readonly times = SLOW_QUERIES;
  /** Of each thread, the statement that was seen last, how long it had run then, and how many there were before it. */
  private readonly threads = new Map<string, { task: string; micros: number; count: number }>();

  constructor(private readonly server: Pick<LocalServer, "run">) {}

  async look(threshold: number): Promise<Statement[]> {
    const rows = (await this.server.run(QUERY))
      // It sees itself, which is nothing that somebody could mend.
      .filter((row) => !String(row["task"]).includes(QUERY))
      .map((row) => this.statementOf(row));
    return rows.filter(({ seconds }) => seconds * 1000 >= threshold);
  }

  private statementOf(row: Row): Statement {
    const [thread, task] = [String(row["thread_id"]), String(row["task"])];
    const micros = Number(row["running_micros"]);
    const before = this.threads.get(thread);
    const same = before?.task === task && before.micros <= micros;
    const count = (before?.count ?? 0) + (same ? 0 : 1);
    this.threads.set(thread, { task, micros, count });
    return {
      key: `${thread}/${count}`,
      seconds: micros / 1e6,
      ended: false,
      fields: {
        statement: withoutValues(task, { dollarQuotes: true, slashComments: true }),
        queuedSeconds: Number(row["queued_micros"]) / 1e6,
      },
    };
  }
}
