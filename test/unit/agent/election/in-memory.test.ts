import * as assert from "node:assert/strict";
import { randomFault } from "./chance";
import { World } from "./world";

/** As in the simulation: an election after silence, and full copies, ms. */
const BOUND = 40_000;

const SEEDS = 100;

/** A set whose servers have their data in memory alone, at work. */
async function atWork(size: number, seed: number): Promise<World> {
  const world = new World(size, seed);
  world.volatile = true;
  for (const { ordinal } of world.replicas) world.startAgent(ordinal);
  await world.converge(BOUND);
  return world;
}

describe("agent: an election among servers whose data is in memory alone", function () {
  this.timeout(120_000);

  it("begins again, empty, when nobody has anything any more", async () => {
    for (const size of [1, 3, 5]) {
      for (let seed = 1; seed <= 4; seed++) {
        const world = await atWork(size, seed);
        const { term } = world.lease;
        for (const replica of world.replicas) {
          replica.crash();
          world.startAgent(replica.ordinal);
        }
        await world.converge(BOUND);
        assert.ok(world.lease.term > term);
      }
    }
  });

  it("is led by who was handed it, without another election", async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const world = await atWork(3, seed);
      await world.time.pass(2_000);
      const { term, holder = 0 } = world.lease;
      const next = (holder + 1) % 3;
      const handed = world.processes[holder]!.elector.handOver(next);
      await world.time.pass(3_000);
      await handed;
      world.check();
      assert.deepEqual([world.lease.holder, world.lease.term], [next, term + 1], `seed ${seed}`);
    }
  });

  it("does so too when one is away for good that may have had something", async () => {
    const world = await atWork(3, 1);
    world.isolate(0);
    for (const ordinal of [1, 2]) {
      world.replicas[ordinal]!.crash();
      world.startAgent(ordinal);
    }
    const before = world.acknowledged.length;
    await world.time.pass(BOUND);
    world.check();
    assert.ok([1, 2].includes(world.lease.holder ?? 0));
    assert.ok(world.acknowledged.length > before);
  });

  it("loses nothing while one is left that has it and answers", async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const world = await atWork(3, seed);
      // It has all, if any has.
      const left = seed % 3;
      await world.time.pass(2_000);
      for (const { ordinal } of world.replicas) world.pause(ordinal, 500);
      await world.time.pass(400);
      const had = new Set(world.replicas[left]!.log.map(({ id }) => id));
      for (const replica of world.replicas) {
        if (replica.ordinal === left) continue;
        replica.crash();
        world.startAgent(replica.ordinal);
      }
      await world.converge(BOUND);
      const has = new Set(world.primary()?.log.map(({ id }) => id));
      assert.deepEqual(
        [...had].filter((id) => !has.has(id)),
        [],
        `seed ${seed}`,
      );
    }
  });

  it("waits for who may have more, and is not elected empty beside it", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const world = await atWork(3, seed);
      const had = world.replicas[2]!.log.length;
      // Two begin again at the same time, and are heard before the one that has something.
      world.pause(2, 4_000);
      for (const ordinal of [0, 1]) {
        world.replicas[ordinal]!.crash();
        world.startAgent(ordinal);
      }
      await world.converge(BOUND);
      assert.ok((world.primary()?.log.length ?? 0) >= had, `seed ${seed}`);
      assert.equal(world.lease.holder, 2, `seed ${seed}`);
    }
  });

  for (let seed = 1; seed <= SEEDS; seed += 10) {
    it(`never has two primaries that acknowledge with a majority, and always one in the end (seeds ${seed} to ${seed + 9})`, async () => {
      for (let one = seed; one < seed + 10; one++) {
        const world = await atWork(one % 5 === 0 ? 5 : 3, one);
        for (let round = 0; round < 10; round++) {
          randomFault(world);
          await world.time.pass(world.random() * 6_000);
          world.check();
        }
        world.heal();
        await world.converge(BOUND).catch((error: unknown) => {
          throw new Error(`seed ${one}`, { cause: error });
        });
      }
    });
  }
});
