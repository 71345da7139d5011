import { REPAIRED_EVERY_DAYS } from "../../components/cassandra/protocol";
import type { Notice } from "../core/notices";
import type { Row } from "./client";

/** What the members write down of their repairs. */
export const REPAIRS_QUESTION =
  "SELECT host_id, repair_finish_ts FROM system_distributed.auto_repair_history WHERE repair_type = 'full'";

const DAY = 86_400_000;

/** Without one for so long it is time that somebody looked: deletions are forgotten after ten days. */
const OVERDUE_DAYS = REPAIRED_EVERY_DAYS + 3;

/**
 * Says so where the copies of rows were not compared for long.
 *
 * @param rows - answers to {@link REPAIRS_QUESTION}: a member that has not begun is not among them.
 * @param now - ms since 1970.
 */
export function repairTrouble(rows: readonly Row[], now: number): Notice | undefined {
  const ends = rows.flatMap(({ repair_finish_ts: end }) => (end instanceof Date ? [end.getTime()] : []));
  const oldest = Math.min(...ends);
  // One that never ended is at 1970.
  if (ends.length === 0 || oldest <= 0 || now - oldest < OVERDUE_DAYS * DAY) return undefined;
  const days = Math.floor((now - oldest) / DAY);
  return {
    severity: "problem",
    text: `a part of the ring was last repaired ${days} days ago: rows that were deleted may come back after ten`,
    advice: "see what the servers' logs say of AutoRepair; all members must be up for it",
  };
}
