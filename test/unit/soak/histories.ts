import type { RoundHistory } from "../../soak/checkers/checker";
import type { Action, Operation, Outcome } from "../../soak/history";

/** Histories made by hand. Times are milliseconds. */
let count = 0;

export function operation(
  start: number,
  end: number | undefined,
  action: Action,
  { outcome = "ok", client = "node1/a/0" }: { outcome?: Outcome; client?: string } = {},
): Operation {
  const [side = ""] = client.split("/");
  const ended = end === undefined ? {} : { end };
  return { id: `o${++count}`, side, process: client, action, outcome, start, ...ended };
}

export const write = (start: number, end: number, value: string, rest = {}): Operation =>
  operation(start, end, { f: "write", key: "k", value }, rest);

/** Nobody heard of its outcome. */
export const lostWrite = (start: number, value: string, client = "node1/z/0"): Operation =>
  operation(start, undefined, { f: "write", key: "k", value }, { outcome: "info", client });

export const read = (start: number, end: number, value: string | null, client = "node2/b/0"): Operation =>
  operation(start, end, { f: "read", key: "k", value }, { client });

export const look = (start: number, end: number, value: string | null, client = "node2/b/0"): Operation =>
  operation(start, end, { f: "look", key: "k", value }, { client });

export const swap = (start: number, end: number, from: string, value: string, swapped: boolean): Operation =>
  operation(start, end, { f: "swap", key: "k", from, value, swapped });

export const append = (start: number, end: number, key: string, value: string, rest = {}): Operation =>
  operation(start, end, { f: "transaction", steps: [["append", key, value]], writes: true }, rest);

export const list = (
  start: number,
  end: number,
  lists: Record<string, string[]>,
  { writes = true, client = "node2/b/0" } = {},
): Operation => {
  const steps = Object.entries(lists).map(([key, value]) => ["r", key, value] as ["r", string, string[]]);
  return operation(start, end, { f: "transaction", steps, writes }, { client });
};

export function round(operations: Operation[], rest: Partial<RoundHistory> = {}): RoundHistory {
  return {
    ...{ round: "server-killed@main", number: 1, faults: [], struckSides: [], attempts: [], loads: {} },
    operations,
    ...rest,
  };
}
