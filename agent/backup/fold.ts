import { listOf, objectOf, textUpTo } from "../core/read";
import { type Event, readEvent } from "./events";
import type { Seal } from "./seal";
import { Damaged, type Store } from "./store/store";

/** An entry with its object's name. */
export interface Entry {
  name: string;
  event: Event;
}

/** Fewer entries of an hour than these stay as they are. */
export const FEWEST = 8;

/** The most of one summary: an hour has 720 entries where one is written every five seconds. */
export const MOST = 2_000;

/** The most of one summary, bytes, before it is compressed: positions may be long, and an agent has little memory. */
export const MOST_BYTES = 4 * 1024 * 1024;

/** As many entries of the beginning as one summary takes. */
export function fitting(entries: readonly Entry[]): Entry[] {
  let bytes = 0;
  const end = entries.findIndex(({ event }, index) => {
    bytes += JSON.stringify(event).length;
    return index >= MOST || bytes > MOST_BYTES;
  });
  return entries.slice(0, end < 0 ? entries.length : end);
}

/** What is written often. All else stays an object of its own, which is found by its kind. */
const FOLDED = /Z-(piece|restorable)-[^/]*$/;

const readEntries = listOf(
  objectOf<{ name: string; event: string }>({ name: textUpTo(1_000), event: textUpTo(8 * 2 ** 20) }),
  MOST,
);

export function isFoldable(name: string): boolean {
  return FOLDED.test(name);
}

/** A summary says what a word beside it says: without that word it is half-made, and nothing. */
const SUMMARY = /\/summary-([^/]+)$/;
const WORD = /\/whole-([^/]+)$/;

export function isOfSummary(name: string): boolean {
  return SUMMARY.test(name) || WORD.test(name);
}

/** The summaries of these objects that are whole, by the folder and name of each. */
export function wholeSummaries(names: readonly string[]): string[] {
  return names.filter((name) => WORD.test(name)).map((name) => name.replace(WORD, "/summary-$1"));
}

/** The word that a summary is whole. */
export function wordOf(summary: string): string {
  return summary.replace(SUMMARY, "/whole-$1");
}

/**
 * Puts entries of an hour into one object. They stay where they are; it counts from the moment that the word beside it is there, and
 * that is written only when what was stored was read again. Cut off anywhere, nothing is lost, and nothing is there that is not true.
 *
 * @param id - another one at each attempt
 */
export async function writeSummary(
  { store, seal }: { store: Store; seal: Seal },
  hour: string,
  entries: readonly Entry[],
  id: string,
): Promise<void> {
  const name = `${hour}/summary-${id}`;
  const text = JSON.stringify(
    entries.map(({ name: one, event }) => ({ name: one, event: JSON.stringify(event) })),
  );
  await store.put(name, await seal.close(name, Buffer.from(text)));
  const found = (await seal.open(name, await store.get(name))).toString("utf8");
  if (found !== text) throw new Damaged(`${name} is not what was stored by that name`);
  const word = wordOf(name);
  await store.put(word, await seal.close(word, Buffer.from(String(entries.length))));
}

/** @throws Damaged where it is not what was stored: its entries may be nowhere else. */
export async function readSummary(
  { store, seal }: { store: Store; seal: Seal },
  name: string,
): Promise<Entry[]> {
  const text = (await seal.open(name, await store.get(name))).toString("utf8");
  try {
    return readEntries(JSON.parse(text), "").flatMap(({ name: one, event }) => {
      const found = readEvent(event);
      return found ? [{ name: one, event: found }] : [];
    });
  } catch (error) {
    throw new Damaged(`${name} cannot be understood: ${(error as Error).message}`);
  }
}
