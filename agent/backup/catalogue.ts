import { randomBytes } from "node:crypto";
import { timeOfDay } from "../core/clock";
import type { Log } from "../core/log";
import { type Event, readEvent, type Written } from "./events";
import {
  type Entry,
  FEWEST,
  fitting,
  isFoldable,
  isOfSummary,
  MOST,
  MOST_BYTES,
  readSummary,
  wholeSummaries,
  wordOf,
  writeSummary,
} from "./fold";
import { catalogueFolder, type Place } from "./layout";
import type { Seal } from "./seal";
import { Damaged, NotThere, type Store, type StoredObject } from "./store/store";

/** Told of an entry that is not what was stored. */
type Damages = (name: string, error: Damaged) => void;

/** How many entries are read, or deleted, at once. */
const AT_ONCE = 8;

/** Hours that are over for longer than this may be folded by others than who wrote them, ms: clocks are apart. */
const SETTLED = 2 * 3_600_000;

/** What a writer wrote in an hour. */
interface Hour {
  hour: string;
  entries: Entry[];
  bytes: number;
}

/**
 * What was stored, in the order of its writing, as one small object for each event. It alone says what there is: no list of a tool,
 * and no list of objects, tells whether something lacks in between.
 *
 * An entry is `<hour>/<time>-<kind>-<writer>-<random>`: stores list forward only, and so the last ones are found by their hour.
 * What is written often is folded once its hour is over: `summary-…` has it, and counts where `whole-…` is beside it.
 */
export class Catalogue {
  private readonly folder: string;
  /** What this writer wrote in the hour that goes on, and is to be folded. */
  private own: Hour = { hour: "", entries: [], bytes: 0 };
  private over: Hour[] = [];

  /** @param writer - who writes: a member's ordinal, or a Job. */
  constructor(
    readonly store: Store,
    readonly seal: Seal,
    place: Place,
    private readonly writer: string,
    private readonly now: () => number = timeOfDay,
  ) {
    this.folder = catalogueFolder(place);
  }

  /** Writes an event down. It happened only once this has returned. */
  async write(event: Event): Promise<void> {
    const at = new Date(this.now()).toISOString();
    const random = randomBytes(4).toString("hex");
    const time = at.replaceAll(/[-:.]/g, "");
    const name = `${this.folder}/${hourOf(at)}/${time}-${event.kind}-${this.writer}-${random}`;
    await this.store.put(name, await this.seal.close(name, Buffer.from(JSON.stringify(event))));
    this.remember(hourOf(at), { name, event });
  }

  /** What is to be folded when the hour is over; of two hours at most, if that does not succeed. */
  private remember(hour: string, entry: Entry): void {
    if (this.own.hour !== hour) {
      if (this.own.entries.length >= FEWEST) this.over = [...this.over, this.own].slice(-2);
      this.own = { hour, entries: [], bytes: 0 };
    }
    if (!isFoldable(entry.name)) return;
    this.own.bytes += JSON.stringify(entry.event).length;
    // More than that is left to who folds later.
    if (this.own.bytes <= MOST_BYTES && this.own.entries.length < MOST) this.own.entries.push(entry);
  }

  /** Folds what this writer wrote in hours that are over: nothing of it is read, and nothing deleted. */
  async foldOwn(): Promise<void> {
    for (let next = this.over[0]; next !== undefined; next = this.over[0]) {
      await this.summarize(next.hour, next.entries);
      this.over.shift();
    }
  }

  private async summarize(hour: string, entries: readonly Entry[]): Promise<void> {
    await writeSummary(
      this,
      `${this.folder}/${hour}`,
      entries,
      `${this.writer}-${randomBytes(4).toString("hex")}`,
    );
  }

  /**
   * Folds what others left in hours that are over, and deletes entries that a summary has. For who may delete, and is alone.
   *
   * @param now - ms since 1970, by more than one clock
   * @returns how many entries it deleted.
   */
  async fold(check: () => void, now: number): Promise<number> {
    let deleted = 0;
    const settled = hourOf(new Date(now - SETTLED).toISOString());
    for (const hour of await this.store.folders(this.folder)) {
      if (hour >= settled) continue;
      const folder = `${this.folder}/${hour}`;
      const objects = await this.store.list(folder);
      const names = objects.map(({ name }) => name);
      const summaries = wholeSummaries(names);
      const held = new Set<string>();
      for (const summary of summaries)
        for (const { name } of await readSummary(this, summary)) held.add(name);
      const loose = objects.filter(({ name }) => isFoldable(name) && !held.has(name)).slice(0, MOST);
      if (loose.length >= FEWEST) {
        const entries = fitting((await this.open(loose)).map((event) => ({ name: event.name, event })));
        check();
        await this.summarize(hour, entries);
        for (const { name } of entries) held.add(name);
      }
      check();
      // Who was cut off left it: what it was to hold is there still.
      const halves = names.filter((name) => /\/summary-/.test(name) && !summaries.includes(name));
      const gone = [...names.filter((name) => held.has(name)), ...halves];
      await inParallel(gone, async (name) => this.store.delete(name));
      deleted += gone.length;
    }
    return deleted;
  }

  /** Deletes entries, also out of summaries. */
  async forget(events: readonly Written[]): Promise<void> {
    const names = new Set(events.map(({ name }) => name));
    for (const { name, summary } of events) if (summary === undefined) await this.store.delete(name);
    const folded = events.flatMap(({ summary }) => (summary === undefined ? [] : [summary]));
    // One that was cut off may have left two that hold the same.
    for (const hour of new Set(folded.map((summary) => summary.split("/").at(-2) ?? ""))) {
      const there = (await this.store.list(`${this.folder}/${hour}`)).map(({ name }) => name);
      // What is folded may be there by itself, too.
      for (const name of there) if (names.has(name)) await this.store.delete(name);
      for (const summary of wholeSummaries(there)) {
        const entries = await readSummary(this, summary);
        const left = entries.filter(({ name }) => !names.has(name));
        if (left.length === entries.length) continue;
        // Before the other one goes: what is in both is there once.
        if (left.length > 0) await this.summarize(hour, left);
        await this.store.delete(wordOf(summary));
        await this.store.delete(summary);
      }
    }
  }

