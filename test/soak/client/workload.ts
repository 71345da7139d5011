import { setTimeout as sleep } from "node:timers/promises";
import { now } from "../../e2e/support/traffic/writer/attempt";
import type { LoadAction, RegisterAction, Step, TransactionAction } from "../history";
import { Random } from "../random";
import type { Session } from "./session";
import type { Worker } from "./worker";

/** What the clients of a round do; a part of their pods' configuration. */
export interface Workload {
  /** Begins every key. */
  round: string;
  seed: number;
  /** Keys are numbered by the time since then, so that all clients use the same ones; ms since 1970. */
  since: number;
}

/** Registers and lists that are in use at the same time: few, so that clients meet. */
const REGISTERS = 2;
const LISTS = 3;
/** For how long, ms: a checker's work grows fast with what is done to one register. */
const KEY_LASTS = 20_000;
/** Time between two operations of a worker, at most, ms. */
const PAUSE = 400;
const TIMEOUT = 3_000;

/** Works on single registers, for ever. */
export async function workOnRegisters(worker: Worker, name: string, workload: Workload): Promise<never> {
  const random = new Random(workload.seed, `${workload.round} ${name}`);
  const seen = new Map<string, string>();
  for (let count = 0; ; count++) {
    const key = keyOf(workload, random.between(1, REGISTERS));
    const known = seen.get(key);
    const wanted = nextOnRegister(random, key, known, `${name}/${count}`);
    const { outcome, action } = await worker.perform(wanted, TIMEOUT, async (session) =>
      onRegister(session, wanted, `${workload.round}/${name}`),
    );
    if (outcome === "ok" && typeof action.value === "string") seen.set(key, action.value);
    await sleep(random.between(0, PAUSE));
  }
}

function nextOnRegister(
  random: Random,
  key: string,
  known: string | undefined,
  value: string,
): RegisterAction {
  const draw = random.between(1, 100);
  if (draw <= 35) return { f: "read", key };
  if (draw <= 50) return { f: "look", key };
  return draw <= 75 && known !== undefined
    ? { f: "swap", key, from: known, value }
    : { f: "write", key, value };
}

/** @param row name of a row that only this worker writes to */
export async function onRegister(
  session: Session,
  action: RegisterAction,
  row: string,
): Promise<RegisterAction> {
  switch (action.f) {
    case "look":
      return { ...action, value: await session.register(action.key) };
    case "read": {
      const value = await session.register(action.key);
      await session.touch(row);
      return { ...action, value };
    }
    case "write":
      await session.writeRegister(action.key, action.value);
      return action;
    case "swap": {
      const swapped = await session.swapRegister(action.key, action.from, action.value);
      // One that finds another value has read, and that must count as much as any other read.
      if (!swapped) await session.touch(row);
      return { ...action, swapped };
    }
  }
}

/** Reads and appends to several lists at once, for ever. */
export async function workOnLists(worker: Worker, name: string, workload: Workload): Promise<never> {
  const random = new Random(workload.seed, `${workload.round} ${name}`);
  for (let count = 0; ; count++) {
    const wanted = nextOnLists(random, workload, `${name}/${count}`);
    await worker.perform(wanted, TIMEOUT, async (session) =>
      onLists(session, wanted, `${workload.round}/${name}`),
    );
    await sleep(random.between(0, PAUSE));
  }
}

function nextOnLists(random: Random, workload: Workload, element: string): TransactionAction {
  const onlyReads = random.oneIn(6);
  const steps = Array.from({ length: random.between(onlyReads ? 2 : 1, 4) }, (_, index): Step => {
    const key = keyOf(workload, random.between(1, LISTS));
    return onlyReads || random.oneIn(2) ? ["r", key, null] : ["append", key, `${element}/${index}`];
  });
  return { f: "transaction", steps, writes: !onlyReads };
}

/** @param row name of a row that only this worker writes to */
export async function onLists(
  session: Session,
  action: TransactionAction,
  row: string,
): Promise<TransactionAction> {
  const steps: Step[] = [];
  for (const step of action.steps) {
    const [f, key, value] = step;
    if (f === "r") steps.push(["r", key, await session.list(key)]);
    else {
      await session.append(key, value);
      steps.push(step);
    }
  }
  if (action.writes && !steps.some(([f]) => f === "append")) await session.touch(row);
  return { ...action, steps };
}

/** Commits many rows at once, now and then, for ever. */
export async function workOnLoads(worker: Worker, name: string, workload: Workload): Promise<never> {
  const random = new Random(workload.seed, `${workload.round} ${name}`);
  for (let count = 0; ; count++) {
    await sleep(random.between(4_000, 12_000));
    const rows = random.pick([500, 2_000, 2_000, 8_000]);
    const wanted: LoadAction = { f: "load", name: `${workload.round}/${name}/${count}`, rows };
    await worker.perform(wanted, 10 * TIMEOUT, async (session) => {
      await session.addRows(wanted.name, rows);
      return wanted;
    });
  }
}

/** Reads registers and lists once more, when all is well again: what was lost since shows here. */
export async function readAll(
  registers: Worker,
  lists: Worker,
  keys: { registers: string[]; lists: string[] },
  row: string,
): Promise<void> {
  for (const key of keys.registers) {
    const wanted: RegisterAction = { f: "read", key };
    await insist(async () =>
      registers.perform(wanted, TIMEOUT, async (session) => onRegister(session, wanted, row)),
    );
  }
  for (const key of keys.lists) {
    const wanted: TransactionAction = { f: "transaction", steps: [["r", key, null]], writes: true };
    await insist(async () =>
      lists.perform(wanted, TIMEOUT, async (session) => onLists(session, wanted, row)),
    );
  }
}

/** Workers may still be at work on the same keys. */
async function insist(work: () => Promise<{ outcome: string }>): Promise<void> {
  for (let attempt = 0; attempt < 10; attempt++) {
    if ((await work()).outcome === "ok") return;
    await sleep(200);
  }
}

function keyOf({ round, since }: Workload, number: number): string {
  return `${round}/${Math.floor((now() - since) / KEY_LASTS)}/${number}`;
}
