import { createHash } from "node:crypto";
import type { Piece } from "./events";
import type { Seal } from "./seal";
import { Damaged, type Store } from "./store/store";

/** The log of a piece, as it was on the disk of the member that stored it, part by part. */
export async function* logOf(piece: Piece, store: Store, seal: Seal): AsyncGenerator<Buffer> {
  for (const { name, sha256, bytes } of piece.parts) {
    const log = await seal.open(name, await store.get(name));
    const found = createHash("sha256").update(log).digest("hex");
    if (log.length !== bytes || found !== sha256)
      throw new Damaged(`${name} is not what the catalogue says of it`);
    yield log;
  }
}

/** The first part alone: a piece may be as large as the file. */
export async function beginningOf(piece: Piece, store: Store, seal: Seal): Promise<Buffer> {
  for await (const part of logOf(piece, store, seal)) return part;
  return Buffer.alloc(0);
}
