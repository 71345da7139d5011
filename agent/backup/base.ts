import { join } from "node:path";
import { timeOfDay } from "../core/clock";
import type { Copies, Copy, Source } from "../core/engine";
import type { Log } from "../core/log";
import type { Catalogue } from "./catalogue";
import type { Base } from "./events";
import type { Lease } from "./lease";
import type { Restic } from "./restic";
import { outdated } from "./retention";
import type { Store } from "./store/store";

/** What a full copy is made with. */
export interface BaseParts {
  copies: Copies;
  copy: Copy;
  /** The members that run. */
  sources: () => Promise<Source[]>;
  catalogue: Catalogue;
  store: Store;
  restic: Pick<Restic, "prepare" | "unlock" | "store" | "remove">;
  lease: Pick<Lease, "check">;
  database: string;
  /** The volume of the copying server, with its data below it. */
  volume: string;
  log: Log;
  /** ms since 1970 */
  now?: () => number;
}

/**
 * Makes a full copy of a member, and stores it: on a server of its own, which is started on it once and reads all of it. It counts
 * from the moment that the catalogue has it, with the position that the server said it is at.
 */
export async function makeBase(parts: BaseParts, preferPrimary: boolean): Promise<Base> {
  const { copies, copy, sources, catalogue, restic, lease, database, volume, log, now = timeOfDay } = parts;
  const started = now();
  await restic.prepare();
  lease.check();
  await restic.unlock();
  await copies.begin();
  const source = await copies.choose(await sources(), preferPrimary);
  log("info", "copying", { member: source.ordinal, role: source.role });
  await copy.from(source);
  const position = await copies.position();
  const version = await copies.version();
  log("info", "copied; all of it is read", { position });
  await copies.verify();
  const directory = join(volume, "data");
  await copies.finish(directory);
  const { reference, bytes } = await restic.store(directory, database);
  const base: Base = {
    kind: "base",
    tool: "restic",
    reference,
    position,
    started,
    finished: now(),
    bytes,
    version,
    source: String(source.ordinal),
  };
  lease.check();
  await catalogue.write(base);
  log("info", "stored", { reference, bytes, seconds: Math.round((base.finished - started) / 1000) });
  return base;
}

/** Deletes what no moment of the window needs. What is listed goes last: an entry whose object is there still is tried again. */
export async function applyRetention(
  { copies, catalogue, store, restic, lease, log, now = timeOfDay }: BaseParts,
  retention: number,
): Promise<void> {
  const events = await catalogue.read();
  const { bases, pieces, entries, start } = outdated(events, copies.positions, now(), retention);
  lease.check();
  if (start !== undefined) {
    const { archived } = pieces.at(-1) ?? { archived: start };
    await catalogue.write({ kind: "start", why: "retention", position: start, archived });
  }
  for (const piece of pieces) {
    for (const { name } of piece.parts) await store.delete(name);
    await store.delete(piece.name);
  }
  await restic.remove(bases.map(({ reference }) => reference));
  for (const name of [...bases.map((base) => base.name), ...entries]) await store.delete(name);
  const gone = { copies: bases.length, logs: pieces.length, entries: entries.length };
  if (bases.length + pieces.length + entries.length > 0) log("info", "deleted what is too old", gone);
}
