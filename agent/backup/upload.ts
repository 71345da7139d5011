import { createHash } from "node:crypto";
import type { Archive, Stretch } from "../core/engine";
import type { Part, Piece } from "./events";
import type { Seal } from "./seal";
import { Damaged, Exists, type Store } from "./store/store";

/** Most of a log that one object holds, bytes: it is in memory as a whole, some times over. */
const PART_BYTES = 4 * 1024 * 1024;

/** Digits of a byte's place in a name, so that names sort as places do. */
const DIGITS = 14;

/**
 * Stores a stretch of log in parts.
 * @param folder - of this primary's logs.
 * @param writer - the member, whose files' names other members use as well.
 * @returns what the catalogue says of it, but for what is archived with it
 */
export async function upload(
  { store, seal }: { store: Store; seal: Seal },
  archive: Archive,
  stretch: Stretch,
  folder: string,
  writer: string,
): Promise<Omit<Piece, "archived">> {
  const parts: Part[] = [];
  const place = (at: number): string => String(at).padStart(DIGITS, "0");
  for (let at = stretch.from; at < stretch.to; at += PART_BYTES) {
    const end = Math.min(at + PART_BYTES, stretch.to);
    const bytes = await archive.read(stretch, at, end - at);
    const name = `${folder}/${writer}-${stretch.file}-${stretch.head}/${place(at)}-${place(end)}`;
    await put(store, seal, name, bytes);
    parts.push({ name, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });
  }
  return { kind: "piece", ...stretch, parts };
}

/** One that is there already was stored by a request whose answer did not come, if it is the same. */
async function put(store: Store, seal: Seal, name: string, bytes: Buffer): Promise<void> {
  try {
    await store.put(name, await seal.close(name, bytes));
  } catch (error) {
    if (!(error instanceof Exists)) throw error;
    const there = await seal.open(name, await store.get(name));
    if (!there.equals(bytes)) throw new Damaged(`${name} is there, and is not what this member's log holds`);
  }
}
