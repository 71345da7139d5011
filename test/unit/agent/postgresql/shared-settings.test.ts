import * as assert from "node:assert/strict";
import { settingsChange } from "../../../../agent/postgresql/settings-change";
import { sharedSettings } from "../../../../agent/postgresql/settings";
import { wanted } from "./wanted";

describe("what Patroni is told of all members", () => {
  const of = (durability: "majority" | "all" | "preferred", replicas: number) =>
    sharedSettings({ ...wanted, durability }, replicas) as Record<string, unknown>;

  it("commits wait for a majority of the set, always", () => {
    for (const [replicas, others] of [
      [3, 1],
      [5, 2],
      [7, 3],
    ] as const) {
      const settings = of("majority", replicas);
      assert.equal(settings["synchronous_mode"], "quorum");
      assert.equal(settings["synchronous_node_count"], others);
    }
  });

  it("commits wait for all, if told so", () => {
    assert.equal(of("all", 5)["synchronous_node_count"], 4);
  });

  it("with a lock that is given up in time: Patroni asks for loop_wait + 2 * retry_timeout <= ttl", () => {
    const { ttl, loop_wait: wait, retry_timeout: retry } = of("majority", 3) as Record<string, number>;
    assert.ok(wait! + 2 * retry! <= ttl!);
  });

  it("changes shared settings to what is wanted, and leaves alone what is an operator's", () => {
    const wantedNow = { ttl: 20, postgresql: { parameters: {}, pg_hba: ["b"] } };
    const present = { ttl: 30, pause: true, postgresql: { parameters: { work_mem: "1MB" }, pg_hba: ["a"] } };
    assert.deepEqual(settingsChange(present, wantedNow), {
      ttl: 20,
      postgresql: { parameters: { work_mem: null }, pg_hba: ["b"] },
    });
    assert.equal(settingsChange({ ...wantedNow, pause: true }, wantedNow), undefined);
  });
});
