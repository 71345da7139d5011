import { exclusiveRole } from "../../components/protocol/topology";
import { loginSecretName } from "../../components/protocol/names";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MAIN, parseLog } from "../e2e/support/traffic/attempts";
import type { MeasuredDatabase } from "../e2e/support/deploy/measured-database";
import { calm, caughtUp } from "../e2e/support/run";
import { judge } from "../e2e/support/validate/verdict";
import { Writers } from "../e2e/support/traffic/writers";
import type { RoundHistory } from "./checkers/checker";
import type { Workload } from "./client/workload";
import { type Operation, parseOperations, upTo } from "./history";
import { roundText } from "./round-text";
import type { Round } from "./scenario";
import { strikeAll } from "./strike";
import { schemaOf } from "../e2e/support/engines/engine";

/** What a client has written is in its log by then, ms. */
const LOGGED_WITHIN = 2000;
/** How long a recovery is watched before somebody has to help, s. A full outage may wait for two minutes by design. */
const WATCH_SECONDS = 420;
/** Of the log, what tells whether all is calm, s. */
const RECENT_SECONDS = 25;
/** Writers beside the other clients: two thirds of what the matrix is measured with. */
const SLOWER = 1.5;
const WARM_UP = 5;
/** Beside them, a server may take longer for one write. */
const ATTEMPT_TIMEOUT = 2000;

/** What rounds are carried out with. */
export interface Surroundings {
  database: MeasuredDatabase;
  nodes: string[];
  writerImage: string;
  seed: number;
  /** Ends a round early: what struck is undone all the same. */
  interrupted: AbortSignal;
  /** Told what happens, as it happens. */
  say: (state: string) => void;
}

/** A round as it went, with the name of its writers' run. */
export interface Conducted {
  history: RoundHistory;
  run: string;
}

/** Carries out one round, from a healthy database to a healthy database. */
export async function conduct(round: Round, number: number, around: Surroundings): Promise<Conducted> {
  const { database, nodes, say } = around;
  const run = Date.now().toString(36);
  const history: RoundHistory = {
    ...{ round: roundText(round), number, faults: [], struckSides: [] },
    ...{ operations: [], attempts: [], loads: {} },
  };
  await database.healthy();
  const scene = await database.scene();
  const workload: Workload = { round: run, seed: around.seed, since: Date.now() };
  const writers = await Writers.start({
    ...{ scene, run, sides: nodes, image: around.writerImage, schema: schemaOf(scene.engine), workload },
    ...{ slower: SLOWER, warmUp: WARM_UP, attemptTimeoutMs: ATTEMPT_TIMEOUT },
    secret: loginSecretName(scene.database),
    program: join(__dirname, "client", scene.engine.writer),
  });
  try {
    await sleep(round.calmSeconds * 1000, undefined, { signal: around.interrupted });
    Object.assign(history, await strikeAll(round, scene, around));
    say("recovery");
    const spared = nodes.filter((node) => !history.struckSides.includes(node));
    const members = await wellAgain(database, writers, {
      since: Date.now(),
      sides: spared,
      before: scene.pods,
    });
    if (members === undefined) history.stuck = await reason(database);
    // What was lost must be found also where not all is well again.
    await collect(writers, history, members ?? scene.pods, spared, round);
    return { history, run };
  } finally {
    await writers.remove();
  }
}

/**
 * Waits until Kubernetes says that all is well, and the name for writes and every member that was there before and still
 * is have answered every writer for a while.
 *
 * @returns those members; nothing if it never came to that
 */
async function wellAgain(
  database: MeasuredDatabase,
  writers: Writers,
  { since, sides, before }: { since: number; sides: string[]; before: string[] },
): Promise<string[] | undefined> {
  const deadline = Date.now() + WATCH_SECONDS * 1000;
  while (Date.now() < deadline) {
    try {
      await database.healthy(Math.max(1, (deadline - Date.now()) / 1000));
      const { pods } = await database.scene();
      const members = before.filter((pod) => pods.includes(pod));
      const { logs } = await writers.logs(RECENT_SECONDS);
      const attempts = logs.flatMap(parseLog);
      const from = Math.max(since, Date.now() - RECENT_SECONDS * 1000);
      const names = [MAIN, ...members];
      if (names.every((name) => sides.every((side) => calm(attempts, name, side, from)))) return members;
    } catch {
      // Not yet: the API server may be away.
    }
    await sleep(2000);
  }
  return undefined;
}

