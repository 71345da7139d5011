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

  it("lets the exporter in over the pod's own loopback alone, whatever clients need, and whoever is fenced off", () => {
    const lines = (exporter: boolean): string[] => {
      const of = { ...wanted, exporter, requireTls: true };
      const { pg_hba } = (sharedSettings(of, 3, { fenced: "x" }) as { postgresql: { pg_hba: string[] } })
        .postgresql;
      return pg_hba;
    };
    assert.ok(!lines(false).some((line) => line.includes("stateful_exporter")));
    const all = lines(true);
    const own = all.filter((line) => line.includes("stateful_exporter"));
    assert.deepEqual(own, [
      "host postgres stateful_exporter 127.0.0.1/32 scram-sha-256",
      "host all stateful_exporter all reject",
    ]);
    for (const later of ["host all all all reject", "hostnossl all all all reject"]) {
      assert.ok(all.indexOf(later) > all.indexOf(own[1]!), later);
    }
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
