import * as assert from "node:assert/strict";
import { PostgreSqlEngine, type PostgreSqlParts } from "../../../../agent/postgresql/engine";
import { PatroniKeys } from "../../../../agent/postgresql/keys";
import { patroniLabels } from "../../../../agent/postgresql/settings";
import { FakeEndpoints } from "./fake-endpoints";

describe("Patroni's lock, given back for a member whose volume hangs", () => {
  let endpoints: FakeEndpoints;
  let keys: PatroniKeys;
  beforeEach(() => {
    endpoints = new FakeEndpoints();
    keys = new PatroniKeys(endpoints.client, "shop", "orders", patroniLabels("orders"));
  });

  it("is free at once, and all else stays", async () => {
    endpoints.objects.set("orders", { leader: "orders-1", optime: "7" });
    await keys.release("orders-1");
    assert.deepEqual(endpoints.objects.get("orders"), { optime: "7" });
  });

  it("is no other member's, and not one that was taken meanwhile", async () => {
    endpoints.objects.set("orders", { leader: "orders-0" });
    await keys.release("orders-1");
    assert.deepEqual(endpoints.objects.get("orders"), { leader: "orders-0" });
    endpoints.objects.set("orders", { leader: "orders-1" });
    endpoints.betweenReadAndWrite = () => {
      endpoints.version++;
    };
    await assert.rejects(keys.release("orders-1"), "it is looked at again");
    assert.deepEqual(endpoints.objects.get("orders"), { leader: "orders-1" });
  });

  it("is kept until the member's server has ended", async () => {
    endpoints.objects.set("orders", { leader: "orders-1" });
    const self = { ordinal: 1, host: "orders-1", address: "10.0.0.1" };
    const parts = { self, database: "orders", keys, clock: () => 0 } as unknown as PostgreSqlParts;
    const engine = new PostgreSqlEngine(parts);
    await assert.rejects(
      engine.abandon(async () => {
        throw new Error("nobody ends the server");
      }),
    );
    assert.deepEqual(endpoints.objects.get("orders"), { leader: "orders-1" });
    await engine.abandon(async () => undefined);
    assert.deepEqual(endpoints.objects.get("orders"), {});
  });

  it("need not be there", async () => {
    await assert.doesNotReject(keys.release("orders-1"));
  });
});
