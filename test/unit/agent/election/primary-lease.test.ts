import * as assert from "node:assert/strict";
import type { Lease } from "../../../../agent/core/election/lease";
import { ApiError } from "../../../../agent/kube/client";
import { leasePath, PrimaryLease } from "../../../../agent/kube/primary-lease";

interface Stored {
  metadata: { name: string; resourceVersion: string; annotations?: Record<string, string> };
  spec?: Record<string, unknown>;
}

/** An API server with one Lease, which counts a replacement by the very same as none. */
class FakeLeases {
  object: Stored | undefined = {
    metadata: { name: "cart-primary", resourceVersion: "1", annotations: { "stateful/version": "8.1" } },
  };
  readonly paths: string[] = [];

  get = <T>(path: string): Promise<T> => {
    this.paths.push(path);
    if (!this.object) return Promise.reject(new ApiError(404, "404 not found"));
    return Promise.resolve(structuredClone(this.object) as T);
  };

  replace = <T>(path: string, body: object): Promise<T> => {
    this.paths.push(path);
    const next = structuredClone(body) as Stored;
    if (!this.object) return Promise.reject(new ApiError(404, "404 not found"));
    const { resourceVersion } = this.object.metadata;
    if (next.metadata.resourceVersion !== resourceVersion)
      return Promise.reject(new ApiError(409, "conflict"));
    if (JSON.stringify(next) !== JSON.stringify(this.object)) {
      next.metadata.resourceVersion = String(Number(resourceVersion) + 1);
      this.object = next;
    }
    return Promise.resolve(structuredClone(this.object) as T);
  };
}

const TAKEN: Lease = {
  term: 3,
  holder: 1,
  position: { term: 2, mark: 40, offset: 55 },
  former: [
    { ordinal: 1, term: 3 },
    { ordinal: 0, term: 2 },
  ],
  size: 3,
};

describe("the Lease of the primary", () => {
  let api: FakeLeases;
  let leases: PrimaryLease;

  beforeEach(() => {
    api = new FakeLeases();
    leases = new PrimaryLease(api, leasePath("shop", "cart"), "cart");
  });

  it("is nobody's as the stack makes it", async () => {
    assert.deepEqual(await leases.read(), { term: 0, version: "1" });
    assert.deepEqual(api.paths, ["/apis/coordination.k8s.io/v1/namespaces/shop/leases/cart-primary"]);
  });

  it("says afterwards what was written, in its own fields where people look", async () => {
    const written = await leases.replace(TAKEN, "1");
    assert.deepEqual(written, { ...TAKEN, version: "2" });
    assert.deepEqual(await leases.read(), written);
    const { spec = {} } = api.object!;
    assert.equal(spec["holderIdentity"], "cart-1");
    assert.equal(spec["leaseTransitions"], 3);
  });

  it("keeps what others have written on it", async () => {
    await leases.replace(TAKEN, "1");
    assert.equal(api.object!.metadata.annotations?.["stateful/version"], "8.1");
  });

  it("is given to one of two that read the same", async () => {
    const [one, other] = await Promise.all([
      leases.replace(TAKEN, "1"),
      leases.replace({ term: 3, holder: 2 }, "1"),
    ]);
    assert.equal([one, other].filter((written) => written !== undefined).length, 1);
  });

  it("is another version after each write, also by the same: votes are bound to it", async () => {
    const first = await leases.replace(TAKEN, "1");
    const touched = await leases.replace(TAKEN, first!.version);
    assert.notEqual(touched?.version, first?.version);
  });

  it("is nobody's again when it is given up", async () => {
    await leases.replace(TAKEN, "1");
    await leases.replace({ term: 3, former: TAKEN.former!, size: 3 }, "2");
    const { holder, position } = await leases.read();
    assert.deepEqual([holder, position], [undefined, undefined]);
  });

  it("cannot be had, nor taken, while it is not there", async () => {
    api.object = undefined;
    await assert.rejects(leases.read(), /404/);
    await assert.rejects(leases.replace(TAKEN, "1"), /404/);
  });

  it("that was made anew is no version that anybody has voted for", async () => {
    const before = await leases.replace(TAKEN, "1");
    api.object = { metadata: { name: "cart-primary", resourceVersion: "9" } };
    assert.equal(await leases.replace(TAKEN, before!.version), undefined);
    assert.deepEqual(await leases.read(), { term: 0, version: "9" });
  });

  it("is not taken for nobody's when it cannot be read", async () => {
    const { metadata } = api.object!;
    api.object = { metadata, spec: { holderIdentity: "somebody-else" } };
    await assert.rejects(leases.read(), /no member/);
    api.object = { metadata: { ...metadata, annotations: { "stateful/election": '{"size": -1}' } } };
    await assert.rejects(leases.read(), /size/);
  });
});
