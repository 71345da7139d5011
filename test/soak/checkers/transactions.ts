import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Operation, Step, TransactionAction } from "../history";
import { withUnlogged } from "../history";
import type { Checker, Judgement } from "./checker";
import { ask } from "./programs";

interface Transaction extends Operation {
  action: TransactionAction;
}

/** Models that adya judges by, and which transactions must satisfy them. */
const models = [
  {
    model: "strict-serializable",
    of: "transactions that write",
    concerns: ({ action, id }: Transaction) => action.writes || id.startsWith("unlogged"),
  },
  { model: "serializable", of: "all transactions", concerns: () => true },
] as const;

/**
 * Whether transactions on lists could have been carried out one after the other: judged by adya, which looks for
 * Adya's anomalies as Elle does. Those that write anything must also agree with the time; a primary that does not know
 * yet of its successor may let others read what was.
 */
export const transactions: Checker = {
  name: "transactions",
  async judge({ operations, struckSides }, { adya }, folder) {
    if ("missing" in adya) return { outcome: "skipped", says: adya.missing };
    const all = withUnlogged(operations, struckSides).filter(isTransaction);
    const judgements: Omit<Judgement, "checker">[] = [];
    for (const { model, of, concerns } of models) {
      const chosen = all.filter(concerns);
      const file = join(folder, `${model}.jsonl`);
      writeFileSync(file, adyaInput(chosen));
      const { status, said, complained } = await ask(adya.path, ["check", "-c", model, file], "");
      // Those that failed are looked for in the others' reads, and nothing else is to be said of them.
      const judged = chosen.filter(({ outcome }) => outcome !== "fail").length;
      const what = `${of} (${judged})`;
      if (status === 0) judgements.push({ outcome: "passed", says: `${what} are ${model}` });
      else if (status === 1) {
        judgements.push({
          outcome: "failed",
          says: `${of} are not ${model}: ${foundIn(said)}`,
          details: said,
        });
      } else if (status === 2) {
        judgements.push({
          outcome: "skipped",
          says: `${what}: ${judged === 0 ? "nothing to judge" : "unknown"}`,
        });
      } else throw new Error(`adya ended with ${String(status)}: ${complained}`);
    }
    return (
      judgements.find(({ outcome }) => outcome === "failed") ??
      judgements.find(({ outcome }) => outcome === "skipped") ?? {
        outcome: "passed",
        says: judgements.map(({ says }) => says).join(", "),
      }
    );
  },
};

function isTransaction(operation: Operation): operation is Transaction {
  return operation.action.f === "transaction";
}

function foundIn(said: string): string {
  return /^Found (.*)\.$/m.exec(said)?.[1] ?? "see the details";
}

/** The transactions as events in the order of time, in Elle's format. */
export function adyaInput(operations: Transaction[]): string {
  const processes = new Map<string, number>();
  const events = operations.flatMap((operation) => {
    const { process, action, outcome, start, end } = operation;
    if (!processes.has(process)) processes.set(process, processes.size);
    const event = (type: string, steps: Step[]) => ({ type, process: processes.get(process), value: steps });
    const unread = action.steps.map((step): Step => (step[0] === "r" ? ["r", step[1], null] : step));
    return [
      { at: start, order: 0, event: event("invoke", unread) },
      {
        at: end ?? Infinity,
        order: 1,
        event: event(outcome, outcome === "ok" ? action.steps : unread),
      },
    ];
  });
  // What begins at the very moment at which something else ends overlaps with it.
  events.sort((a, b) => (a.at === b.at ? a.order - b.order : a.at < b.at ? -1 : 1));
  return events.map(({ event }) => `${JSON.stringify(event)}\n`).join("");
}
