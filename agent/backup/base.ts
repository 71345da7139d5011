import { join } from "node:path";
import { timeOfDay } from "../core/clock";
import type { Copies, Copy, Source } from "../core/engine";
import type { Log } from "../core/log";
import type { Catalogue } from "./catalogue";
import type { Base, Written } from "./events";
import { lifeFolder, type Place } from "./layout";
import type { Lease } from "./lease";
import type { Restic } from "./restic";
import { outdated } from "./retention";
import type { Store } from "./store/store";

/** For how long what no entry names is left alone, ms: it may be of what is being stored. */
const UNLISTED_FOR = 24 * 3_600_000;

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
  /** What time it is by more than one clock, ms since 1970: nothing is deleted by one machine's word. */
  agreed: () => Promise<number>;
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

/**
 * Deletes what no moment of the window needs. What is listed goes last: an entry whose object is there still is tried again.
 * @throws ClocksApart where nobody knows what time it is
 */
export async function applyRetention(
  { copies, catalogue, store, restic, lease, log, agreed }: BaseParts,
  retention: number,
): Promise<void> {
  const now = await agreed();
  const events = await catalogue.read();
  const { bases, pieces, entries, start } = outdated(events, copies.positions, now, retention);
  lease.check();
  if (start !== undefined) {
    const { archived } = pieces.at(-1) ?? { archived: start };
    await catalogue.write({ kind: "start", why: "retention", position: start, archived });
  }
  for (const piece of pieces) for (const { name } of piece.parts) await store.delete(name);
  await restic.remove(bases.map(({ reference }) => reference));
  await catalogue.forget([...pieces, ...bases, ...entries]);
  const gone = { copies: bases.length, logs: pieces.length, entries: entries.length };
  if (bases.length + pieces.length + entries.length > 0) log("info", "deleted what is too old", gone);
}

/** Keeps the catalogue small, and takes away what no entry names: what was cut off left it. */
export async function tidyStore(
  {
    catalogue,
    store,
    lease,
    log,
    agreed,
  }: Pick<BaseParts, "catalogue" | "store" | "lease" | "log" | "agreed">,
  place: Place,
): Promise<void> {
  const check = (): void => {
    lease.check();
  };
  const now = await agreed();
  const folded = await catalogue.fold(check, now);
  const unlisted = await unlistedLog(store, place, await catalogue.read(), now);
  for (const name of unlisted) {
    check();
    await store.delete(name);
  }
  const drafts = (await store.removeDrafts?.(lifeFolder(place), now - UNLISTED_FOR)) ?? 0;
  if (folded + unlisted.length + drafts > 0)
    log("info", "tidied", { folded, unlisted: unlisted.length, drafts });
}

/**
 * Objects of the log that no entry names, and that are older than those who store log take to name them: of an earlier member than the
 * one that stores now. What cannot be dated stays.
 */
async function unlistedLog(
  store: Store,
  place: Place,
  events: readonly Written[],
  now: number,
): Promise<string[]> {
  const listed = new Set(
    events.flatMap((event) => (event.kind === "piece" ? event.parts.map(({ name }) => name) : [])),
  );
  const objects = await store.list(`${lifeFolder(place)}/log`);
  return objects
    .filter(
      ({ name, modified }) => !listed.has(name) && modified !== undefined && modified < now - UNLISTED_FOR,
    )
    .map(({ name }) => name);
}
