import { randomBytes } from "node:crypto";
import { timeOfDay } from "../core/clock";
import { type Event, readEvent, type Written } from "./events";
import { catalogueFolder, type Place } from "./layout";
import type { Seal } from "./seal";
import { Damaged, NotThere, type Store } from "./store/store";

/** Told of an entry that is not what was stored. */
type Damages = (name: string, error: Damaged) => void;

/** How many entries are read at once. */
const AT_ONCE = 8;

/**
 * What was stored, in the order of its writing, as one small object for each event. It alone says what there is: no list of a tool,
 * and no list of objects, tells whether something lacks in between.
 *
 * An entry is `<hour>/<time>-<kind>-<writer>-<random>`: stores list forward only, and so the last ones are found by their hour.
 */
export class Catalogue {
  private readonly folder: string;

  /** @param writer - who writes: a member's ordinal, or a Job. */
  constructor(
    private readonly store: Store,
    private readonly seal: Seal,
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
  }

  /**
   * All events, or those since the hour of a moment, ms since 1970.
   * @param damaged - told of each that cannot be read, for who looks at what there is; else one such is an error.
   */
  async read(since?: number, damaged?: Damages): Promise<Written[]> {
    const objects = await this.store.list(this.folder, since === undefined ? undefined : this.since(since));
    return await this.open(
      objects.map(({ name }) => name),
      damaged,
    );
  }

  /**
   * The last events that `wanted` takes, at most `most`, from the last hours that have any.
   * @returns none where no hour has one.
   */
  async last(wanted: (event: Event) => boolean, most: number): Promise<Written[]> {
    const hours = await this.store.folders(this.folder);
    for (const hour of hours.reverse()) {
      const names = (await this.store.list(`${this.folder}/${hour}`)).map(({ name }) => name);
      for (let end = names.length; end > 0; end -= most) {
        const found = (await this.open(names.slice(Math.max(0, end - most), end))).filter(wanted);
        if (found.length > 0) return found;
      }
    }
    return [];
  }

  /** All events of a kind since the hour of a moment, ms since 1970. No others are read. */
  async ofKind<K extends Event["kind"]>(
    kind: K,
    since: number,
  ): Promise<Written<Extract<Event, { kind: K }>>[]> {
    const objects = await this.store.list(this.folder, this.since(since));
    const names = objects.map(({ name }) => name).filter((name) => name.includes(`Z-${kind}-`));
    return (await this.open(names)).filter(
      (event): event is Written<Extract<Event, { kind: K }>> => event.kind === kind,
    );
  }

  private since(moment: number): string {
    return `${this.folder}/${hourOf(new Date(moment).toISOString())}`;
  }

  private async open(names: readonly string[], damaged?: Damages): Promise<Written[]> {
    const found = new Map<string, Written>();
    const rest = [...names];
    const work = async (): Promise<void> => {
      for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
        const event = await this.openOrTell(name, damaged);
        if (event) found.set(name, event);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return names.map((name) => found.get(name)).filter((event) => event !== undefined);
  }

  private async openOrTell(name: string, damaged: Damages | undefined): Promise<Written | undefined> {
    try {
      return await this.openOne(name);
    } catch (error) {
      if (!damaged || !(error instanceof Damaged)) throw error;
      damaged(name, error);
      return undefined;
    }
  }

  private async openOne(name: string): Promise<Written | undefined> {
    let sealed: Buffer;
    try {
      sealed = await this.store.get(name);
    } catch (error) {
      // Deleted, as too old, since it was listed.
      if (error instanceof NotThere) return undefined;
      throw error;
    }
    const content = (await this.seal.open(name, sealed)).toString("utf8");
    let event: Event | undefined;
    try {
      event = readEvent(content);
    } catch (error) {
      throw new Damaged(`${name} cannot be understood: ${(error as Error).message}`);
    }
    return event && { ...event, name, at: timeIn(name) };
  }
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
