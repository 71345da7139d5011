import assert from "node:assert/strict";
import { type GrowthStore, type OwnClaim, VolumeGrowth } from "../../../agent/core/growth";
import { Notices } from "../../../agent/core/notices";
import { ApiError } from "../../../agent/kube/client";
import { KubeGrowth } from "../../../agent/kube/own-claim";
import type { WantedGrowth } from "../../../components/protocol/growth";

const GIB = 1024 ** 3;
const WANTED: WantedGrowth = { upToBytes: 30 * GIB, atPercent: 80, byPercent: 25 };

/** What the members of a database have in common. */
class Database {
  written = 0;
  readonly acts: string[] = [];
}

/** A member's volume, and what its agent does about it. */
class Scene implements GrowthStore {
  wanted: WantedGrowth | undefined = WANTED;
  own: OwnClaim = { requested: 20 * GIB, capacity: 20 * GIB };
  used = 0.5;
  refusal: Error | undefined;
  looks = 0;
  now = 0;
  readonly notices = new Notices();
  readonly growth: VolumeGrowth;

  constructor(readonly database = new Database()) {
    this.growth = new VolumeGrowth({
      wanted: async () => Promise.resolve(this.wanted),
      told: async () => Promise.resolve(this.database.written),
      room: () => ({ size: this.own.capacity, free: this.own.capacity * (1 - this.used) }),
      store: this,
      notices: this.notices,
      log: () => undefined,
      clock: () => this.now,
    });
  }

  async claim(): Promise<OwnClaim> {
    this.looks++;
    return Promise.resolve(this.own);
  }

  async grow(bytes: number): Promise<void> {
    if (this.refusal) throw this.refusal;
    this.database.acts.push(`grow ${bytes / GIB}`);
    this.own = { ...this.own, requested: bytes };
    return Promise.resolve();
  }

  async written(): Promise<number> {
    return Promise.resolve(this.database.written);
  }

  async write(bytes: number): Promise<void> {
    this.database.acts.push(`write ${bytes / GIB}`);
    this.database.written = bytes;
    return Promise.resolve();
  }

  /** Looks some times in a row, ten seconds apart. */
  async look(times = 3): Promise<void> {
    for (let time = 0; time < times; time++) {
      this.now += await this.growth.look();
    }
  }

  /** The disk and its file system have followed. */
  follow(used: number): void {
    this.own = { ...this.own, capacity: this.own.requested };
    this.used = used;
  }

  said(): string[] {
    return this.notices.list().map(({ severity, text }) => `${severity}: ${text}`);
  }
}

