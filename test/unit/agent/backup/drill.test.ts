import * as assert from "node:assert/strict";
import { Catalogue } from "../../../../agent/backup/catalogue";
import { type DrillParts, runDrill } from "../../../../agent/backup/drill";
import type { Drill } from "../../../../agent/backup/events";
import { NoRoom } from "../../../../agent/backup/restore-steps";
import { Seal } from "../../../../agent/backup/seal";
import { Away, Damaged, Refused } from "../../../../agent/backup/store/store";
import { positions } from "../../../../agent/mysql/archived";
import { upTo } from "./fake-log";
import { MemoryStore } from "./memory-store";

const START = Date.parse("2026-11-26T08:00:00Z");

describe("backup: a drill", () => {
  let store: MemoryStore;
  let catalogue: Catalogue;
  let now: number;
  let reached: string;
  let asked: (number | undefined)[];
  let parts: DrillParts;

  beforeEach(async () => {
    store = new MemoryStore();
    now = START;
    const place = { namespace: "shop", database: "orders", cluster: "c", life: 1 };
    catalogue = new Catalogue(store, new Seal("k".repeat(32)), place, "job", () => now++);
    await catalogue.write({ kind: "start", why: "life", position: "", archived: "" });
    await piece(1, 10);
    await catalogue.write({
      kind: "base",
      ...{ tool: "restic", reference: "r", position: upTo(5), started: START, finished: START + 5_500 },
      ...{ bytes: 1, version: "9.7.4", source: "1" },
    });
    await piece(11, 20);
    await known(20, START + 60_000);
    now = START + 100_000;
    reached = upTo(20);
    asked = [];
    parts = {
      copies: {
        positions,
        version: async () => "9.7.5",
        verify: async () => undefined,
        answer: async () => "1",
      },
      catalogue,
      restore: async ({ time }) => {
        asked.push(time);
        return { position: reached, bytes: 77, seconds: { download: 1.5, replay: 2, ready: 3 } };
      },
      primarySays: async () => START + 60_000,
      retention: 86_400_000,
      query: undefined,
      log: () => undefined,
      now: () => now,
      random: () => 0.5,
    };
  });

  async function piece(from: number, to: number): Promise<void> {
    await catalogue.write({
      kind: "piece",
      ...{ file: "a", head: "a", from: from * 10, to: (to + 1) * 10, parts: [] },
      ...{ before: upTo(from - 1), after: upTo(to), archived: upTo(to) },
      ...{ first: (START + from * 1000) * 1000, last: (START + to * 1000) * 1000 },
    });
  }
  const known = async (last: number, until: number) =>
    catalogue.write({ kind: "restorable", until, position: upTo(last), archived: upTo(last) });
  const drills = async (): Promise<Drill[]> =>
    (await catalogue.read(undefined, () => undefined)).filter(
      (event): event is typeof event & Drill => event.kind === "drill",
    );
  const fails = async (why: RegExp): Promise<void> => {
    const { drill, advice } = await runDrill(parts);
    assert.equal(drill.good, false);
    assert.match(drill.why ?? "", why);
    assert.ok(advice);
    assert.equal((await drills()).at(-1)?.good, false);
  };

  it("restores all that there is, and says what took how long", async () => {
    const { drill } = await runDrill(parts);
    const { good, reached: position, download, replay, ready, bytes, version } = drill;
    assert.deepEqual(
      [good, position, download, replay, ready, bytes, version],
      [true, upTo(20), 1.5, 2, 3, 77, "9.7.5"],
    );
    assert.equal((await drills()).length, 1);
  });

  it("restores a random moment every other time", async () => {
    reached = upTo(20);
    await runDrill(parts);
    await runDrill(parts);
    await runDrill(parts);
    assert.equal(asked.length, 3);
    assert.deepEqual([asked[0], asked[2]], [undefined, undefined]);
    const [, moment = 0] = asked;
    assert.ok(moment >= START + 10_000 && moment <= START + 60_000, String(moment - START));
  });

  it("fails where the restore does, with its words and what to do", async () => {
    parts.restore = async () => Promise.reject(new Damaged("log/a is not what was stored by that name"));
    await fails(/log\/a is not what was stored/);
  });

  it("says nothing of the backup where the store is away, lets nobody in, or there is no room", async () => {
    for (const error of [new Away("nobody answers"), new Refused("no"), new NoRoom("small")]) {
      parts.restore = async () => Promise.reject(error);
      await assert.rejects(runDrill(parts), error);
    }
    parts.restore = async () => ({
      position: reached,
      bytes: 1,
      seconds: { download: 1, replay: 1, ready: 1 },
    });
    parts.copies.verify = async () => {
      store.failure = new Away("gone in the middle");
    };
    await assert.rejects(runDrill(parts), /gone in the middle/);
    store.failure = undefined;
    assert.deepEqual(await drills(), []);
  });

  it("fails where the catalogue lost its end, which alone looks whole", async () => {
    parts.primarySays = async () => START + 10 * 60_000;
    await fails(
      /the primary says that all is stored until .*:10:00.*, and the catalogue knows of nothing after .*:01:00/,
    );
    parts.primarySays = async () => undefined;
    assert.equal((await runDrill(parts)).drill.good, true);
  });

  it("fails where what was restored lacks what the primary had said to be stored", async () => {
    reached = upTo(19);
    await fails(/the primary had stored .*:1-20, and the restore came to .*:1-19/);
  });

  it("fails at a moment that is another one by the primary's clock than by the log's", async () => {
    await runDrill(parts);
    await known(5, START + 300_000);
    parts.random = () => 0.1;
    reached = upTo(20);
    await fails(/more than the primary had at/);
    await known(20, START + 400_000);
  });

  it("is not kept from restoring by an object that is garbage, and names it", async () => {
    const name = "shop/orders/c/0001/catalogue/20261126T08/garbage";
    store.objects.set(name, Buffer.from("garbage"));
    await fails(/not what was stored: .*garbage$/);
    assert.deepEqual(asked, [undefined]);
    store.objects.delete(name);
    assert.equal((await runDrill(parts)).drill.good, true);
  });

  it("fails where not all can be read", async () => {
    parts.copies.verify = async () => Promise.reject(new Error("the copy is broken: app.t"));
    await fails(/app\.t/);
  });

  it("fails where the query is not answered with true", async () => {
    parts.query = "SELECT 0";
    for (const answer of ["0", "f", "FALSE", "", undefined]) {
      parts.copies.answer = async () => answer;
      await fails(/the query of backup.drill answers/);
    }
    parts.copies.answer = async () => Promise.reject(new Error("no such table"));
    await fails(/cannot be answered: no such table/);
    parts.copies.answer = async () => "17";
    assert.equal((await runDrill(parts)).drill.good, true);
  });
});
