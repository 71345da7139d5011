import type { Positions } from "../core/engine";
import type { Written } from "./events";
import { findTarget, NotRestorable } from "./target";

/** Whether all that is stored now can be restored: there is a copy, and nothing lacks between it and the end of the log. */
export async function isWhole(events: readonly Written[], positions: Positions): Promise<boolean> {
  try {
    await findTarget(events, {}, { positions, transactionsOf: async function* () {} });
    return true;
  } catch (error) {
    if (error instanceof NotRestorable) return false;
    throw error;
  }
}
