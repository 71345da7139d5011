import * as assert from "node:assert/strict";
import { PatroniKeys } from "../../../../agent/postgresql/keys";
import { patroniLabels } from "../../../../agent/postgresql/settings";
import { FakeEndpoints } from "./fake-endpoints";

describe("the lock of PostgreSQL's primary", () => {
  let endpoints: FakeEndpoints;
  let waited: number;
  let meanwhile: () => void;
  let keys: PatroniKeys;
  const lock = (leader: string, renewTime: number) => ({ leader, renewTime: String(renewTime), optime: "9" });

  beforeEach(() => {
    endpoints = new FakeEndpoints();
    waited = 0;
    meanwhile = () => undefined;
    keys = new PatroniKeys(endpoints.client, "shop", "orders", patroniLabels("orders"), async (ms) => {
      waited += ms;
      meanwhile();
    });
  });

  it("keeps a member from bootstrapping while its holder renews it, whatever the clocks say", async () => {
    endpoints.objects.set("orders", lock("orders-0", 1));
    meanwhile = () => endpoints.objects.set("orders", lock("orders-0", waited));
    await assert.rejects(keys.checkLock("orders-1"), /orders-0 holds the lock of the primary, and renews it/);
  });

  it("counts for nothing when nobody has renewed it for as long as it lives", async () => {
    endpoints.objects.set("orders", lock("orders-0", 1));
    await keys.checkLock("orders-1");
    assert.ok(waited > 20_000, "Patroni's ttl");
    await keys.begin({}, "orders-1");
    assert.deepEqual(endpoints.objects.get("orders"), { renewTime: "1" });
    assert.equal(endpoints.objects.get("orders-sync")!["leader"], "orders-1");
  });

  it("is not waited for where nobody holds it, or the member itself", async () => {
    await keys.checkLock("orders-1");
    endpoints.objects.set("orders", lock("orders-1", 1));
    await keys.checkLock("orders-1");
    assert.equal(waited, 0);
  });

  it("is not taken from a member that was elected since", async () => {
    await keys.checkLock("orders-1");
    endpoints.objects.set("orders", lock("orders-2", 5));
    await assert.rejects(keys.begin({}, "orders-1"), /orders-2 holds the lock/);
    assert.equal(endpoints.objects.get("orders")!["leader"], "orders-2");
    assert.deepEqual(endpoints.objects.get("orders-sync") ?? {}, {}, "nothing was changed");
  });

  it("is not taken from one that is elected at the very moment", async () => {
    endpoints.objects.set("orders", {});
    await keys.checkLock("orders-1");
    const merge = endpoints.client.merge.bind(endpoints.client);
    endpoints.client.merge = async (path, body) => {
      if (path.endsWith("/orders-sync")) endpoints.objects.set("orders", lock("orders-2", 5));
      await merge(path, body);
    };
    endpoints.objects.set("orders-failover", {});
    endpoints.objects.set("orders-sync", {});
    await assert.rejects(keys.begin({}, "orders-1"));
    assert.equal(endpoints.objects.get("orders")!["leader"], "orders-2");
  });
});