describe("agent: a volume that grows by itself", () => {
  it("asks nobody anything where the stack does not want it", async () => {
    const scene = new Scene();
    scene.wanted = undefined;
    scene.used = 0.99;
    await scene.look(10);
    assert.equal(scene.looks, 0);
    assert.deepEqual(scene.database.acts, []);
    assert.equal(scene.growth.growing, undefined);
  });

  it("is left as it is while there is room, and when it is full for a moment only", async () => {
    const scene = new Scene();
    await scene.look();
    scene.used = 0.9;
    await scene.look(2);
    scene.used = 0.79;
    await scene.look(1);
    scene.used = 0.9;
    await scene.look(2);
    assert.deepEqual(scene.database.acts, []);
    assert.deepEqual(scene.growth.growing, { requested: 20 * GIB, limit: 30 * GIB });
  });

  it("is made larger by its share once it stays too full, and the size is written down before", async () => {
    const scene = new Scene();
    scene.used = 0.8;
    await scene.look();
    assert.deepEqual(scene.database.acts, ["write 25", "grow 25"]);
  });

  it("is left alone while it still grows, however full it is", async () => {
    const scene = new Scene();
    scene.used = 0.95;
    await scene.look(60);
    assert.deepEqual(scene.database.acts, ["write 25", "grow 25"]);
    scene.follow(0.5);
    await scene.look(60);
    assert.equal(scene.database.acts.length, 2);
  });

  it("ends at the limit, and says so until there is room or a higher one", async () => {
    const scene = new Scene();
    scene.used = 0.9;
    await scene.look();
    scene.follow(0.9);
    await scene.look();
    assert.deepEqual(scene.database.acts.slice(2), ["write 30", "grow 30"], "and not 32");
    scene.follow(0.85);
    await scene.look(20);
    assert.equal(scene.database.acts.length, 4);
    assert.match(scene.said().join(), /^notice: .* as far as storageGrowth.upTo lets it, and 8[45] % /);
    scene.used = 0.5;
    await scene.look(10);
    assert.deepEqual(scene.said(), []);
    scene.used = 0.9;
    scene.wanted = { ...WANTED, upToBytes: 100 * GIB };
    await scene.look();
    assert.deepEqual(scene.database.acts.slice(4), ["write 38", "grow 38"]);
  });

  it("comes to the size that another member has written down, without being full", async () => {
    const first = new Scene();
    const second = new Scene(first.database);
    await second.look(1);
    first.used = 0.9;
    await first.look();
    await second.look(1);
    assert.deepEqual(second.own.requested, 25 * GIB);
    assert.deepEqual(first.database.acts, ["write 25", "grow 25", "grow 25"]);
  });

  it("takes what another one has just written down for its own next size", async () => {
    const scene = new Scene();
    scene.database.written = 0;
    await scene.look(1);
    scene.used = 0.9;
    await scene.look(2);
    scene.database.written = 28 * GIB;
    await scene.look(1);
    assert.deepEqual(scene.database.acts, ["grow 28"]);
  });

  it("never asks for less than there is: a claim that somebody raised by hand is left so", async () => {
    const scene = new Scene();
    scene.own = { requested: 40 * GIB, capacity: 40 * GIB };
    scene.database.written = 25 * GIB;
    scene.used = 0.9;
    await scene.look(20);
    assert.deepEqual(scene.database.acts, []);
  });

  it("says what is in the way, and tries again", async () => {
    const scene = new Scene();
    scene.refusal = new ApiError(403, "only dynamically provisioned pvc can be resized");
    scene.used = 0.9;
    await scene.look();
    assert.match(scene.said().join(), /^problem: .*only dynamically provisioned/);
    scene.refusal = undefined;
    await scene.look(1);
    assert.deepEqual(scene.database.acts, ["write 25", "grow 25"]);
    assert.deepEqual(scene.said(), []);
  });
});

describe("agent: claims and what is written of them", () => {
  const calls: [path: string, body: object][] = [];
  let answer: object = {};
  const store = new KubeGrowth(
    {
      get: async <T>(path: string) => {
        calls.push([path, {}]);
        return Promise.resolve({ metadata: { name: "x" }, ...answer } as T);
      },
      merge: async (path, body) => {
        calls.push([path, body]);
        return Promise.resolve();
      },
    },
    "shop",
    "orders",
    2,
  );
  const claim = "/api/v1/namespaces/shop/persistentvolumeclaims/data-orders-2";
  const written = "/api/v1/namespaces/shop/configmaps/orders-growth";

  beforeEach(() => calls.splice(0));

  it("are read, whether the volume has grown yet or not", async () => {
    answer = {
      spec: { resources: { requests: { storage: "25Gi" } } },
      status: { capacity: { storage: "20Gi" } },
    };
    assert.deepEqual(await store.claim(), { requested: 25 * GIB, capacity: 20 * GIB });
    answer = {};
    assert.equal(await store.written(), 0);
    answer = { data: { "storage-size": "25Gi" } };
    assert.equal(await store.written(), 25 * GIB);
    assert.deepEqual(
      calls.map(([path]) => path),
      [claim, written, written],
    );
  });

  it("get a size, and nothing else, in units that people read", async () => {
    await store.grow(25 * GIB);
    await store.write(1536 * 1024 ** 2);
    assert.deepEqual(calls, [
      [claim, { spec: { resources: { requests: { storage: "25Gi" } } } }],
      [written, { data: { "storage-size": "1536Mi" } }],
    ]);
  });
});
