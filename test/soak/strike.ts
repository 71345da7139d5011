import { setTimeout as sleep } from "node:timers/promises";
import type { Member, Scene } from "../e2e/support/faults/scene";
import type { RoundHistory } from "./checkers/checker";
import type { SoakFault, Subject } from "./fault";
import { faultNamed } from "./faults";
import type { Round, Strike } from "./scenario";
import type { Changeable } from "./subject";

/** How long a fault's undoing is tried: it may need an API server that another fault took away. */
const HEAL_SECONDS = 180;

/** What faults strike. */
export interface StrikeOptions {
  database: Changeable & { scene(): Promise<Scene> };
  /** Ends them early: what struck is undone all the same. */
  interrupted: AbortSignal;
  /** Told what happens, as it happens. */
  say: (state: string) => void;
  /** Finds a fault by its name. @default among those of the soak */
  find?: (name: string) => SoakFault;
  /** How long undoing is tried. @default 180 */
  healSeconds?: number;
}

/** Which faults struck, and the sides whose clients were struck too. */
export type Struck = Pick<RoundHistory, "faults" | "struckSides">;

/** Lets each fault strike at its time and undoes it at its own; whatever happens, each is undone. */
export async function strikeAll(
  { strikes }: Round,
  before: Scene,
  { database, interrupted, say, find = known, healSeconds = HEAL_SECONDS }: StrikeOptions,
): Promise<Struck> {
  const history: Struck = { faults: [], struckSides: [] };
  const firstIsKnown = new Deferred<Member>();
  const run = async (strike: Strike, index: number): Promise<void> => {
    await sleep(strike.afterSeconds * 1000, undefined, { signal: interrupted });
    const fault = find(strike.fault);
    const first = index === 0 ? undefined : await firstIsKnown.promise;
    const scene = await aimed(database, before, strike, first);
    firstIsKnown.resolve(scene.target);
    const subject: Subject = { scene, database };
    if (fault.strikesSide) history.struckSides.push(scene.target.node);
    const entry: Struck["faults"][number] = {
      name: fault.name,
      ...(fault.aimed ? { member: scene.target.pod } : {}),
      start: Date.now(),
    };
    history.faults.push(entry);
    say(`${fault.name}${fault.aimed ? ` at ${scene.target.pod} on ${scene.target.node}` : ""}`);
    try {
      await fault.start(subject);
      await sleep(fault.holdSeconds * 1000, undefined, { signal: interrupted });
    } finally {
      if (fault.heal !== undefined) {
        await healed(fault, subject, healSeconds);
        entry.healed = Date.now();
      }
    }
  };
  const outcomes = await Promise.allSettled(strikes.map(run));
  if (interrupted.aborted) throw new Error("interrupted");
  const failures = outcomes.flatMap((outcome) =>
    outcome.status === "rejected" ? [String(outcome.reason)] : [],
  );
  // What struck first may be why the other one could not: an absent pod cannot be told to do anything.
  if (failures.length === strikes.length) throw new Error(`no fault could strike: ${failures.join("; ")}`);
  for (const failure of failures) say(`could not strike: ${failure.split("\n")[0] ?? ""}`);
  return history;
}

/** Something that one fault waits for another to know. */
class Deferred<T> {
  resolve!: (value: T) => void;
  readonly promise = new Promise<T>((resolve) => (this.resolve = resolve));
}

async function healed(fault: SoakFault, subject: Subject, seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      await fault.heal?.(subject);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(2000);
    }
  }
}

/** The scene of a strike. Whom it is aimed at is asked at that moment, or was known before if nobody answers. */
async function aimed(
  database: StrikeOptions["database"],
  before: Scene,
  { aim }: Strike,
  first: Member | undefined,
): Promise<Scene> {
  const now = await database.scene().catch(() => before);
  if (aim === "same" && first !== undefined) return { ...now, target: first };
  if (aim === undefined || aim === "main" || aim === "same") return now;
  const others = now.members.filter(({ pod }) => pod !== now.target.pod);
  const chosen = others[aim === "other-1" ? 0 : 1];
  if (chosen === undefined) throw new Error(`${now.database} has no ${aim}`);
  return { ...now, target: chosen };
}

function known(name: string): SoakFault {
  const fault = faultNamed(name);
  if (fault === undefined) throw new Error(`there is no fault ${name}`);
  return fault;
}
