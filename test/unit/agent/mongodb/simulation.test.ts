import * as assert from "node:assert/strict";
import { votersOf } from "../../../fakes/mongodb/config";
import { formed, gap, listed } from "./formed";
import type { Rules } from "./member-engine";
import { World } from "./world";

/** Seeds of faults in any order. */
const SEEDS = 200;

describe("agents of MongoDB around servers that keep its rules", () => {
  it("begin one set, and add the others one by one, in any size", async () => {
    for (const size of [1, 3, 5]) {
      const world = new World(size, size);
      await world.converge();
      await world.acknowledge();
      await world.verify();
      assert.equal(world.api.created, 1);
      assert.deepEqual(world.api.routes.get("primary")?.addresses, ["10.0.0.0"]);
    }
  });

  it("pass the right to begin on where all disks were empty, and give up what its holder began", async () => {
    const world = new World(3, 11);
    world.sets = 2;
    await world.until("it is about to begin", () => world.api.stored?.marker.phase === "founding");
    world.isolate(0);
    world.network.api.delete(0);
    await world.until("another one does", () => world.api.stored?.marker.holder === 1, 120_000);
    await world.until("it is the primary", () => world.pod(1).server.isPrimary, 120_000);
    assert.ok(world.pod(0).server.isPrimary, "of a set that it began alone");
    world.heal();
    await world.converge();
    world.sets = 1;
    await world.acknowledge();
    await world.verify();
  });

  it("have another one elected within seconds when the primary's server ends, whether or not it starts again", async () => {
    const ends: ((world: World) => void)[] = [
      (world) => {
        world.pod(0).server.crash();
      },
      (world) => {
        world.killPod(0);
      },
      (world) => {
        world.keepDown(0, 15_000);
      },
    ];
    const gaps: number[] = [];
    for (let seed = 1; seed <= 30; seed++) {
      const world = await formed(3, seed);
      await world.pass(seed * 137);
      gaps.push(await gap(world, () => ends[seed % ends.length]?.(world)));
      await world.verify();
    }
    gaps.sort((a, b) => a - b);
    assert.ok((gaps[15] ?? Infinity) <= 2_000 && (gaps[29] ?? Infinity) <= 4_000, gaps.join(", "));
  });

  it("wait for the servers' own election where the primary's agent is gone as well", async () => {
    const world = await formed(3, 7);
    const lasted = await gap(world, () => {
      world.isolate(0);
    });
    assert.ok(lasted > 5_000 && lasted <= 20_000, `${lasted}`);
    world.heal();
    await world.converge();
    await world.verify();
  });

  it("take out whose disk is lost, and add it again with no vote until it has all data", async () => {
    for (const victim of [0, 1, 2]) {
      const world = await formed(3, 20 + victim);
      world.loseDisk(victim);
      await world.until(
        "it is taken out",
        () => !listed(world).includes(victim) && world.primary() !== undefined,
      );
      assert.equal(world.pod(victim).server.server, undefined, "its server does not run while it is counted");
      await world.converge();
      await world.acknowledge();
      await world.verify();
      assert.equal(world.api.created, 1);
    }
  });

  /** One lags, another one has what was acknowledged and loses its disk, and the primary ends. */
  async function staleBesideEmptied(rules: Rules): Promise<World> {
    const world = await formed(3, 31, rules);
    world.isolate(2, "servers");
    await world.acknowledge();
    await world.acknowledge();
    world.pod(0).order_ = "hold";
    world.pod(0).server.crash();
    world.loseDisk(1);
    world.pod(0).generation++;
    world.heal();
    await world.pass(60_000);
    return world;
  }

  it("never elect one that lacks acknowledged writes with the vote of one that has lost its disk", async () => {
    const world = await staleBesideEmptied({});
    assert.equal(world.primary(), undefined);
    world.startAgent(0);
    await world.converge();
    await world.verify();
    const without = await staleBesideEmptied({ waitsUncounted: false });
    await assert.rejects(without.verify(), /acknowledged writes are lost/, "without that rule it happens");
  });

  it("come back by themselves when all have ended at once, also without one of them", async () => {
    const world = await formed(3, 40);
    for (const ordinal of [0, 1, 2]) world.killPod(ordinal);
    await world.converge();
    for (const ordinal of [0, 1, 2]) world.killPod(ordinal);
    world.pod(2).generation++;
    await world.acknowledge();
    world.startAgent(2);
    await world.converge();
    await world.verify();
  });

  it("start no server that would not find itself, and all of them when names lead to pods again", async () => {
    const world = await formed(3, 43);
    world.named = false;
    for (const ordinal of [0, 1, 2]) world.killPod(ordinal);
    await world.pass(20_000);
    assert.deepEqual(
      world.servers.servers.filter(({ server }) => server !== undefined),
      [],
    );
    assert.ok(world.said.some((line) => line.includes("does not lead to this pod yet")));
    world.named = true;
    await world.converge();
    await world.verify();
  });

  it("go on while the API server is away, with a fail-over as fast", async () => {
    const world = await formed(3, 41);
    world.network.api.clear();
    const lasted = await gap(world, () => {
      world.killPod(0);
    });
    assert.ok(lasted <= 5_000, `${lasted}`);
    world.heal();
    await world.converge();
    await world.verify();
  });

  it("set a member aside that no oplog goes back to, and copy anew", async () => {
    const world = new World(3, 60, {}, { oplogMost: 20 });
    await world.converge();
    world.isolate(2, "servers");
    await world.pass(60_000);
    world.heal();
    await world.until(
      "set aside",
      () => world.said.some((line) => line.includes("SettingDataAside")),
      120_000,
    );
    await world.converge();
    await world.verify();
  });

  it("begin again where every disk is empty only when somebody deletes the marker, and say so", async () => {
    for (const size of [1, 3]) {
      const world = await formed(size, 90 + size);
      for (const ordinal of world.pods.keys()) world.loseDisk(ordinal);
      await world.pass(120_000);
      assert.equal(world.api.created, 1);
      for (const { summary } of world.agents)
        assert.match(summary, /no disk holds data of it.*delete the marker/);
      world.sets = 2;
      world.api.stored = undefined;
      await world.converge();
      await world.acknowledge();
    }
  });

  it("follow an operator's choice when a majority is lost, and only then", async () => {
    const world = await formed(3, 80);
    await world.acknowledge();
    world.api.annotate("0@1");
    await world.pass(90_000);
    assert.equal(world.api.stored!.marker.epoch, 1, "beside a set that runs it is not followed");
    for (const ordinal of [1, 2]) {
      world.loseDisk(ordinal);
      world.pod(ordinal).generation++;
      world.api.absent.add(ordinal);
    }
    await world.pass(120_000);
    assert.equal(world.primary(), undefined);
    world.api.annotate("0");
    await world.until("it goes on alone", () => world.primary() !== undefined, 200_000);
    await world.acknowledge();
    for (const ordinal of [1, 2]) world.startAgent(ordinal);
    world.api.absent.clear();
    await world.converge();
    await world.verify();
  });

  it("never let those whose data was given up elect a primary beside the chosen one", async () => {
    const world = await formed(3, 81);
    for (const ordinal of [1, 2]) {
      world.killPod(ordinal);
      world.pod(ordinal).generation++;
      world.api.absent.add(ordinal);
    }
    await world.pass(30_000);
    world.api.annotate("0");
    await world.until("it goes on alone", () => world.primary() !== undefined, 200_000);
    await world.acknowledge();
    // Both come back, and see each other but not the chosen one.
    world.api.absent.clear();
    world.isolate(0);
    for (const ordinal of [1, 2]) world.startAgent(ordinal);
    await world.pass(60_000);
    assert.deepEqual(
      world.servers.primaries.map(({ ordinal }) => ordinal),
      [0],
    );
    world.heal();
    await world.converge();
    assert.deepEqual(
      votersOf(world.primary()!.disk.kept.config!).map(({ _id }) => _id),
      [0, 1, 2],
    );
    await world.verify();
  });

  it(`lose nothing that was acknowledged, whatever happens in any order: ${SEEDS} seeds`, async function () {
    this.timeout(300_000);
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = new World(seed % 4 === 0 ? 5 : 3, seed);
      try {
        await world.converge();
        for (let fault = 0; fault < 12; fault++) {
          await world.randomFault();
          await world.pass(500 + world.random() * 12_000);
        }
        world.heal();
        await world.converge();
        await world.acknowledge();
        await world.verify();
      } catch (error) {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      }
    }
  });
});
