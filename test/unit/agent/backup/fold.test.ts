import * as assert from "node:assert/strict";
import { tidyStore } from "../../../../agent/backup/base";
import { Catalogue } from "../../../../agent/backup/catalogue";
import type { Event, Written } from "../../../../agent/backup/events";
import { Seal } from "../../../../agent/backup/seal";
import { Away, Damaged } from "../../../../agent/backup/store/store";
import { upTo } from "./fake-log";
import { MemoryStore } from "./memory-store";

const START = Date.parse("2026-11-26T08:00:00Z");
const HOUR = 3_600_000;
const place = { namespace: "shop", database: "orders", cluster: "c", life: 1 };
const seal = new Seal("k".repeat(32));

/** Loses its power after some changes: the last one may have been made, or not, and nobody was told. */
class MortalStore extends MemoryStore {
  left = Infinity;
  /** Whether the change that it dies of was made. */
  made = false;

  override async put(name: string, content: Uint8Array): Promise<void> {
    await this.mortal(async () => super.put(name, content));
  }
  override async delete(name: string): Promise<void> {
    await this.mortal(async () => super.delete(name));
  }
  private async mortal(change: () => Promise<void>): Promise<void> {
    if (this.left-- > 0) return change();
    if (this.left === -1 && this.made) await change();
    throw new Away("killed");
  }
}