  /**
   * All events, or those since the hour of a moment, ms since 1970.
   * @param damaged - told of each that cannot be read, for who looks at what there is; else one such is an error.
   */
  async read(since?: number, damaged?: Damages): Promise<Written[]> {
    const objects = await this.store.list(this.folder, since === undefined ? undefined : this.since(since));
    return await this.open(objects, damaged);
  }

  /**
   * The last events that `wanted` takes, at most `most`, from the last hours that have any; and as many from the last one that is over or
   * goes on, where a writer's clock was ahead: what it wrote would else be the last for ever.
   * @returns none where no hour has one.
   */
  async last(wanted: (event: Event) => boolean, most: number): Promise<Written[]> {
    const hours = (await this.store.folders(this.folder)).reverse();
    const present = hourOf(new Date(this.now()).toISOString());
    const ahead = await this.lastOf(
      hours.filter((hour) => hour > present),
      wanted,
      most,
    );
    const found = await this.lastOf(
      hours.filter((hour) => hour <= present),
      wanted,
      most,
    );
    return [...found, ...ahead];
  }

  private async lastOf(
    hours: readonly string[],
    wanted: (event: Event) => boolean,
    most: number,
  ): Promise<Written[]> {
    for (const hour of hours) {
      const objects = await this.store.list(`${this.folder}/${hour}`);
      if (wholeSummaries(objects.map(({ name }) => name)).length > 0) {
        const found = (await this.open(objects)).filter(wanted).slice(-most);
        if (found.length > 0) return found;
        continue;
      }
      for (let end = objects.length; end > 0; end -= most) {
        const found = (await this.open(objects.slice(Math.max(0, end - most), end))).filter(wanted);
        if (found.length > 0) return found;
      }
    }
    return [];
  }

  /** All events of a kind that is never folded, since the hour of a moment, ms since 1970. No others are read. */
  async ofKind<K extends Exclude<Event["kind"], "piece" | "restorable">>(
    kind: K,
    since: number,
  ): Promise<Written<Extract<Event, { kind: K }>>[]> {
    const objects = await this.store.list(this.folder, this.since(since));
    const wanted = objects.filter(({ name }) => name.includes(`Z-${kind}-`));
    return (await this.open(wanted)).filter(
      (event): event is Written<Extract<Event, { kind: K }>> => event.kind === kind,
    );
  }

  private since(moment: number): string {
    return `${this.folder}/${hourOf(new Date(moment).toISOString())}`;
  }

  private async open(objects: readonly StoredObject[], damaged?: Damages): Promise<Written[]> {
    const names = objects.map(({ name }) => name);
    const stored = new Map(objects.map(({ name, modified }) => [name, modified]));
    const found = new Map<string, Written>();
    const reading = async (name: string, read: () => Promise<void>): Promise<void> => {
      await read().catch((error: unknown) => {
        // Deleted, as too old, since it was listed.
        if (error instanceof NotThere) return;
        if (!damaged || !(error instanceof Damaged)) throw error;
        damaged(name, error);
      });
    };
    for (const summary of wholeSummaries(names)) {
      await reading(summary, async () => {
        if (!names.includes(summary)) throw new Damaged(`${summary} is said to be whole, and is not there`);
        for (const { name, event } of await readSummary(this, summary)) {
          found.set(name, { ...event, name, at: timeIn(name), summary });
        }
      });
    }
    const rest = names.filter((name) => !found.has(name) && !isOfSummary(name));
    await inParallel(rest, async (name) =>
      reading(name, async () => {
        const event = await this.openOne(name);
        const at = stored.get(name);
        if (event) found.set(name, { ...event, ...(at === undefined ? {} : { stored: at }) });
      }),
    );
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private async openOne(name: string): Promise<Written | undefined> {
    const content = (await this.seal.open(name, await this.store.get(name))).toString("utf8");
    let event: Event | undefined;
    try {
      event = readEvent(content);
    } catch (error) {
      throw new Damaged(`${name} cannot be understood: ${(error as Error).message}`);
    }
    return event && { ...event, name, at: timeIn(name) };
  }
}

async function inParallel(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
  const rest = [...names];
  const next = async (): Promise<void> => {
    for (let name = rest.shift(); name !== undefined; name = rest.shift()) await work(name);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}

function hourOf(time: string): string {
  return time.slice(0, 13).replaceAll("-", "");
}

/** The time in an entry's name, ms since 1970. */
function timeIn(name: string): number {
  const [, date = "", time = ""] = /\/(\d{8})T(\d{9})Z-[^/]*$/.exec(name) ?? [];
  const [year, month, day] = [date.slice(0, 4), date.slice(4, 6), date.slice(6)];
  const [hour, minute, second] = [time.slice(0, 2), time.slice(2, 4), time.slice(4, 6)];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${time.slice(6)}Z`);
}

/**
 * All events, for who restores or looks whether that can be done: an entry that is not what was stored is missing, and positions tell
 * whether anything lacks by that. Who deletes does not go by this.
 */
export async function readWhatThereIs(
  catalogue: Catalogue,
  log: Log,
  told: (name: string) => void = () => undefined,
): Promise<Written[]> {
  return await catalogue.read(undefined, (name, error) => {
    told(name);
    log("warning", "an entry of the catalogue is not what was stored", { error: error.message });
  });
}
