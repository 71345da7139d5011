import { REPLICATION_USER } from "../../components/protocol/accounts";
import { ADMINISTRATOR } from "../../components/postgresql/protocol";
import type { Clock } from "../core/clock";
import type { Row } from "./sql";

/** How long the server's first process may take to read its files again, and the log to reach the disk, ms. */
const SETTLES_WITHIN = 1_500;

/** Whether the line that lets nobody in stands in the file, before any that would. */
const IN_FILE = `
  SELECT coalesce(bool_or(auth_method = 'reject' AND database = '{all}' AND user_name = '{all}' AND address = 'all'), false) AS fenced
  FROM pg_hba_file_rules WHERE type = 'host' AND error IS NULL`;

/** Whoever is not a member, and a log's receivers are none of these. Also of those who were in before the file was read. */
const END_OTHERS = `
  SELECT count(pg_terminate_backend(pid)) AS ended FROM pg_stat_activity
  WHERE pid <> pg_backend_pid() AND (
    backend_type = 'client backend' AND usename NOT IN ('${ADMINISTRATOR}', '${REPLICATION_USER}')
    OR backend_type LIKE 'logical replication%worker')`;

/**
 * Sees to it that nobody writes to a primary any more, and knows when that is so: when its server has read that it lets nobody in, and no
 * session is left of those that it had let in. What the administrator does from within a pod is his own.
 */
export class Fence {
  /** Why it is closed, as it was asked for; `undefined` while it is not, or not yet. */
  value: string | undefined;
  private readAt: number | undefined;

  constructor(
    private readonly query: (sql: string) => Promise<Row[]>,
    private readonly clock: Clock,
  ) {}

  /** @param wanted - why nobody may write; `undefined` where everybody may. Called on the primary, again and again. */
  async reconcile(wanted: string | undefined): Promise<void> {
    if (wanted === undefined) {
      this.open();
      return;
    }
    const [file] = await this.query(IN_FILE);
    if (file?.["fenced"] !== true) {
      this.open();
      return;
    }
    if (this.readAt === undefined) {
      await this.query("SELECT pg_reload_conf()");
      this.readAt = this.clock();
    }
    const [others] = await this.query(END_OTHERS);
    const settled = this.clock() - this.readAt >= SETTLES_WITHIN;
    this.value = settled && Number(others?.["ended"]) === 0 ? wanted : this.value;
  }

  /** It is not known to be closed. */
  open(): void {
    this.value = undefined;
    this.readAt = undefined;
  }
}
