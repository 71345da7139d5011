import * as assert from "node:assert/strict";
import { Lease } from "../../../../agent/backup/lease";
import { ApiError } from "../../../../agent/kube/client";

/** An API server with one lease, and pods that want it. */
class Api {
  object: any = { metadata: { name: "orders-backup", resourceVersion: "1" }, spec: {} };
  away = false;

  async get<T>(): Promise<T> {
    if (this.away) throw new Error("away");
    return structuredClone(this.object) as T;
  }

  async replace<T>(_: string, body: object): Promise<T> {
    if (this.away) throw new Error("away");
    const next = structuredClone(body) as any;
    if (next.metadata.resourceVersion !== this.object.metadata.resourceVersion)
      throw new ApiError(409, "changed");
    next.metadata.resourceVersion = String(Number(next.metadata.resourceVersion) + 1);
    this.object = next;
    return next as T;
  }
}

describe("backup: the lease", () => {
  let api: Api;
  let now: number;
  const lease = (holder: string, meanwhile: () => Promise<void> = async () => undefined) =>
    new Lease(
      api,
      "/lease",
      holder,
      () => now,
      async (time) => {
        now += time;
        await meanwhile();
      },
    );
  beforeEach(() => {
    api = new Api();
    now = 0;
  });

  it("is one Job's at a time", async () => {
    const first = lease("a");
    await first.take(0);
    await assert.rejects(lease("b").take(30_000), /a is at work on the backups/);
    await first.release();
    await lease("b").take(0);
    assert.equal(api.object.spec.holderIdentity, "b");
  });

  it("is taken from one that renews it no more, by one's own clock and not by its dates", async () => {
    const dead = lease("a");
    await dead.take(0);
    api.object.spec.renewTime = "2099-01-01T00:00:00.000000Z";
    await lease("b").take(120_000);
    assert.ok(now >= 60_000);
    assert.equal(api.object.spec.holderIdentity, "b");
  });

  it("is not taken from one that renews it", async () => {
    const working = lease("a");
    await working.take(0);
    const renew = async (): Promise<void> => {
      api.object.metadata.resourceVersion = String(Number(api.object.metadata.resourceVersion) + 1);
    };
    await assert.rejects(lease("b", renew).take(300_000), /a is at work/);
  });

  it("is nobody's who could not renew it for a minute", async () => {
    const own = lease("a");
    await own.take(0);
    own.check();
    now += 59_000;
    own.check();
    now += 1_000;
    assert.throws(() => {
      own.check();
    }, /could not be renewed/);
  });
});
