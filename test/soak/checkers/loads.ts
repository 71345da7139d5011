import type { Checker } from "./checker";

/**
 * Transactions of many rows: all of one's rows are there or none, on each member; all of them if it was acknowledged,
 * none if it failed.
 */
export const loads: Checker = {
  name: "large transactions",
  judge: async ({ operations, loads: members }) => {
    if (Object.keys(members).length === 0) return { outcome: "skipped", says: "no member was read" };
    const wrong: string[] = [];
    let judged = 0;
    for (const { action, outcome } of operations) {
      if (action.f !== "load") continue;
      judged++;
      for (const [member, rows] of Object.entries(members)) {
        const there = rows[action.name] ?? 0;
        const allowed = { ok: [action.rows], fail: [0], info: [0, action.rows] }[outcome];
        if (!allowed.includes(there))
          wrong.push(`${action.name} (${outcome}): ${there} of ${action.rows} rows on ${member}`);
      }
    }
    if (judged === 0) return { outcome: "skipped", says: "there is nothing to judge" };
    return wrong.length > 0
      ? { outcome: "failed", says: `${wrong.length} are not as they should be`, details: wrong.join("\n") }
      : {
          outcome: "passed",
          says: `${judged} transactions of up to thousands of rows, whole on every member`,
        };
  },
};
