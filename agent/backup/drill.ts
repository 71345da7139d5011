import { timeOfDay } from "../core/clock";
import type { Copies, Positions } from "../core/engine";
import { messageOf, type Log } from "../core/log";
import { type Catalogue, readWhatThereIs } from "./catalogue";
import type { Drill, Position, Restorable, Written } from "./events";
import { randomMoment } from "./moment";
import { NoRoom, type Restored } from "./restore-steps";
import { Away, Refused, StoreError } from "./store/store";
import type { Wanted } from "./target";
import { lastDrill, viewOf } from "./view";

/** For how long the catalogue may lag behind what the primary says itself: it is told at least once a minute, ms. */
const TOLD_WITHIN = 180_000;

/** How far members' clocks may be apart before a moment is another one by each of them, ms. */
const CLOCKS_APART = 60_000;

/** What a drill is done with. */
export interface DrillParts {
  copies: Pick<Copies, "positions" | "verify" | "version" | "answer">;
  catalogue: Catalogue;
  /** Restores to a server of its own, as a member's first data is restored. */
  restore: (wanted: Wanted, events: Written[]) => Promise<Restored>;
  /** Until when all is stored, as the primary says it without the store, ms since 1970; `undefined` where it says nothing. */
  primarySays: () => Promise<number | undefined>;
  /** How long the window is, ms. */
  retention: number;
  /** Asked of what was restored: true is what it should be. */
  query: string | undefined;
  log: Log;
  /** ms since 1970 */
  now?: () => number;
  random?: () => number;
}

/** How a drill ended, and what to do where it ended badly. */
export interface Verdict {
  drill: Drill;
  advice?: string;
}

/** What was restored is not what it should be. */
class Unfit extends Error {
  constructor(
    message: string,
    readonly advice: string,
  ) {
    super(message);
  }
}

/**
 * Tries a restore: all that there is, and every other time a random moment of the window. It is good where the very position was
 * reached that the catalogue demands, where that has what the primary had said to be stored, and where all of it can be read.
 *
 * @throws Error where it could not be done, which says nothing of the backup: the store is away, or lets nobody in, or there is no room
 */
export async function runDrill(parts: DrillParts): Promise<Verdict> {
  const { copies, catalogue, restore, primarySays, log, now = timeOfDay, random = Math.random } = parts;
  // Asked first: what is stored afterwards can only be more.
  const said = await primarySays();
  const damaged: string[] = [];
  const events = await readWhatThereIs(catalogue, log, (name) => damaged.push(name));
  const last = lastDrill(viewOf(events, copies.positions));
  const moment = randomMoment(events, copies.positions, now() - parts.retention, random);
  const time = last !== undefined && last.time === undefined ? moment : undefined;
  const result: Omit<Drill, "good"> = {
    kind: "drill",
    ...(time === undefined ? {} : { time }),
    ...{ reached: "", download: 0, replay: 0, ready: 0, bytes: 0, version: "" },
  };
  try {
    checkTold(events, said);
    const { position, bytes, seconds } = await restore(time === undefined ? {} : { time }, events);
    Object.assign(result, { reached: position, bytes, ...seconds, version: await copies.version() });
    checkSaid(events, position, time, copies.positions);
    log("info", "restored; all of it is read", { position, ...seconds });
    await copies.verify();
    await checkQuery(parts);
    checkDamaged(damaged);
  } catch (error) {
    if (error instanceof Away || error instanceof Refused || error instanceof NoRoom) throw error;
    log("error", "the drill failed", { error: messageOf(error) });
    const drill = { ...result, good: false, why: messageOf(error).slice(0, 900) };
    await catalogue.write(drill);
    return { drill, advice: adviceOf(error) };
  }
  const drill = { ...result, good: true };
  await catalogue.write(drill);
  return { drill };
}

const ANEW =
  "make a full copy now, by a Job made from the CronJob of full copies: moments after it can be restored then; and look what became of the objects that are named";

function adviceOf(error: unknown): string {
  if (error instanceof Unfit) return error.advice;
  return (error instanceof StoreError ? error.advice : undefined) ?? ANEW;
}

/** All was reached without them; but nobody knows what they said, so that nothing may be deleted. */
function checkDamaged([first, ...others]: readonly string[]): void {
  if (first === undefined) return;
  const more = others.length > 0 ? `, and ${others.length} more` : "";
  throw new Unfit(
    `an object of the catalogue is not what was stored: ${first}${more}`,
    "look who wrote it, and bring the version back that was stored; one that is nothing of the backup's is to be deleted",
  );
}

/** A catalogue that lost its end looks whole. The primary, which wrote it, says how far it goes. */
function checkTold(events: readonly Written[], said: number | undefined): void {
  const until = Math.max(0, ...events.map((event) => (event.kind === "restorable" ? event.until : 0)));
  if (said === undefined || until >= said - TOLD_WITHIN) return;
  const known = until === 0 ? "of nothing" : `of nothing after ${iso(until)}`;
  throw new Unfit(
    `the primary says that all is stored until ${iso(said)}, and the catalogue knows ${known}`,
    `somebody deleted, or hides, what was stored: look at the bucket's versions and rights; then ${ANEW}`,
  );
}

/** What the primary wrote down while it stored holds whatever the catalogue's stretches of log come to. */
function checkSaid(
  events: readonly Written[],
  reached: Position,
  time: number | undefined,
  { contains }: Positions,
): void {
  const said = events
    .filter((event): event is Written<Restorable> => event.kind === "restorable")
    .sort((a, b) => a.until - b.until);
  const before = said.findLast(({ until }) => time === undefined || until <= time - CLOCKS_APART);
  if (before && !contains(reached, before.position)) {
    throw new Unfit(
      `at ${iso(before.until)} the primary had stored ${before.position}, and the restore ${time === undefined ? "" : `to ${iso(time)} `}came to ${reached || "nothing"}`,
      time === undefined
        ? ANEW
        : "look at the clocks of the nodes (NTP): moments are found by the time of each commit",
    );
  }
  const after = time === undefined ? undefined : said.find(({ until }) => until >= time + CLOCKS_APART);
  if (after && !contains(after.position, reached)) {
    throw new Unfit(
      `the restore to ${iso(time ?? 0)} came to ${reached}, more than the primary had at ${iso(after.until)}`,
      "look at the clocks of the nodes (NTP): moments are found by the time of each commit",
    );
  }
}

async function checkQuery({ copies, query }: DrillParts): Promise<void> {
  if (query === undefined) return;
  const advice =
    "look whether the data is what you expect, and whether backup.drill.query asks what you mean";
  const answer = await copies.answer(query).catch((error: unknown) => {
    throw new Unfit(`the query of backup.drill cannot be answered: ${messageOf(error)}`, advice);
  });
  if (answer !== undefined && !/^(|0|f|false)$/i.test(answer)) return;
  throw new Unfit(
    `the query of backup.drill answers ${answer === undefined ? "nothing" : JSON.stringify(answer.slice(0, 100))}, which is not true`,
    advice,
  );
}

function iso(moment: number): string {
  return new Date(moment).toISOString();
}
