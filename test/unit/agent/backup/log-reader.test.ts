import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Piece } from "../../../../agent/backup/events";
import { beginningOf, logOf } from "../../../../agent/backup/log-reader";
import { Seal } from "../../../../agent/backup/seal";
import { Damaged } from "../../../../agent/backup/store/store";
import { MemoryStore } from "./memory-store";

describe("backup: stored parts of a log", () => {
  const seal = new Seal("k".repeat(32));
  let store: MemoryStore;
  let piece: Piece;

  beforeEach(async () => {
    store = new MemoryStore();
    const parts = [];
    for (const text of ["one", "two"]) {
      await store.put(`log/${text}`, await seal.close(`log/${text}`, Buffer.from(text)));
      const sha256 = createHash("sha256").update(text).digest("hex");
      parts.push({ name: `log/${text}`, bytes: 3, sha256 });
    }
    piece = {
      kind: "piece",
      ...{ file: "a", head: "a", from: 0, to: 6, before: "", after: "", archived: "", parts },
    };
  });

  const read = async (): Promise<string> => {
    const found: Buffer[] = [];
    for await (const part of logOf(piece, store, seal)) found.push(part);
    return Buffer.concat(found).toString();
  };

  it("are what was on the member's disk, in their order", async () => {
    assert.equal(await read(), "onetwo");
    assert.equal((await beginningOf(piece, store, seal)).toString(), "one");
  });

  it("are refused where one that is sealed well is not what the catalogue says of it", async () => {
    for (const text of ["twO", "three"]) {
      store.objects.set("log/two", await seal.close("log/two", Buffer.from(text)));
      await assert.rejects(read(), (error: unknown) => {
        assert.ok(error instanceof Damaged);
        assert.match(error.message, /log\/two is not what the catalogue says of it/);
        return true;
      });
    }
  });
});
