import { rename, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { monotonic, timeOfDay, type Clock } from "../core/clock";
import type { Replay } from "../core/engine";
import { messageOf, type Log } from "../core/log";
import type { Saying } from "../core/saying";
import type { Supervisor } from "../core/supervisor";
import { Catalogue } from "./catalogue";
import type { Written } from "./events";
import type { Place } from "./layout";
import { logOf, beginningOf } from "./log-reader";
import type { Opened } from "./open";
import type { Restic } from "./restic";
import { fileOf } from "./retention";
import { findTarget, NotRestorable, type Target, type Wanted } from "./target";

/** For how long nothing may be deleted that is restored from, ms. */
const HOLD = 12 * 3_600_000;

/** Between two attempts, ms: what is missing in a store does not come within seconds. */
const AGAIN_AFTER = 30_000;

/** What of the log takes on the volume in all: as it was, and once more as the log of the server that replays it. */
const LOG_FACTOR = 2;

/** What a database begins with. */
export interface Source extends Wanted {
  namespace: string;
  database: string;
  /** Identity of its cluster. @default the only one that has what is asked for */
  cluster?: string;
}

/** What a restore is made with. */
export interface RestoreParts {
  replay: Replay;
  supervisor: Pick<Supervisor, "halt" | "discard">;
  /** The mount of the member's volume. */
  volume: string;
  /** What is wanted; `undefined`: nothing is restored. */
  source: () => Promise<Source | undefined>;
  /** The store, with the key of what is read. */
  open: () => Promise<Opened>;
  restic: (opened: Opened, place: Place) => Promise<Pick<Restic, "restore">>;
  /** The newest life of a cluster, and the clusters of a database. */
  lifeOf: (opened: Opened, place: Omit<Place, "life">) => Promise<number>;
  log: Log;
  clock?: Clock;
  now?: () => number;
  sleep?: (time: number) => Promise<void>;
}

/** What was found to restore from. */
interface Found {
  place: Place;
  catalogue: Catalogue;
  target: Target;
  /** Until when nothing of it is deleted, ms since 1970. */
  held: number;
}

/**
 * Makes a member's first data of another database's backup, in place of an empty directory. It ends well only at the very position
 * that the catalogue demands: the tools' own word that all is done counts for nothing. Cut off anywhere, it begins anew.
 */
export class Restore {
  private said: Saying | undefined;
  private failedAt = -Infinity;

  constructor(private readonly parts: RestoreParts) {}

  /** What it does, or why it failed; `undefined` where there is nothing to restore, or no longer. */
  get state(): Saying | undefined {
    return this.said;
  }

  /** @throws Error when the data is not what was asked for. The server is then stopped, or has data that counts for nothing. */
  async run(): Promise<void> {
    const { source, clock = monotonic, sleep = pause, log } = this.parts;
    const wanted = await source();
    if (wanted === undefined) return;
    const rest = AGAIN_AFTER - (clock() - this.failedAt);
    if (rest > 0) await sleep(rest);
    try {
      await this.restore(wanted);
      this.said = undefined;
    } catch (error) {
      this.failedAt = clock();
      this.said = {
        reason: "RestoreFailed",
        state: `not restored from ${wanted.database}: ${messageOf(error)}`,
      };
      log("error", "not restored", { error: messageOf(error) });
      throw error;
    }
  }

  private async restore(wanted: Source): Promise<void> {
    const { replay, supervisor, volume, restic, log, now = timeOfDay, clock = monotonic } = this.parts;
    const began = clock();
    this.say(`looking for what ${wanted.database} has stored`);
    const opened = await this.parts.open();
    const { place, catalogue, target, held } = await this.find(opened, wanted);
    const { base, segment } = target.way;
    if (held < now() + HOLD / 2) {
      await catalogue.write({ kind: "hold", until: now() + HOLD, why: "a new database is restored from it" });
    }
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
    await this.requireRoom(target);
    this.say("restoring the full copy");
    await (await restic(opened, place)).restore(base.reference, aside);
    this.say("restoring the log");
    const files = await this.layLog(opened, aside, target, segment.pieces);
    await rename(aside, join(volume, "data"));

    this.say("replaying the log");
    await replay.begin();
    const reached = await replay.run({ files, before: target.before, position: target.position });
    const { positions } = replay;
    if (!positions.contains(reached, target.position) || !positions.contains(target.position, reached)) {
      throw new Error(
        `the server came to ${reached || "nothing"}, and the catalogue demands ${target.position || "nothing"}`,
      );
    }
    this.say("starting the server on what was restored");
    await replay.finish();
    log("info", "restored", { position: reached, seconds: Math.round((clock() - began) / 1000) });
  }

  private say(message: string): void {
    this.said = { reason: "Restoring", state: message };
  }

  /** The cluster that has what is asked for: the one that is named, or the only one. */
  private async find(opened: Opened, wanted: Source): Promise<Found> {
    const { lifeOf } = this.parts;
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
      const events = await catalogue.read();
      try {
        const target = await this.targetOf(opened, events, wanted);
        const holds = events.map((event) => (event.kind === "hold" ? event.until : 0));
        found.push({ place, catalogue, target, held: Math.max(0, ...holds) });
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

  private async targetOf({ store, seal }: Opened, events: Written[], wanted: Wanted): Promise<Target> {
    const { replay } = this.parts;
    return await findTarget(events, wanted, {
      positions: replay.positions,
      transactionsOf: (piece) => replay.logged(logOf(piece, store, seal)),
    });
  }

  /** What does not fit is said before anything is fetched. */
  private async requireRoom({ way: { base }, pieces }: Target): Promise<void> {
    const log = pieces.flatMap(({ parts }) => parts).reduce((sum, { bytes }) => sum + bytes, 0);
    const needed = base.bytes + log * LOG_FACTOR;
    const { bavail, bsize } = await statfs(this.parts.volume);
    if (bavail * bsize >= needed) return;
    const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
    throw new Error(
      `copy and log take ${gibibytes(needed)}, and the volume has ${gibibytes(bavail * bsize)} free: raise \`storage\``,
    );
  }

  /** Puts the stored stretches into files again, one for each run of pieces of a file. @returns how many there are */
  private async layLog(
    { store, seal }: Opened,
    directory: string,
    { pieces }: Target,
    all: readonly Written[],
  ): Promise<number> {
    const { replay } = this.parts;
    let count = 0;
    let last: { file: string; to: number } | undefined;
    for (const piece of pieces) {
      const file = fileOf(piece);
      if (last?.file !== file || last.to !== piece.from) {
        count++;
        // One that begins in the middle of a file is read by what the file begins with.
        const begins = all.find((one) => one.kind === "piece" && fileOf(one) === file && one.from === 0);
        if (begins?.kind !== "piece") throw new Error(`the beginning of ${piece.file} is not stored`);
        if (piece.from > 0) {
          await replay.lay(directory, count, replay.heading(await beginningOf(begins, store, seal)));
        }
      }
      for await (const part of logOf(piece, store, seal)) await replay.lay(directory, count, part);
      last = { file, to: piece.to };
    }
    await replay.laid(directory, count);
    return count;
  }
}

async function pause(time: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, time));
}
