/** What became of an operation. */
export type Outcome =
  /** It was carried out. */
  | "ok"
  /** It certainly was not, and never will be: the server refused it, or was never told to commit. */
  | "fail"
  /** Nobody knows: the answer to the commit did not come. */
  | "info";

/** One step of a transaction on lists: an element appended, or a list read (`null` until it was). */
export type Step = ["append", string, string] | ["r", string, string[] | null];

/** What is done to one register, in one transaction. */
export type RegisterAction =
  | { f: "write"; key: string; value: string }
  /** Reads in a transaction that also writes elsewhere: only who is primary can commit that. */
  | { f: "read"; key: string; value?: string | null }
  /** Reads and does nothing else. */
  | { f: "look"; key: string; value?: string | null }
  | { f: "swap"; key: string; from: string; value: string; swapped?: boolean };

/** A transaction on several lists. `writes` tells whether it commits anything. */
export interface TransactionAction {
  f: "transaction";
  steps: Step[];
  writes: boolean;
}

/** A transaction of many rows under one name. */
export interface LoadAction {
  f: "load";
  name: string;
  rows: number;
}

export type Action = RegisterAction | TransactionAction | LoadAction;

/** An operation as a client saw it. */
export interface Operation {
  /** Unique in the round. */
  id: string;
  /** Node of the client. */
  side: string;
  /** Who does one thing at a time; a worker that does not know an outcome goes on under another name. */
  process: string;
  action: Action;
  outcome: Outcome;
  /** When it began; ms since 1970. */
  start: number;
  /** When its outcome was known; nothing if it never was. */
  end?: number;
  error?: string;
}

/** A line of a client's log. The one that tells of the beginning is written before anything is sent. */
export type LogLine =
  | (Pick<Operation, "id" | "side" | "process" | "action"> & { at: number; type: "invoke" })
  | (Pick<Operation, "id" | "outcome" | "error"> & { at: number; type: "done"; action: Action });

/** What such a line begins with: the same log has the attempts of the writers. */
export const OPERATION = "operation ";

/** The operations in clients' logs. One whose outcome is in no log may have been carried out. */
export function parseOperations(log: string): Operation[] {
  const operations = new Map<string, Operation>();
  for (const line of log.split("\n")) {
    const entry = parseLine(line);
    if (entry === undefined) continue;
    if (entry.type === "invoke") {
      const { id, side, process, action, at } = entry;
      operations.set(id, { id, side, process, action, outcome: "info", start: at });
      continue;
    }
    const known = operations.get(entry.id);
    if (known === undefined) continue;
    const { outcome, error, at, action } = entry;
    operations.set(entry.id, {
      ...known,
      action,
      outcome,
      ...(outcome === "info" ? {} : { end: at }),
      ...(error === undefined ? {} : { error }),
    });
  }
  return [...operations.values()].sort((a, b) => a.start - b.start);
}

/** A line that a power cut tore is none. */
function parseLine(line: string): LogLine | undefined {
  if (!line.startsWith(OPERATION)) return undefined;
  try {
    return JSON.parse(line.slice(OPERATION.length)) as LogLine;
  } catch {
    return undefined;
  }
}

/**
 * What is known of a history up to a moment, while its clients go on. Their logs are read one after another, so that of
 * what was done since then some is in the record and some is not: a compare-and-set may have failed for a write that is not.
 * What began before and ended after it may have been carried out, and what it saw is not counted.
 */
export function upTo(operations: readonly Operation[], moment: number): Operation[] {
  return operations.flatMap((operation) => {
    const { id, side, process, action, start, end, outcome } = operation;
    // What members have of these is told by their rows.
    if (action.f === "load") return [operation];
    if (start > moment) return [];
    if (end === undefined || end <= moment || outcome === "fail") return [operation];
    if (writtenBy(action).length === 0) return [];
    return [{ id, side, process, action: unanswered(action), outcome: "info" as const, start }];
  });
}

/** An action as it was asked for, without what came of it. */
function unanswered(action: Exclude<Action, LoadAction>): Action {
  switch (action.f) {
    case "swap":
      return { f: "swap", key: action.key, from: action.from, value: action.value };
    case "transaction":
      return {
        ...action,
        steps: action.steps.map((step) => (step[0] === "r" ? ["r", step[1], null] : step)),
      };
    default:
      return action;
  }
}

/**
 * Writes that were seen and whose beginning is in no log: those of a client that lost its power with its last lines.
 * Each may have been carried out at any time since its worker's last line.
 *
 * @param sides those whose clients were struck; a value of anybody else that nobody wrote is an anomaly
 */
export function withUnlogged(operations: Operation[], sides: readonly string[]): Operation[] {
  const logged = new Set(operations.flatMap(({ action }) => writtenBy(action)).map(written));
  const unlogged = new Map<string, Operation>();
  for (const { action, start } of operations) {
    for (const write of seenBy(action)) {
      const [side = "", worker = ""] = write.value.split("/");
      if (logged.has(written(write)) || !sides.includes(side)) continue;
      const before = operations.filter((one) => one.process.startsWith(`${side}/${worker}/`));
      const since = Math.min(start, before.at(-1)?.start ?? 0);
      const first = Math.min(since, unlogged.get(written(write))?.start ?? Infinity);
      unlogged.set(written(write), {
        id: `unlogged/${written(write)}`,
        side,
        process: `unlogged/${written(write)}`,
        action:
          write.list === true
            ? { f: "transaction", steps: [["append", write.key, write.value]], writes: true }
            : { f: "write", key: write.key, value: write.value },
        outcome: "info",
        start: first,
      });
    }
  }
  return [...operations, ...unlogged.values()].sort((a, b) => a.start - b.start);
}

interface Written {
  key: string;
  value: string;
  list?: boolean;
}

function written({ key, value, list = false }: Written): string {
  return `${list ? "list" : "register"} ${key} ${value}`;
}

/** What an action may have written. */
export function writtenBy(action: Action): Written[] {
  switch (action.f) {
    case "write":
    case "swap":
      return [{ key: action.key, value: action.value }];
    case "transaction":
      return action.steps.flatMap(([f, key, value]) => (f === "append" ? [{ key, value, list: true }] : []));
    default:
      return [];
  }
}

function seenBy(action: Action): Written[] {
  switch (action.f) {
    case "read":
    case "look":
      return typeof action.value === "string" ? [{ key: action.key, value: action.value }] : [];
    case "transaction":
      return action.steps.flatMap(([f, key, value]) =>
        f === "r" && Array.isArray(value) ? value.map((one) => ({ key, value: one, list: true })) : [],
      );
    default:
      return [];
  }
}