async function reason(database: MeasuredDatabase): Promise<string> {
  const why = await database.healthy(1).then(
    () => "its writers are not answered all the time",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return `not well again after ${WATCH_SECONDS} s: ${why}`;
}

/** Reads everything once more, and then all that is to be judged. */
async function collect(
  writers: Writers,
  history: RoundHistory,
  members: string[],
  spared: string[],
  { strikes }: Round,
): Promise<void> {
  const [side = ""] = spared;
  const sofar = (await writers.logs()).logs.flatMap(parseOperations);
  const last = await readAll(writers, side, sofar, history.stuck !== undefined);
  const moment = Date.now();
  await sleep(LOGGED_WITHIN);
  const { logs, unread } = await writers.logs();
  const blind = unread.filter((one) => !history.struckSides.includes(one));
  if (blind.length > 0) throw new Error(`the log of the client on ${blind.join(", ")} cannot be read`);
  history.operations = upTo(
    [...logs, last].flatMap(parseOperations).sort((a, b) => a.start - b.start),
    moment,
  );
  history.attempts = logs.flatMap(parseLog);
  const { copies } = writers.engine;
  const rows = await caughtUp(writers, side, history.attempts, members, { copies });
  const silent = members.filter((member) => !rows.has(member));
  if (silent.length > 0) history.stuck ??= `all is well, but the rows of ${silent.join(", ")} cannot be read`;
  if (rows.size === 0) return;
  history.loads = await loadsOfMembers(writers, side, history.operations);
  const faultAt = Math.min(...history.faults.map(({ start }) => start));
  history.verdict = judge({
    ...{ attempts: history.attempts, faultAt, struckSides: history.struckSides, rows, copies },
    members: members.filter((member) => rows.has(member)),
    equals: exclusiveRole(writers.engine.topology) === undefined,
  });
  const [first] = strikes;
  const lonely = strikes.length === 1 && (first.aim === undefined || first.aim === "main");
  if (lonely) history.asked = askedOf(writers.engine.asked, first.fault);
}

/** @returns the log of it; nothing where not all is well and nobody answers */
async function readAll(
  writers: Writers,
  side: string,
  operations: Operation[],
  mayFail: boolean,
): Promise<string> {
  try {
    return await writers.exec(side, ["read-all", JSON.stringify(keysOf(operations))]);
  } catch (error) {
    if (!mayFail) throw error;
    return "";
  }
}

function askedOf(asked: Record<string, RoundHistory["asked"]>, fault: string): RoundHistory["asked"] {
  return asked[fault];
}

/** Rows of large transactions on each member, once no acknowledged one is missing, or time is up. */
async function loadsOfMembers(
  writers: Writers,
  side: string,
  operations: Operation[],
): Promise<RoundHistory["loads"]> {
  const wanted = operations.flatMap(({ action, outcome }) =>
    action.f === "load" && outcome === "ok" ? [action] : [],
  );
  const deadline = Date.now() + 30_000;
  for (;;) {
    const answers = await writers.askMembers<Record<string, number>>(side, (member) => [
      "count-rows",
      member,
      `${writers.run}/`,
    ]);
    const complete = [...answers.values()].every((rows) =>
      wanted.every((one) => rows[one.name] === one.rows),
    );
    if (complete || Date.now() > deadline) return Object.fromEntries(answers);
    await sleep(1000);
  }
}

function keysOf(operations: Operation[]): { registers: string[]; lists: string[] } {
  const [registers, lists] = [new Set<string>(), new Set<string>()];
  for (const { action } of operations) {
    if (action.f === "transaction") for (const [, key] of action.steps) lists.add(key);
    else if (action.f !== "load") registers.add(action.key);
  }
  return { registers: [...registers], lists: [...lists] };
}
