import * as assert from "node:assert/strict";
import { applyRetention, type BaseParts, makeBase, tidyStore } from "../../../../agent/backup/base";
import { Catalogue } from "../../../../agent/backup/catalogue";
import { agreedTime, ClocksApart } from "../../../../agent/backup/clocks";
import { Seal } from "../../../../agent/backup/seal";
import type { Source } from "../../../../agent/core/engine";
import { positions } from "../../../../agent/mysql/archived";
import { MemoryStore } from "./memory-store";

const A = "3f8e4c1a-0000-4000-8000-000000000001";
const DAY = 86_400_000;

describe("backup: a full copy", () => {
  let store: MemoryStore;
  let catalogue: Catalogue;
  let now: number;
  let steps: string[];
  let failing: string;
  let removed: readonly string[];
  const place = { namespace: "shop", database: "orders", cluster: A, life: 1 };

  const step = async (name: string): Promise<void> => {
    steps.push(name);
    if (name === failing) throw new Error(`${name} failed`);
  };
  const source: Source = { ordinal: 2, host: "orders-2", address: "10.0.0.2", role: "replica" };
  const parts = (): BaseParts => ({
    copies: {
      positions,
      begin: async () => step("begin"),
      choose: async () => {
        await step("choose");
        return source;
      },
      position: async () => `${A}:1-${now / DAY}`,
      version: async () => "9.7.4",
      verify: async () => step("verify"),
      answer: async () => undefined,
      finish: async () => step("finish"),
    },
    copy: { from: async () => step("copy") },
    sources: async () => [source],
    catalogue,
    store,
    restic: {
      prepare: async () => step("prepare"),
      unlock: async () => step("unlock"),
      store: async () => {
        await step("store");
        return { reference: `r${now / DAY}`, bytes: 5 };
      },
      remove: async (references) => {
        removed = references;
      },
    },
    lease: {
      check: () => {
        if (failing === "lease") throw new Error("the lease is somebody else's");
      },
    },
    database: "orders",
    volume: "/volume",
    log: () => undefined,
    now: () => now,
    agreed: async () => agreedTime({ store: async () => store.time() }, () => now),
  });

  beforeEach(() => {
    store = new MemoryStore();
    store.now = () => now;
    now = DAY;
    steps = [];
    failing = "";
    removed = [];
    catalogue = new Catalogue(store, new Seal("k".repeat(32)), place, "job", () => now);
  });

  it("counts with the position of the server that was started on it, once all of it was read and stored", async () => {
    await makeBase(parts(), false);
    assert.deepEqual(steps, ["prepare", "unlock", "begin", "choose", "copy", "verify", "finish", "store"]);
    const [found] = await catalogue.read();
    assert.ok(found?.kind === "base");
    assert.deepEqual([found.reference, found.position, found.source], ["r1", `${A}:1-1`, "2"]);
  });

  it("does not count where anything on the way failed", async () => {
    for (const what of [
      "prepare",
      "unlock",
      "begin",
      "choose",
      "copy",
      "verify",
      "finish",
      "store",
      "lease",
    ]) {
      failing = what;
      await assert.rejects(makeBase(parts(), false));
      assert.deepEqual(await catalogue.read(), [], what);
    }
  });

  it("makes room for itself: of four a day apart, the newest before the window stays with those in it", async () => {
    for (const day of [1, 2, 3, 4]) {
      now = day * DAY;
      await makeBase(parts(), false);
    }
    now += 1;
    await applyRetention(parts(), 1.5 * DAY);
    assert.deepEqual(removed, ["r1"]);
    const left = (await catalogue.read()).flatMap((event) =>
      event.kind === "base" ? [event.reference] : [],
    );
    assert.deepEqual(left, ["r2", "r3", "r4"]);
  });

  it("deletes nothing by one machine's clock, whichever of them is wrong", async () => {
    for (const day of [1, 2, 3]) {
      now = day * DAY;
      await makeBase(parts(), false);
      await store.put(`shop/orders/${A}/0001/log/1.1/being-stored`, Buffer.from("")).catch(() => undefined);
    }
    const right = now;
    const there = [...store.objects.keys()];
    for (const [node, its] of [
      [right + 3 * 365 * DAY, right],
      [right, right + 3 * 365 * DAY],
    ] as const) {
      now = node;
      store.now = () => its;
      await assert.rejects(applyRetention(parts(), DAY), ClocksApart);
      await assert.rejects(
        tidyStore(parts(), place),
        /1095 days (ahead of|behind) the store's.*nothing is deleted/,
      );
      assert.deepEqual([...store.objects.keys()], there);
    }
  });

  it("goes by the store where it is some seconds behind", async () => {
    for (const day of [1, 2, 3]) {
      now = day * DAY;
      await makeBase(parts(), false);
    }
    store.now = () => now - 60_000;
    assert.equal(await parts().agreed(), now - 60_000);
    await applyRetention(parts(), DAY - 30_000);
    assert.deepEqual(removed, []);
    store.now = () => now + 60_000;
    assert.equal(await parts().agreed(), now);
  });

  it("deletes nothing without the lease", async () => {
    for (const day of [1, 2, 3]) {
      now = day * DAY;
      await makeBase(parts(), false);
    }
    failing = "lease";
    await assert.rejects(applyRetention(parts(), DAY), /somebody else's/);
    assert.equal((await catalogue.read()).length, 3);
  });
});
