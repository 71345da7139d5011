import { setTimeout as sleep } from "node:timers/promises";
import { loginSecretName } from "../../../components/protocol/names";
import { exclusiveRole } from "../../../components/protocol/topology";
import { type Attempt, isAcknowledged, MAIN } from "./traffic/attempts";
import type { MeasuredDatabase } from "./deploy/measured-database";
import type { Fault } from "./faults/faults";
import type { Scene } from "./faults/scene";
import { judge, missingRows, type Verdict } from "./validate/verdict";
import { Writers, type WritersArgs } from "./traffic/writers";
import { schemaOf } from "./engines/engine";

/** Every member must have answered for that long, after the fault, before it counts as well. */
const CALM_SECONDS = 15;
/** How long a recovery is watched before it counts as failed, s. */
const WATCH_SECONDS = 300;
/** Replicas may apply the last writes a little later than they are acknowledged. */
const CATCH_UP_SECONDS = 30;

/** What a run is made with. */
export interface RunOptions {
  nodes: string[];
  writerImage: string;
  /** Told what happens, as it happens. */
  onProgress: (state: string) => void;
}

/** What a run came to, and all that was seen. */
export interface RunOutcome {
  verdict: Verdict;
  attempts: Attempt[];
  faultAt: number;
}

/** A database, as far as a fault that strikes it asks for it. */
export type Struck = Pick<MeasuredDatabase, "healthy" | "scene">;

/** Lets one fault strike a healthy database while writers are at work, and judges what they saw. */
export async function runFault(
  database: Struck,
  fault: Fault,
  { nodes, writerImage, onProgress }: RunOptions,
): Promise<RunOutcome> {
  await database.healthy();
  const scene = await database.scene();
  onProgress(`writers on ${nodes.join(", ")}`);
  const writers = await Writers.start(writersArgs(scene, nodes, writerImage));
  try {
    const violations = await fault.watch?.(scene);
    onProgress(`fault at ${scene.target.pod} on ${scene.target.node}`);
    const faultAt = Date.now();
    try {
      await fault.strike(scene);
      await sleep(fault.holdSeconds * 1000);
    } finally {
      // Also after a strike that failed half-way: a node must not stay off.
      await fault.undo?.(scene);
    }
    onProgress("recovery");
    const struckSides = fault.strikesSide ? [scene.target.node] : [];
    const spared = nodes.filter((node) => !struckSides.includes(node));
    const watched = { since: Date.now(), members: scene.pods, sides: spared };
    const { attempts, unread } = (await recovered(database, writers, watched)) ?? (await writers.attempts());
    const blind = unread.filter((side) => !struckSides.includes(side));
    if (blind.length > 0) throw new Error(`the log of the writer on ${blind.join(", ")} cannot be read`);
    const { copies } = scene.engine;
    const rows = await caughtUp(writers, spared[0] ?? "", attempts, scene.pods, { copies });
    return {
      verdict: judge({
        ...{ attempts, faultAt, struckSides, members: scene.pods, rows, copies },
        equals: exclusiveRole(scene.engine.topology) === undefined,
        ...(violations === undefined ? {} : { violations: await violations() }),
      }),
      attempts,
      faultAt,
    };
  } finally {
    await writers.remove();
  }
}

export function writersArgs(scene: Scene, sides: string[], image: string): WritersArgs {
  return {
    scene,
    sides,
    image,
    run: Date.now().toString(36),
    schema: schemaOf(scene.engine),
    attemptTimeoutMs: scene.engine.attemptTimeoutMs,
    secret: loginSecretName(scene.database),
  };
}

/**
 * Waits until Kubernetes says that all is well and the name for writes and every member have answered every writer for a
 * while. When that never comes, the verdict says so.
 *
 * @returns what had been seen by then
 */
export async function recovered(
  database: Pick<MeasuredDatabase, "healthy">,
  writers: Writers,
  { since, members, sides }: { since: number; members: string[]; sides: string[] },
): Promise<Awaited<ReturnType<Writers["attempts"]>> | undefined> {
  const deadline = Date.now() + WATCH_SECONDS * 1000;
  // Looking takes processor time that the recovery needs, on a machine that is all of a cluster.
  await sleep(CALM_SECONDS * 1000);
  while (Date.now() < deadline) {
    try {
      await database.healthy(Math.max(1, (deadline - Date.now()) / 1000));
      const seen = await writers.attempts();
      const names = [MAIN, ...members];
      if (names.every((name) => sides.every((side) => calm(seen.attempts, name, side, since)))) return seen;
    } catch {
      // Not yet: the API server may be away.
    }
    await sleep(3000);
  }
  return undefined;
}

/** Whether a side was answered through a name every time that it asked of late, for long enough since a moment. */
export function calm(attempts: Attempt[], name: string, side: string, since: number): boolean {
  const tries = attempts.filter((one) => one.through === name && one.side === side && one.end > since);
  const lastFailure = tries.findLast(({ outcome }) => outcome === "failed")?.end ?? since;
  return (tries.at(-1)?.end ?? since) - lastFailure > CALM_SECONDS * 1000;
}

/**
 * Rows of these members, once all have answered and each acknowledged write is held by enough of them, or time is up.
 *
 * @param limits - by how many: see {@link missingRows}; and for how long it is waited for that.
 */
export async function caughtUp(
  writers: Pick<Writers, "rows">,
  side: string,
  attempts: Attempt[],
  members: string[],
  { copies, seconds = CATCH_UP_SECONDS }: { copies?: number | undefined; seconds?: number } = {},
): Promise<Map<string, ReadonlySet<string>>> {
  const acknowledged = attempts.filter(isAcknowledged);
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const rows = await writers.rows(side);
    const answered = members.every((member) => rows.has(member));
    const complete = answered && missingRows(acknowledged, members, rows, copies).length === 0;
    if (complete || Date.now() > deadline) return rows;
    await sleep(1000);
  }
}
