import { SLOW_QUERIES } from "../../components/mysql/protocol";
import { REPLICATION_USER } from "../../components/protocol/accounts";
import type { Statement, Statements } from "../core/slow-queries";
import { type RootConnection, type Row, text } from "./sql";

/** Picoseconds, as the server counts, in a millisecond and in a second. */
const PER_MILLISECOND = 1e9;
const PER_SECOND = 1e12;

/**
 * What clients run, and the last ten statements of each that is still connected. Not what a procedure runs, whose call is there, nor what
 * members and the group do among themselves. The digest is the statement as the server has read it, without its values.
 *
 * @see https://dev.mysql.com/doc/refman/8.4/en/performance-schema-statement-digests.html
 */
const QUERY = ["events_statements_current", "events_statements_history"]
  .map(
    (
      table,
    ) => `SELECT e.THREAD_ID AS thread, e.EVENT_ID AS event, e.END_EVENT_ID IS NOT NULL AS ended, e.TIMER_WAIT AS took,
       e.EVENT_NAME AS kind, e.DIGEST_TEXT AS digest, e.CURRENT_SCHEMA AS db, e.ROWS_EXAMINED AS examined, e.ROWS_SENT AS sent,
       e.ROWS_AFFECTED AS affected, e.LOCK_TIME AS locked, e.ERRORS AS errors, e.NO_INDEX_USED AS noindex,
       t.PROCESSLIST_USER AS user, t.PROCESSLIST_HOST AS host
  FROM performance_schema.${table} e JOIN performance_schema.threads t USING (THREAD_ID)
 WHERE e.TIMER_WAIT >= ? AND e.NESTING_EVENT_LEVEL = 0 AND t.TYPE = 'FOREGROUND'
   AND t.PROCESSLIST_ID IS NOT NULL AND t.PROCESSLIST_ID <> CONNECTION_ID()
   AND e.EVENT_NAME NOT IN ('statement/com/Binlog Dump', 'statement/com/Binlog Dump GTID', 'statement/com/Sleep')`,
  )
  .join(" UNION ALL ");

/** Which statements are slow, from what the server has in memory of each session. */
export class SessionStatements implements Statements {
  readonly times = SLOW_QUERIES;

  constructor(private readonly root: Pick<RootConnection, "run">) {}

  async look(threshold: number): Promise<Statement[]> {
    const least = threshold * PER_MILLISECOND;
    const found = new Map<string, Statement>();
    // One that ends between the two tables stands in both.
    const rows = await this.root.run(QUERY, [least, least]);
    // By the group's own account, a connection between members is one statement for as long as it lasts.
    for (const statement of rows.filter((row) => text(row["user"]) !== REPLICATION_USER).map(statementOf)) {
      if (found.get(statement.key)?.ended !== true) found.set(statement.key, statement);
    }
    return [...found.values()];
  }
}

function statementOf(row: Row): Statement {
  const digest = text(row["digest"]);
  return {
    key: `${String(row["thread"])}/${String(row["event"])}`,
    seconds: Number(row["took"]) / PER_SECOND,
    ended: Number(row["ended"]) === 1,
    fields: {
      // What was not understood has none.
      statement: digest === "" ? text(row["kind"]) : digest,
      database: text(row["db"]),
      user: text(row["user"]),
      client: text(row["host"]),
      rowsExamined: Number(row["examined"]),
      rowsSent: Number(row["sent"]),
      rowsAffected: Number(row["affected"]),
      lockSeconds: Number(row["locked"]) / PER_SECOND,
      ...(Number(row["noindex"]) > 0 ? { withoutIndex: true } : {}),
      ...(Number(row["errors"]) > 0 ? { failed: true } : {}),
    },
  };
}
