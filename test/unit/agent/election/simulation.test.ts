import * as assert from "node:assert/strict";
import { diskFault, randomFault } from "./chance";
import { ALL, type Rules } from "./rules";
import { World } from "./world";

/** How long it may take until a majority has the next write, once all faults have ended, ms: an election after silence, and full copies. */
const BOUND = 40_000;

/** How often chance decides. */
const SEEDS = 500;

async function trial(seed: number, rules: Rules = ALL): Promise<World> {
  const world = new World(seed % 5 === 0 ? 5 : 3, seed, rules);
  await world.converge(BOUND);
  for (let round = 0; round < 10; round++) {
    const whole = world.converged();
    if (whole && world.random() < 0.15) {
      world.heal();
      diskFault(world);
      await world.converge(BOUND);
    } else {
      randomFault(world);
      await world.time.pass(world.random() * 6_000);
    }
    world.check();
  }
  world.heal();
  await world.converge(BOUND);
  world.verify();
  return world;
}

/** Whether one of some seeds ends badly. */
async function fails(seeds: number, rules: Rules): Promise<boolean> {
  for (let seed = 1; seed <= seeds; seed++) {
    const well = await trial(seed, rules).then(
      () => true,
      () => false,
    );
    if (!well) return true;
  }
  return false;
}

describe("agent: an election by a lease and votes", function () {
  // Little to compute, on machines that have much else to do.
  this.timeout(180_000);

  it("elects who bootstrapped, and the others follow", async () => {
    for (const size of [1, 3, 5]) {
      const world = new World(size, size);
      await world.converge(10_000);
      assert.equal(world.lease.holder, 0);
      assert.equal(world.lease.term, 1);
    }
  });

  it("goes on with the last primary's data when all others have none, and with nobody's when it was that one's", async () => {
    const world = new World(3, 3);
    await world.converge(BOUND);
    for (const replica of world.replicas) {
      if (replica.ordinal === 0) replica.crash();
      else replica.loseDisk();
      world.startAgent(replica.ordinal);
    }
    await world.converge(BOUND);
    world.verify();
    assert.equal(world.lease.holder, 0);

    const other = new World(3, 3);
    await other.converge(BOUND);
    // The one that is left may lack what the two others acknowledged.
    for (const replica of other.replicas) {
      if (replica.ordinal === 2) replica.crash();
      else replica.loseDisk();
      other.startAgent(replica.ordinal);
    }
    await other.time.pass(BOUND);
    assert.equal(other.lease.holder, undefined);
  });

  for (let seed = 1; seed <= SEEDS; seed += 10) {
    it(`loses nothing that a majority has, and never has two primaries that acknowledge (seeds ${seed} to ${seed + 9})`, async () => {
      for (let one = seed; one < seed + 10; one++) {
        await trial(one).catch((error: unknown) => {
          throw new Error(`seed ${one}`, { cause: error });
        });
      }
    });
  }

  describe("is noticed to fail without", () => {
    it("votes", async () => {
      assert.ok(await fails(50, { ...ALL, votes: false }));
    });

    it("the hold on a server that was started: those that follow copy an empty disk before their agents know", async () => {
      const emptied = async (rules: Rules): Promise<World> => {
        const world = new World(3, 6, rules);
        await world.converge(BOUND);
        world.pause(1, 8_000);
        world.pause(2, 8_000);
        world.replicas[0]!.loseDisk();
        await world.time.pass(8_000);
        await world.converge(BOUND);
        return world;
      };
      (await emptied(ALL)).verify();
      await assert.rejects(async () => {
        (await emptied({ ...ALL, hold: false })).verify();
      });
    });

    it("the comparison of the lease's version: who is elected by a request that comes late is a second one", async () => {
      const late = async (rules: Rules): Promise<World> => {
        const world = new World(3, 7, rules);
        await world.converge(BOUND);
        for (const [one, other] of [
          [1, 2],
          [2, 1],
        ] as const)
          world.cut(one, other, "servers");
        world.nextWrite.set(1, 6_000);
        world.replicas[0]!.crash();
        // Its request is under way, and is all that gets through for a while: another one is elected.
        while (world.nextWrite.size > 0) await world.time.pass(10);
        world.apiCut.add(1);
        await world.time.pass(4_000);
        world.apiCut.delete(1);
        await world.time.pass(16_000);
        world.heal();
        await world.time.pass(BOUND);
        return world;
      };
      (await late(ALL)).verify();
      const without = await late({ ...ALL, compare: false });
      assert.throws(() => {
        without.verify();
      }, /another primary of term 2/);
    });

    it("the refusal of writes with too few followers: an old primary whose agent is dead takes them beside the new one", async () => {
      const dead = async (rules: Rules): Promise<number> => {
        const world = new World(3, 8, rules);
        await world.converge(BOUND);
        world.processes[0]!.alive = false;
        await world.time.pass(30_000);
        assert.equal(world.lease.term, 2);
        world.check();
        return world.overlaps;
      };
      assert.equal(await dead(ALL), 0);
      assert.ok((await dead({ ...ALL, minReplicas: false })) > 0);
    });

    it("terms in the data", async () => {
      assert.ok(await fails(50, { ...ALL, terms: false }));
    });
  });
});
