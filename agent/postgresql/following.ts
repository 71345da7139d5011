import type { WantedSettings } from "../../components/postgresql/protocol";
import { Since, type Clock } from "../core/clock";
import { messageOf } from "../core/log";
import type { Following as Standing } from "../core/types";
import { parseLsn } from "./lsn";
import type { Source } from "./source";
import type { Row } from "./sql";

/** Between two looks at what comes in, ms. */
const LOOK_EVERY = 1_000;

/** Between two questions to a source from which nothing comes in, ms; and for how long that must be so before the first. */
const ASK_EVERY = 5_000;

/** For how long nothing may come in until it is said, ms: the source's own failover takes as long. */
const SILENT_FOR = 15_000;

const STREAM = `
  SELECT (SELECT status FROM pg_stat_wal_receiver) AS status,
    (SELECT latest_end_lsn::text FROM pg_stat_wal_receiver) AS told,
    pg_last_wal_replay_lsn()::text AS replayed,
    (SELECT system_identifier::text FROM pg_control_system()) AS system`;

/**
 * A receiver that was about to connect when the source's address led to nobody waits two minutes for an answer, and no setting shortens that.
 * Another one takes its place at once.
 */
const END_RECEIVER =
  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'walreceiver' AND NOT EXISTS " +
  "(SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')";

/** What the server says where its source has removed what it lacks. */
const REMOVED =
  /requested WAL segment \S+ has already been removed|can no longer access replication slot|This slot has been invalidated/;

/** What it works with. */
export interface FollowingParts {
  query: (sql: string) => Promise<Row[]>;
  source: Pick<Source, "identify">;
  /** The last of what the server said. */
  log: () => Promise<string>;
  clock: Clock;
}

/** How the member that copies from the database's source stands to that. */
export class Following {
  private seen: { at: number; value: Standing | undefined } = { at: -Infinity, value: undefined };
  private asked: { at: number; trouble: string | undefined } = { at: -Infinity, trouble: undefined };
  private asking: Promise<void> | undefined;
  private told = 0;
  private readonly silent: Since;
  private readonly behindFor: Since;

  constructor(private readonly parts: FollowingParts) {
    this.silent = new Since(parts.clock);
    this.behindFor = new Since(parts.clock);
  }

  /** @returns what was last seen where the server does not answer */
  async look(wanted: WantedSettings): Promise<Standing | undefined> {
    const { clock, query } = this.parts;
    if (clock() - this.seen.at < LOOK_EVERY) return this.seen.value;
    const rows = await query(STREAM).catch(() => []);
    const value = rows[0] ? this.read(rows[0], wanted) : this.seen.value;
    this.seen = { at: clock(), value };
    return value;
  }

  private read(row: Row, wanted: WantedSettings): Standing {
    const comes = row["status"] === "streaming";
    const silent = this.silent.measure(!comes);
    const streaming = silent < SILENT_FOR;
    this.told = Math.max(this.told, parseLsn(String(row["told"])) ?? 0);
    const amount = Math.max(0, this.told - (parseLsn(String(row["replayed"])) ?? 0));
    // What it lacks of a source that tells nothing is not known: it counts from then on.
    const lasted = this.behindFor.measure(amount > 0 || !comes);
    if (comes) this.asked = { at: this.parts.clock(), trouble: undefined };
    else if (silent >= ASK_EVERY) this.askNowAndThen(wanted, String(row["system"]));
    const { trouble } = this.asked;
    const { host, port } = wanted.follow ?? {};
    return {
      source: host === undefined ? "a source that the stack file does not name any more" : `${host}:${port}`,
      streaming,
      ...(trouble === undefined || streaming ? {} : { trouble }),
      behind: { amount, unit: "bytes", seconds: Math.round(lasted / 1000) },
    };
  }

  /** The member's own state does not wait for the answer. */
  private askNowAndThen(wanted: WantedSettings, system: string): void {
    if (this.asking !== undefined || this.parts.clock() - this.asked.at < ASK_EVERY) return;
    this.asking = this.trouble(wanted, system).then((trouble) => {
      this.asked = { at: this.parts.clock(), trouble };
      this.asking = undefined;
    });
  }

  /** Never rejects. */
  private async trouble(wanted: WantedSettings, system: string): Promise<string> {
    const { source, log, query } = this.parts;
    try {
      const found = await source.identify(wanted);
      if (found.system !== system) {
        return "it is another database than the one that this is a copy of: its system identifier is not the same";
      }
      if (REMOVED.test(await log())) {
        return "it has removed the log that is missing here: this copy cannot go on. Make another database that follows it, with a slot";
      }
      await query(END_RECEIVER);
      return "it answers, and its log does not come in: the server's log says why";
    } catch (error) {
      return messageOf(error);
    }
  }
}
