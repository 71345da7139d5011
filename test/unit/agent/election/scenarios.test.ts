import * as assert from "node:assert/strict";
import { World } from "./world";

/** As in the simulation: an election after silence, and full copies, ms. */
const BOUND = 40_000;

/** How long members that cannot be told apart are not, where writes may be lost, ms. */
const UNSURE_AFTER = 120_000;

/** Every agent stands still again and again, each for as long as may be. */
async function slowly(world: World, duration: number, longest: number): Promise<void> {
  for (const end = world.time.now + duration; world.time.now < end;) {
    for (const { ordinal } of world.replicas) world.pause(ordinal, world.random() * longest);
    await world.time.pass(longest);
    world.check();
  }
}

describe("agent: an election, one case at a time", function () {
  this.timeout(60_000);

  describe("on a machine that is too busy", () => {
    it("nobody is elected anew while all agents are merely slow", async () => {
      for (let seed = 1; seed <= 20; seed++) {
        const world = new World(3, seed);
        await world.converge(BOUND);
        await slowly(world, 120_000, 1_500);
        assert.equal(world.lease.term, 1, `seed ${seed}`);
        world.verify();
      }
    });

    it("nobody is elected anew while servers often answer too late what they are", async () => {
      for (let seed = 1; seed <= 20; seed++) {
        const world = new World(3, seed);
        await world.converge(BOUND);
        world.late = 2;
        await world.time.pass(120_000);
        assert.equal(world.lease.term, 1, `seed ${seed}`);
        world.verify();
      }
    });

    it("elections end when agents that were too slow to keep a primary are only slow again", async () => {
      for (let seed = 1; seed <= 20; seed++) {
        const world = new World(3, seed);
        await world.converge(BOUND);
        await slowly(world, 60_000, 9_000);
        await slowly(world, BOUND, 1_000);
        const { term } = world.lease;
        await slowly(world, 60_000, 1_000);
        assert.equal(world.lease.term, term, `seed ${seed}`);
        await world.converge(BOUND);
        world.verify();
      }
    });
  });

  describe("of a set that changes its size", () => {
    /** A set of three, with places for five. */
    async function threeOfFive(seed: number): Promise<World> {
      const world = new World(5, seed);
      world.wanted = 3;
      await world.converge(BOUND);
      assert.equal(world.lease.size, 3);
      return world;
    }

    it("new members elect once they count, and not before", async () => {
      for (let seed = 1; seed <= 10; seed++) {
        const world = await threeOfFive(seed);
        for (const one of world.replicas.slice(3)) assert.equal(one.as, "detached");
        world.wanted = 5;
        await world.converge(BOUND);
        assert.equal(world.lease.size, 5);
        const before = world.lease.term;
        world.replicas[0]!.crash();
        world.startAgent(0);
        await world.converge(BOUND);
        assert.ok(world.lease.term > before);
        world.verify();
      }
    });

    it("it does not grow while a majority of the larger set is not there", async () => {
      const world = await threeOfFive(1);
      for (const ordinal of [2, 3, 4]) world.isolate(ordinal);
      // What they said last is no answer any more.
      await world.time.pass(5_000);
      world.wanted = 5;
      await world.time.pass(BOUND);
      assert.equal(world.lease.size, 3);
      world.heal();
      await world.converge(BOUND);
      assert.equal(world.lease.size, 5);
      world.verify();
    });

    it("it shrinks when those that stay have all that those that go had acknowledged", async () => {
      for (let seed = 1; seed <= 10; seed++) {
        const world = new World(5, seed);
        await world.converge(BOUND);
        world.wanted = 3;
        await world.converge(BOUND);
        await world.time.pass(BOUND);
        assert.equal(world.lease.size, 3);
        for (const one of world.replicas.slice(3)) assert.equal(one.as, "detached");
        // Those that have gone are asked by nobody any more.
        for (const { ordinal } of world.replicas.slice(3)) world.isolate(ordinal);
        const { holder = 0, term } = world.lease;
        world.replicas[holder]!.crash();
        world.startAgent(holder);
        await world.converge(BOUND);
        assert.ok(world.lease.term > term);
        world.verify();
      }
    });
  });

  describe("of members whose data does not tell who has the most", () => {
    /** The last primary's disk is lost, and both others have ended without knowing how far they go. */
    async function unsure(unsureAfter: number | undefined): Promise<World> {
      const world = new World(3, 4);
      world.unsureAfter = unsureAfter;
      for (const { ordinal } of world.replicas) world.startAgent(ordinal);
      await world.converge(BOUND);
      for (const replica of world.replicas) {
        if (replica.ordinal === 0) replica.loseDisk();
        else replica.crash();
        world.startAgent(replica.ordinal);
      }
      return world;
    }

    it("nobody is elected, for any time, where nothing may be lost", async () => {
      const world = await unsure(undefined);
      await world.time.pass(4 * UNSURE_AFTER);
      assert.equal(world.lease.holder, undefined);
      assert.match(world.processes[1]!.elector.why, /member 0 is waited for/);
    });

    it("one of them is after the time that was given, where it may", async () => {
      const world = await unsure(UNSURE_AFTER);
      await world.time.pass(UNSURE_AFTER * 0.8);
      assert.equal(world.lease.holder, undefined);
      await world.time.pass(UNSURE_AFTER * 0.4 + BOUND);
      const elected = world.primary()?.ordinal ?? 0;
      assert.ok(elected > 0);
      assert.ok(world.converged());
    });
  });

  describe("of members whose disks are all lost", () => {
    it("each says that its data is, and whether there can be a copy of it", async () => {
      for (const [size, said] of [
        [1, "its data is lost, and there is no other member to copy it from"],
        [3, "there is no primary, and its data is lost: it waits for a member to copy it from"],
      ] as const) {
        const world = new World(size, 6);
        await world.converge(BOUND);
        for (const replica of world.replicas) {
          replica.loseDisk();
          world.startAgent(replica.ordinal);
        }
        await world.time.pass(BOUND);
        assert.equal(world.lease.holder, undefined);
        assert.deepEqual(new Set(world.processes.map(({ elector }) => elector.why)), new Set([said]));
      }
    });
  });

  describe("of a Lease that was deleted and made anew", () => {
    it("the primary writes itself into it, in its own term", async () => {
      const world = new World(3, 5);
      await world.converge(BOUND);
      const { holder, term } = world.lease;
      world.lease = { term: 0, version: "made-anew" };
      await world.converge(BOUND);
      assert.deepEqual([world.lease.holder, world.lease.term], [holder, term]);
      world.verify();
    });

    it("without a primary another one is elected, in a term above all that the data knows", async () => {
      for (let seed = 1; seed <= 10; seed++) {
        const world = new World(3, seed);
        await world.converge(BOUND);
        world.replicas[0]!.crash();
        world.startAgent(0);
        world.lease = { term: 0, version: "made-anew" };
        await world.converge(BOUND);
        assert.ok(world.lease.term > 1, `seed ${seed}`);
        world.verify();
      }
    });
  });
});
