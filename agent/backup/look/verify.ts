import type { Positions } from "../../core/engine";
import { messageOf, type Log } from "../../core/log";
import { Catalogue } from "../catalogue";
import type { Base, Part, Piece, Written } from "../events";
import { lifeFolder, type Place } from "../layout";
import { logOf } from "../log-reader";
import type { Opened } from "../open";
import type { Restic } from "../restic";
import { viewOf, type View } from "../view";
import { brokenness } from "./listing";
import type { Loss, Verdict } from "./request";

/** Objects that are read between two words on how far it is. */
const SAY_EVERY = 200;

/** What a backup is looked through with. */
export interface VerifyParts {
  opened: Pick<Opened, "store" | "seal">;
  place: Place;
  positions: Positions;
  restic: Pick<Restic, "check" | "references">;
  /** Asked between two objects: others may change what is looked at. */
  lease: { check: () => void };
  log: Log;
  now: number;
}

/**
 * Looks whether all is there that the catalogue names: every object of the log, and every copy in the repository. `percent` of them,
 * spread evenly, is read through as a restore reads it.
 */
export async function verifyBackup(parts: VerifyParts, percent: number): Promise<Verdict> {
  const { opened, place, positions, restic, lease, log, now } = parts;
  const problems: string[] = [];
  const catalogue = new Catalogue(opened.store, opened.seal, place, "look");
  const events = await catalogue.read(undefined, (_, error) => problems.push(messageOf(error)));
  const view = viewOf(events, positions);
  problems.push(...brokenness(view));
  if (view.bases.length === 0) problems.push("there is no full copy: nothing can be restored");

  const pieces = events.filter((event): event is Written<Piece> => event.kind === "piece");
  const there = new Map(
    (await opened.store.list(`${lifeFolder(place)}/log`)).map(({ name, size }) => [name, size]),
  );
  const every = percent <= 0 ? Infinity : 100 / percent;
  const losses: Loss[] = [];
  let [objects, read] = [0, 0];
  for (const piece of pieces) {
    for (const part of piece.parts) {
      lease.check();
      const index = objects++;
      const wanted = Math.floor((index + 1) / every) > Math.floor(index / every);
      const why = there.has(part.name)
        ? wanted
          ? await damageIn(piece, part, opened)
          : undefined
        : "it is not there";
      if (there.has(part.name) && wanted) read++;
      if (why !== undefined) losses.push(lossOf(piece, part.name, why, view, positions));
      if (objects % SAY_EVERY === 0) log("info", "looking through the log", { objects, read });
    }
  }
  log("info", "looking through the full copies", { copies: view.bases.length });
  const known = await restic.references();
  for (const base of view.bases) {
    if (known.some((one) => one.startsWith(base.reference))) continue;
    losses.push(lossOfCopy(base, view.bases));
  }
  problems.push(...(await restic.check(percent)));
  const { cluster, life } = place;
  return { at: now, cluster, life, objects, read, copies: view.bases.length, losses, problems };
}

/** Reads a part as a restore reads it. */
async function damageIn(
  piece: Piece,
  part: Part,
  { store, seal }: Pick<Opened, "store" | "seal">,
): Promise<string | undefined> {
  try {
    const log = logOf({ ...piece, parts: [part] }, store, seal);
    while ((await log.next()).done !== true);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** What cannot be restored without a stretch of log: from its first transaction to the next copy that has all of it. */
function lossOf(
  piece: Written<Piece>,
  object: string,
  why: string,
  { bases }: View,
  { contains }: Positions,
): Loss {
  const later = bases
    .filter(({ position }) => contains(position, piece.after))
    .map(({ finished }) => finished);
  const from = piece.first === undefined ? piece.at : Math.floor(piece.first / 1000);
  return { object, why, from, ...(later.length === 0 ? {} : { to: Math.min(...later) }) };
}

/** Without a copy, what begins with it is had by the one before it, if there is one. */
function lossOfCopy(base: Base, bases: readonly Base[]): Loss {
  const earlier = bases.some(({ finished }) => finished < base.finished);
  const later = bases.map(({ finished }) => finished).filter((finished) => finished > base.finished);
  return {
    object: `the full copy ${base.reference}`,
    why: earlier
      ? "restic has no such copy: restores go by an older one, and take longer"
      : "restic has no such copy",
    from: base.finished,
    ...(earlier ? { to: base.finished } : later.length === 0 ? {} : { to: Math.min(...later) }),
  };
}
