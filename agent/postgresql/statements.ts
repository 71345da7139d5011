import { ADMINISTRATOR, SLOW_QUERIES } from "../../components/postgresql/protocol";
import { type Ending, Kept } from "../core/kept";
import type { Statement, Statements } from "../core/slow-queries";
import { withoutValues } from "../core/statement-text";
import { open, type Row, type Run } from "./sql";

/**
 * What clients run, and what each that is still connected ran last. Of the text there is as much as `track_activity_query_size` has room for.
 *
 * @see https://www.postgresql.org/docs/17/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
 */
const QUERY = `
  SELECT * FROM (
    SELECT pid || '/' || backend_start || '/' || query_start AS key,
           state NOT IN ('active', 'fastpath function call') AS ended,
           extract(epoch FROM CASE WHEN state IN ('active', 'fastpath function call') THEN clock_timestamp() ELSE state_change END
                              - query_start)::float8 AS seconds,
           query, datname AS database, usename AS "user", host(client_addr) AS client, application_name AS application,
           wait_event_type || ': ' || wait_event AS waits, state
      FROM pg_stat_activity
     WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND query_start IS NOT NULL) AS statements
   WHERE seconds * 1000 >= $1`;

/** Which statements are slow, from what the server shows of each session. */
export class SessionStatements implements Statements {
  readonly times = SLOW_QUERIES;

  constructor(private readonly run: Run) {}

  async look(threshold: number): Promise<Statement[]> {
    return (await this.run(QUERY, [threshold])).map(statementOf);
  }
}

function statementOf(row: Row): Statement {
  const ended = row["ended"] === true;
  const known = ["database", "user", "client", "application", "waits"].filter(
    (name) => typeof row[name] === "string" && row[name] !== "" && !(ended && name === "waits"),
  );
  return {
    key: String(row["key"]),
    seconds: Number(row["seconds"]),
    ended,
    fields: {
      statement: withoutValues(String(row["query"]), { dollarQuotes: true, nestedComments: true }),
      ...Object.fromEntries(known.map((name) => [name, row[name]])),
    },
  };
}

/** A connection as the administrator that is kept: to open one is a process more for the server. */
export class KeptSession {
  private readonly session = new Kept<Ending & { run: Run }>(async () => {
    const client = await open({ user: ADMINISTRATOR });
    let isOpen = true;
    const close = (): void => {
      isOpen = false;
      void client.end().catch(() => undefined);
    };
    client.on("end", () => {
      isOpen = false;
    });
    return {
      get isOpen() {
        return isOpen;
      },
      close,
      run: async (sql, values = []) => {
        try {
          return (await client.query<Row>(sql, values)).rows;
        } catch (error) {
          // A query that took too long still runs on it.
          close();
          throw error;
        }
      },
    };
  });

  readonly run: Run = async (sql, values) => (await this.session.get()).run(sql, values);
}
