import { parseLsn } from "./lsn";
import type { Row } from "./sql";

/** Where the log stands, and who has it on disk. A synchronous standby is one of those that a commit may wait for. */
const STANDING = `
  SELECT pg_is_in_recovery() AS recovery, system_identifier::text AS system,
    current_setting('synchronous_standby_names') AS names,
    (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size') AS segment,
    (SELECT setting::int FROM pg_settings WHERE name = 'wal_writer_delay') AS delay,
    CASE WHEN NOT pg_is_in_recovery() THEN substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) END AS timeline,
    CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_flush_lsn()::text END AS flushed,
    CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_insert_lsn()::text END AS inserted,
    ARRAY(SELECT flush_lsn::text FROM pg_stat_replication
      WHERE sync_state IN ('sync', 'quorum') AND flush_lsn IS NOT NULL ORDER BY flush_lsn DESC) AS confirmed
  FROM pg_control_system()`;

/** Where the primary's log stands. */
export interface Standing {
  system: string;
  segment: number;
  /** How long the server may take to write what is committed asynchronously, ms. */
  delay: number;
  timeline: number;
  flushed: number;
  inserted: number;
  /** What as many members have on disk as a commit waits for: whoever is elected has all of it. */
  confirmed: number;
}

/** What the server says of its log. */
export class LogStanding {
  private segment: number | undefined;

  /** @param query - asks the server. */
  constructor(private readonly query: (sql: string) => Promise<Row[]>) {}

  /** Size of one of its files, bytes: it has the same for all of its life. */
  async segmentBytes(): Promise<number> {
    this.segment ??= (await this.ask()).segment;
    return this.segment;
  }

  /** @throws Error on a replica. */
  async look(): Promise<Standing> {
    const { row, segment } = await this.ask();
    const place = (key: string): number => parseLsn(String(row[key])) ?? NaN;
    if (row["recovery"] !== false) throw new Error("the server is no primary");
    const flushed = place("flushed");
    const names = ((row["names"] as string | null | undefined) ?? "").trim();
    const least = Number(/^(?:ANY\s+|FIRST\s+)?(\d+)\s*\(/i.exec(names)?.[1] ?? 1);
    const others = (row["confirmed"] as string[]).map((lsn) => parseLsn(lsn) ?? 0);
    return {
      system: String(row["system"]),
      segment,
      delay: Number(row["delay"]),
      timeline: parseInt(String(row["timeline"]), 16),
      flushed,
      inserted: place("inserted"),
      confirmed: names === "" ? flushed : Math.min(flushed, others[least - 1] ?? 0),
    };
  }

  private async ask(): Promise<{ row: Row; segment: number }> {
    const [row] = await this.query(STANDING);
    if (row === undefined) throw new Error("the server does not say where its log stands");
    return { row, segment: Number(row["segment"]) };
  }
}