describe("backup: a folded catalogue", () => {
  let store: MortalStore;
  let now: number;

  beforeEach(() => {
    store = new MortalStore();
    store.now = () => now;
    now = START;
  });

  const catalogue = (writer: string): Catalogue => new Catalogue(store, seal, place, writer, () => now);
  const check = (): void => undefined;
  const known = (last: number): Event => ({
    kind: "restorable",
    ...{ until: now, position: upTo(last), archived: upTo(last) },
  });
  const base = (last: number): Event => ({
    kind: "base",
    ...{ tool: "restic", reference: "r", position: upTo(last), started: 1, finished: 2, bytes: 3 },
    ...{ version: "9.7.4", source: "1" },
  });

  /** An hour of ten entries, and a copy amidst. */
  async function hour(writer: Catalogue, first: number): Promise<void> {
    for (let count = 0; count < 10; count++, now += HOUR / 10) {
      if (count === 5) await writer.write(base(first + count));
      else await writer.write(known(first + count));
    }
  }
  const plain = (events: Written[]): object[] =>
    events.map((event) =>
      Object.fromEntries(Object.entries(event).filter(([key]) => !["summary", "stored"].includes(key))),
    );

  it("says the same, in a fraction of the objects", async () => {
    const writer = catalogue("0");
    for (const first of [1, 11, 21]) await hour(writer, first);
    const before = await catalogue("look").read();
    await writer.foldOwn();
    assert.deepEqual(plain(await catalogue("look").read()), plain(before), "with both");
    now += 3 * HOUR;
    await catalogue("job").fold(check, now);
    assert.deepEqual(plain(await catalogue("look").read()), plain(before));
    assert.ok(store.objects.size <= 3 * 3, `${store.objects.size} objects`);
    assert.equal((await catalogue("look").ofKind("base", START)).length, 3);
    const last = await catalogue("look").last((event) => event.kind === "restorable", 2);
    assert.deepEqual(plain(last), plain(before.filter(({ kind }) => kind === "restorable").slice(-2)));
    const recent = await catalogue("look").read(START + HOUR);
    assert.deepEqual(plain(recent), plain(before.filter(({ at }) => at >= START + HOUR)));
  });

  it("is the same after a death at any change, and after the next attempt", async () => {
    for (const made of [false, true]) {
      for (let changes = 0; ; changes++) {
        store = new MortalStore();
        now = START;
        const writer = catalogue("0");
        await hour(writer, 1);
        await hour(catalogue("1"), 11);
        await writer.write(known(21));
        const before = await catalogue("look").read();
        now += 3 * HOUR;
        store.left = changes;
        store.made = made;
        const died = await (async () => {
          await writer.foldOwn();
          await catalogue("job").fold(check, now);
        })().then(
          () => false,
          () => true,
        );
        store.left = Infinity;
        assert.deepEqual(plain(await catalogue("look").read()), plain(before), `after ${changes} changes`);
        await catalogue("job").fold(check, now);
        assert.deepEqual(plain(await catalogue("look").read()), plain(before), `after ${changes} and again`);
        assert.ok(store.objects.size <= 2 * 4 + 1, `${store.objects.size} objects after ${changes}`);
        if (!died) break;
      }
    }
  });

  it("does not believe a summary without the word that it is whole, whatever it holds", async () => {
    await hour(catalogue("0"), 1);
    const before = await catalogue("look").read();
    const folder = [...store.objects.keys()][0]!.replace(/\/[^/]*$/, "");
    for (const content of [Buffer.from("half"), await seal.close(`${folder}/summary-x`, Buffer.from("[]"))]) {
      store.objects.set(`${folder}/summary-x`, content);
      assert.deepEqual(plain(await catalogue("look").read()), plain(before));
    }
    now += 3 * HOUR;
    await catalogue("job").fold(check, now);
    assert.ok(!store.objects.has(`${folder}/summary-x`));
    assert.deepEqual(plain(await catalogue("look").read()), plain(before));
  });

  it("takes a whole summary that was damaged for what it is: its entries may be nowhere else", async () => {
    await hour(catalogue("0"), 1);
    now += 3 * HOUR;
    await catalogue("job").fold(check, now);
    const name = [...store.objects.keys()].find((one) => one.includes("/summary-"))!;
    store.objects.set(name, store.objects.get(name)!.subarray(0, -1));
    await assert.rejects(catalogue("look").read(), Damaged);
    await assert.rejects(catalogue("job").fold(check, now), Damaged);
    const told: string[] = [];
    const left = await catalogue("look").read(undefined, (one) => told.push(one));
    assert.deepEqual([told, left.map(({ kind }) => kind)], [[name], ["base"]]);
    store.objects.delete(name);
    await assert.rejects(catalogue("look").read(), /is said to be whole, and is not there/);
  });

  it("keeps what a member writes late, by a clock that is an hour behind", async () => {
    const writer = catalogue("0");
    await hour(writer, 1);
    await writer.write(known(31));
    await writer.foldOwn();
    now = START + HOUR / 2;
    await catalogue("1").write(known(40));
    now = START + 4 * HOUR;
    const before = await catalogue("look").read();
    await catalogue("job").fold(check, now);
    assert.deepEqual(plain(await catalogue("look").read()), plain(before));
    assert.ok(before.some((event) => (event as { position?: string }).position === upTo(40)));
  });

  it("leaves an hour alone that may go on by somebody's clock, and few entries as they are", async () => {
    await hour(catalogue("0"), 1);
    const { size } = store.objects;
    now = START + 2 * HOUR;
    await catalogue("job").fold(check, now);
    assert.equal(store.objects.size, size);
    store = new MortalStore();
    for (let count = 0; count < 5; count++) await catalogue("0").write(known(count));
    now += 5 * HOUR;
    assert.equal(await catalogue("job").fold(check, now), 0);
    assert.equal(store.objects.size, 5);
  });

  it("takes no more into one summary than fits into a little memory", async () => {
    const writer = catalogue("0");
    const long = Array.from({ length: 20_000 }, (_, index) => index * 2 + 1).join(":");
    const position = `3f8e4c1a-0000-4000-8000-000000000001:${long}`;
    for (let count = 0; count < 30; count++, now += 60_000) {
      await writer.write({ kind: "restorable", until: now, position, archived: position });
    }
    now += HOUR;
    await writer.write(known(1));
    await writer.foldOwn();
    now += 3 * HOUR;
    const before = await catalogue("look").read();
    for (let times = 0; times < 3; times++) await catalogue("job").fold(check, now);
    assert.deepEqual(plain(await catalogue("look").read()), plain(before));
    const summaries = [...store.objects.keys()].filter((name) => name.includes("/summary-"));
    assert.ok(summaries.length >= 2, `${summaries.length}`);
  });

  it("forgets entries, also out of a summary, whatever it dies of", async () => {
    await hour(catalogue("0"), 1);
    now += 3 * HOUR;
    await catalogue("job").fold(check, now);
    const events = await catalogue("look").read();
    const [first, ...rest] = events;
    for (let changes = 0; changes < 4; changes++) {
      store.left = changes;
      await assert.rejects(catalogue("job").forget([first!]), Away);
      store.left = Infinity;
      const found = plain(await catalogue("look").read());
      assert.ok(found.length >= rest.length, `after ${changes} changes`);
      assert.deepEqual(found.slice(-rest.length), plain(rest));
    }
    await catalogue("job").forget(
      await catalogue("look")
        .read()
        .then((all) => all.filter(({ at }) => at === first!.at)),
    );
    assert.deepEqual(plain(await catalogue("look").read()), plain(rest));
    await catalogue("job").forget(await catalogue("look").read());
    now += 3 * HOUR;
    await catalogue("job").fold(check, now);
    assert.deepEqual(await catalogue("look").read(), []);
  });

  it("stops where the lease is somebody else's", async () => {
    await hour(catalogue("0"), 1);
    const { size } = store.objects;
    now += 3 * HOUR;
    const fails = catalogue("job").fold(() => {
      throw new Error("somebody else");
    }, now);
    await assert.rejects(fails, /somebody else/);
    assert.equal(store.objects.size, size);
  });

  it("goes with objects of the log that no entry names, a day later; what is named or young stays", async () => {
    const name = (one: string): string => `shop/orders/c/0001/log/1.1/${one}`;
    for (const one of ["named", "unnamed"]) await store.put(name(one), Buffer.from(one));
    await catalogue("0").write({
      kind: "piece",
      ...{ file: "a", head: "a", from: 0, to: 10, before: "", after: upTo(1), archived: upTo(1) },
      parts: [{ name: name("named"), bytes: 1, sha256: "x" }],
    });
    now += 25 * HOUR;
    await store.put(name("young"), Buffer.from("young"));
    const parts = {
      catalogue: catalogue("job"),
      store,
      lease: { check },
      log: () => undefined,
      agreed: async () => now,
    };
    await tidyStore(parts, place);
    const left = [...store.objects.keys()]
      .filter((one) => one.includes("/log/"))
      .map((one) => one.split("/").at(-1));
    assert.deepEqual(left, ["named", "young"]);
    // What a catalogue cannot tell is not to go.
    store.objects.set(
      [...store.objects.keys()].find((one) => one.includes("-piece-"))!,
      Buffer.from("garbage"),
    );
    now += 48 * HOUR;
    await assert.rejects(tidyStore(parts, place), Damaged);
    assert.ok(store.objects.has(name("named")));
  });
});
