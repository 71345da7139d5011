import * as assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Actions } from "../../../agent/core/actions";
import { Member } from "../../../agent/core/member";
import { RingWorld } from "./ring";
import { Simulation } from "./simulation";
import { strikeRing } from "./strike-ring";

const ring = (size: number, seed: number): [Simulation, RingWorld] => {
  const world = new RingWorld(size, seed);
  return [new Simulation(size, seed, 0, world), world];
};

describe("agent: an engine that has no primary, no election and no membership of its agents'", () => {
  it("is bootstrapped once, by the lowest ordinal, in any size, and all others join it", async () => {
    for (const size of [1, 2, 3, 6]) {
      const [simulation, world] = ring(size, size);
      await simulation.converge();
      simulation.verify();
      const [first, ...others] = world.ring;
      assert.deepEqual([world.begun, first, others.length], [1, 0, size - 1]);
      assert.equal(world.api.created, 1);
      assert.equal(world.api.routes.size, 0, "nobody speaks for it");
    }
  });

  for (let seed = 1; seed <= 20; seed++) {
    it(`keeps what a majority has through random faults (seed ${seed})`, async () => {
      const [simulation, world] = ring(3 + (seed % 3), seed);
      await simulation.converge();
      await strikeRing(simulation);
      await simulation.converge();
      simulation.verify();
      assert.equal(world.begun, 1);
    });
  }

  it("says which capability its policy relies on and it does not have", async () => {
    const world = new RingWorld(3, 1);
    const server = world.server(0);
    const member = new Member("ns/db", 0, "", server, server.supervisor, server.record);
    const peer = (ordinal: number) => ({ ordinal, host: "" });
    const actions = new Actions(
      member,
      world.api.markersFor(0),
      peer,
      () => "c",
      async () => 0,
      () => undefined,
    );
    const basis = { peers: [], marker: undefined, replicas: 3 };
    const repair = { kind: "step", step: "repair", message: "" } as const;
    await assert.rejects(actions.run(repair, basis), /the engine has no step repair/);
  });
});

describe("agent: the core", () => {
  it("knows no engine", () => {
    const folder = join(__dirname, "../../../agent/core");
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (!name.endsWith(".ts")) continue;
      const found = /mysql|mysqld|postgres|patroni|redis|valkey|mongo|cassandra/i.exec(
        readFileSync(join(folder, name), "utf8").replaceAll(/docs\/\w+\.md/g, ""),
      );
      assert.equal(found?.[0], undefined, name);
    }
  });
});
