import { rename, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { monotonic, type Clock } from "../core/clock";
import type { Replay } from "../core/engine";
import type { Log } from "../core/log";
import type { Supervisor } from "../core/supervisor";
import { Catalogue, readWhatThereIs } from "./catalogue";
import type { Position, Written } from "./events";
import type { Place } from "./layout";
import { logOf, beginningOf } from "./log-reader";
import type { Opened } from "./open";
import type { Restic } from "./restic";
import { fileOf } from "./retention";
import { findTarget, NotRestorable, type Target, type Wanted } from "./target";

/** What of the log takes on the volume in all: as it was, and once more as the log of the server that replays it. */
const LOG_FACTOR = 2;

/** Whose backup is restored, and until when. */
export interface Source extends Wanted {
  namespace: string;
  database: string;
  /** Identity of its cluster. @default the only one that has what is asked for */
  cluster?: string;
}

/** What data is restored with, whoever asks for it. */
export interface RestoreTools {
  replay: Replay;
  supervisor: Pick<Supervisor, "halt" | "discard">;
  /** The mount of the volume that it is restored to. */
  volume: string;
  restic: (opened: Opened, place: Place) => Promise<Pick<Restic, "restore">>;
  log: Log;
  clock?: Clock;
  /** Told what it does. */
  say?: (message: string) => void;
}

/** What a backup is found with. */
export interface FindTools {
  replay: Replay;
  /** The newest life of a cluster. */
  lifeOf: (opened: Opened, place: Omit<Place, "life">) => Promise<number>;
  log: Log;
}

/** What was found to restore from. */
export interface Found {
  place: Place;
  catalogue: Catalogue;
  /** All that the catalogue says. */
  events: Written[];
  target: Target;
}

/** What a restore came to. */
export interface Restored {
  /** The very one that the catalogue demands. */
  position: Position;
  /** Of the copy and the log. */
  bytes: number;
  /** What took how long, s: fetching copy and log, replaying, and starting the server on all of it. */
  seconds: { download: number; replay: number; ready: number };
}

/** Finds the cluster that has what is asked for: the one that is named, or the only one. */
export async function findBackup(
  { lifeOf, replay, log }: FindTools,
  opened: Opened,
  wanted: Source,
): Promise<Found> {
  const { namespace, database } = wanted;
  const there = await opened.store.folders(`${namespace}/${database}`);
  const clusters = wanted.cluster === undefined ? there : there.filter((one) => one === wanted.cluster);
  if (clusters.length === 0) {
    const known = there.length === 0 ? "there is none" : `there are ${there.join(", ")}`;
    throw new NotRestorable(
      `the destination has no backup of ${namespace}/${database}${wanted.cluster === undefined ? "" : `, cluster ${wanted.cluster}: ${known}`}`,
    );
  }
  const found: Found[] = [];
  const lacks: string[] = [];
  for (const cluster of clusters) {
    const where = { namespace, database, cluster };
    const place = { ...where, life: await lifeOf(opened, where) };
    const catalogue = new Catalogue(opened.store, opened.seal, place, "restore");
    const events = await readWhatThereIs(catalogue, log);
    try {
      found.push({ place, catalogue, events, target: await targetOf(replay, opened, events, wanted) });
    } catch (error) {
      if (!(error instanceof NotRestorable)) throw error;
      lacks.push(clusters.length === 1 ? error.message : `${cluster}: ${error.message}`);
    }
  }
  const [only, ...others] = found;
  if (only === undefined) throw new NotRestorable(lacks.join("; "));
  if (others.length > 0) {
    const names = found.map(({ place: { cluster } }) => cluster).join(", ");
    throw new NotRestorable(
      `several clusters were called ${database} and have it: name one of ${names} (restoreFrom.cluster)`,
    );
  }
  return only;
}

/** Where a restore of these events ends. */
export async function targetOf(
  replay: Replay,
  { store, seal }: Opened,
  events: Written[],
  wanted: Wanted,
): Promise<Target> {
  return await findTarget(events, wanted, {
    positions: replay.positions,
    transactionsOf: (piece) => replay.logged(logOf(piece, store, seal), piece),
    ...(replay.mayHold ? { mayHold: replay.mayHold.bind(replay) } : {}),
  });
}

/**
 * Restores into a volume whose data counts for nothing, and leaves a server that runs on it. It ends well only at the very position
 * that the catalogue demands: the tools' own word that all is done counts for nothing.
 */
export async function restoreData(
  tools: RestoreTools,
  opened: Opened,
  { place, target }: Pick<Found, "place" | "target">,
): Promise<Restored> {
  const { replay, supervisor, volume, restic, log, clock = monotonic, say = () => undefined } = tools;
  const { base, segment } = target.way;
  const began = clock();
  log("info", "restoring", {
    cluster: place.cluster,
    copy: base.reference,
    finished: new Date(base.finished).toISOString(),
    pieces: target.pieces.length,
    position: target.position,
    before: target.before,
  });
  await supervisor.halt();
  await supervisor.discard();
  const aside = join(volume, "restoring");
  await rm(aside, { recursive: true, force: true });
  await requireRoom(volume, target);
  say("restoring the full copy");
  await (await restic(opened, place)).restore(base.reference, aside);
  say("restoring the log");
  const files = await layLog(replay, opened, aside, target, segment.pieces);
  await rename(aside, join(volume, "data"));
  const fetched = clock();

  say("replaying the log");
  await replay.begin();
  const reached = await replay.run({ files, before: target.before, position: target.position });
  const { positions } = replay;
  if (!positions.contains(reached, target.position) || !positions.contains(target.position, reached)) {
    throw new Error(
      `the server came to ${reached || "nothing"}, and the catalogue demands ${target.position || "nothing"}`,
    );
  }
  const replayed = clock();
  say("starting the server on what was restored");
  await replay.finish();
  const ready = clock();
  const inSeconds = (from: number, to: number): number => Math.round((to - from) / 100) / 10;
  const seconds = {
    download: inSeconds(began, fetched),
    replay: inSeconds(fetched, replayed),
    ready: inSeconds(replayed, ready),
  };
  log("info", "restored", { position: reached, seconds });
  return { position: reached, bytes: base.bytes + logBytes(target), seconds };
}

function logBytes({ pieces }: Target): number {
  return pieces.flatMap(({ parts }) => parts).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What a restore takes on the volume, and what of that is log as it is stored, bytes. */
export function roomFor(target: Target): { needed: number; log: number } {
  const log = logBytes(target);
  return { needed: target.way.base.bytes + log * LOG_FACTOR, log };
}

/** What does not fit is said before anything is fetched. */
async function requireRoom(volume: string, target: Target): Promise<void> {
  const { needed } = roomFor(target);
  const { bavail, bsize } = await statfs(volume);
  if (bavail * bsize >= needed) return;
  const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
  throw new NoRoom(
    `copy and log take ${gibibytes(needed)}, and the volume has ${gibibytes(bavail * bsize)} free`,
  );
}

/** The volume is too small for what is restored to it. */
export class NoRoom extends Error {}

/** Puts the stored stretches into files again, one for each run of pieces of a file. @returns how many there are */
async function layLog(
  replay: Replay,
  { store, seal }: Opened,
  directory: string,
  { pieces }: Target,
  all: readonly Written[],
): Promise<number> {
  let count = 0;
  let last: { file: string; to: number } | undefined;
  for (const piece of pieces) {
    const file = fileOf(piece);
    if (last?.file !== file || last.to !== piece.from) {
      count++;
      if (replay.heading) {
        // One that begins in the middle of a file is read by what the file begins with.
        const begins = all.find((one) => one.kind === "piece" && fileOf(one) === file && one.from === 0);
        if (begins?.kind !== "piece") throw new Error(`the beginning of ${piece.file} is not stored`);
        if (piece.from > 0) {
          const heading = replay.heading(await beginningOf(begins, store, seal));
          await replay.lay(directory, count, heading, piece, undefined);
        }
      }
    }
    let at = 0;
    for await (const part of logOf(piece, store, seal)) {
      await replay.lay(directory, count, part, piece, at);
      at += part.length;
    }
    last = { file, to: piece.to };
  }
  await replay.laid(directory, count);
  return count;
}
