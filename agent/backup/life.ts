import type { Archive, Stretch } from "../core/engine";
import { Catalogue } from "./catalogue";
import type { Event, Piece, Position, Restorable, Start, Written } from "./events";
import { livesOf, type Place } from "./layout";
import type { KnownGap } from "./say";
import type { Seal } from "./seal";
import type { Store } from "./store/store";

/** What is known of the life that logs are stored in. */
export interface Life {
  place: Place;
  catalogue: Catalogue;
  /** What is stored, and what was given up. */
  archived: Position;
  /** Stretches that were stored last. */
  stored: Stretch[];
  /** Until when all is stored, ms since 1970; absent where it was never said. */
  restorable: number | undefined;
  /** Gaps that may still matter. */
  gaps: KnownGap[];
}

/** Whose backup it is, and where. */
export interface Target {
  store: Store;
  seal: Seal;
  cluster: Omit<Place, "life">;
  /** Who writes into the catalogue. */
  writer: string;
}

type Telling = Written<Piece | Start | Restorable>;

const tells = (event: Event): boolean => "archived" in event;

/** How many of the last entries are read: each says what is archived, and writers' clocks may be apart. */
const LAST = 20;

/** The last life that was begun; `undefined` where nothing was ever stored. */
export async function lastLife(target: Target, positions: Archive["positions"]): Promise<Life | undefined> {
  const { store, seal, cluster, writer } = target;
  for (const life of await livesOf(store, cluster)) {
    const place = { ...cluster, life };
    const catalogue = new Catalogue(store, seal, place, writer);
    const last = (await catalogue.last(tells, LAST)) as Telling[];
    if (last.length === 0) continue;
    const untils = last.map((event) => (event.kind === "restorable" ? event.until : 0));
    const restorable = Math.max(...untils);
    return {
      place,
      catalogue,
      archived: last.map(({ archived }) => archived).reduce(positions.unite),
      stored: last.filter((event) => event.kind === "piece"),
      restorable: restorable === 0 ? undefined : restorable,
      gaps: [],
    };
  }
  return undefined;
}

/** Begins a life with what the log begins with: what came before is in bases alone. */
export async function beginLife(target: Target, archive: Archive, life: number): Promise<Life> {
  const { store, seal, cluster, writer } = target;
  const place = { ...cluster, life };
  const catalogue = new Catalogue(store, seal, place, writer);
  const position = await archive.begin();
  await catalogue.write({ kind: "start", why: "life", position, archived: position });
  return { place, catalogue, archived: position, stored: [], restorable: undefined, gaps: [] };
}
