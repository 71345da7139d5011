import * as assert from "node:assert/strict";
import { Simulation } from "../simulation";
import { strikeRing } from "../strike-ring";
import { RingOfServers } from "./servers";

const ring = (size: number, seed: number): [Simulation, RingOfServers] => {
  const world = new RingOfServers(size, seed);
  return [new Simulation(size, seed, 0, world), world];
};

describe("cassandra: the agents of a ring", () => {
  it("begin it once, in any size; all others join it, one after the other", async () => {
    for (const size of [1, 3, 4, 6]) {
      const [simulation, world] = ring(size, size);
      await simulation.converge();
      simulation.verify();
      const [first, ...others] = world.ring;
      assert.deepEqual([world.begun, first, others.length, world.together], [1, 0, size - 1, 0]);
      assert.equal(world.api.created, 1);
    }
  });

  it("join it one after the other also while the agent of one that joins answers nobody, or its server ends", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const [simulation, world] = ring(4, seed);
      for (let step = 0; step < 300 && world.ring.size < 4; step++) {
        await simulation.step();
        for (const server of world.servers) {
          const { ordinal } = server;
          if (!world.server(ordinal).joins()) world.network.mute.delete(ordinal);
          else if (world.random() < 0.7) world.network.mute.add(ordinal);
          if (world.server(ordinal).joins() && world.random() < 0.02) server.crash();
        }
      }
      world.heal();
      await simulation.converge();
      simulation.verify();
      assert.deepEqual([world.begun, world.together], [1, 0], `seed ${seed}`);
    }
  });

  it("let clients in when two of three have joined", async () => {
    const [simulation, world] = ring(3, 1);
    const isOpen = (): boolean => world.open;
    for (let step = 0; step < 200 && !isOpen(); step++) await simulation.step();
    assert.ok(world.ring.size >= 2, `open with ${world.ring.size}`);
    assert.ok(isOpen());
  });

  it("start a ring again of which all have stopped, without the API server, whoever comes first", async () => {
    const [simulation, world] = ring(3, 2);
    await simulation.converge();
    world.network.api.clear();
    for (const server of world.servers) server.crash();
    for (let step = 0; step < 20; step++) await simulation.step();
    assert.ok(world.servers.every((server) => server.running));
    assert.equal(world.begun, 1);
  });

  it("never begin another one with an empty disk, while nobody else is there", async () => {
    const [simulation, world] = ring(3, 3);
    await simulation.converge();
    for (const ordinal of [1, 2]) simulation.killPod(ordinal);
    simulation.loseDisk(0);
    world.network.parts = [[0], [1, 2]];
    for (let step = 0; step < 60; step++) await simulation.step();
    assert.equal(world.begun, 1);
    assert.equal(world.server(0).isMember, false);
    world.heal();
    await simulation.converge();
    simulation.verify();
  });

  it("never begin another one where everything was deleted of the member that began it", async () => {
    const [simulation, world] = ring(3, 4);
    await simulation.converge();
    world.server(0).wipe();
    simulation.startAgent(0);
    await simulation.converge();
    simulation.verify();
    assert.equal(world.begun, 1);
  });

  /** Until the ring has so many, whatever strikes meanwhile. */
  const shrunk = async (simulation: Simulation, world: RingOfServers, to: number): Promise<void> => {
    for (let step = 0; step < 2_000; step++) {
      await simulation.step();
      if (world.ring.size === to && world.api.members === to) return;
    }
    assert.fail(
      `the ring has ${world.ring.size}: ${simulation.agents.map(({ summary }) => summary).join(" | ")}`,
    );
  };

  it("leave it when they are to, the last first; who has left stays away until as many are wanted again", async () => {
    const [simulation, world] = ring(5, 7);
    await simulation.converge();
    world.api.scaleIn("3");
    await shrunk(simulation, world, 3);
    assert.deepEqual(world.left, [4, 3]);
    for (let step = 0; step < 60; step++) await simulation.step();
    assert.deepEqual([...world.ring].sort(), [0, 1, 2]);
    assert.match(simulation.agents[4]?.summary ?? "", /to have 3 members/);
    // The set follows, and what was asked for is over; then it grows again.
    simulation.replicas = 3;
    for (let step = 0; step < 60; step++) await simulation.step();
    assert.equal(world.api.stored?.marker.scaleInTo, undefined);
    simulation.replicas = 5;
    await simulation.converge();
    simulation.verify();
    assert.deepEqual([world.begun, world.together, world.torn], [1, 0, 0]);
  });

  it("do not leave it while somebody is away, or for a size that a ring cannot have", async () => {
    const [simulation, world] = ring(4, 8);
    await simulation.converge();
    simulation.losePod(1);
    world.api.scaleIn("3");
    for (let step = 0; step < 60; step++) await simulation.step();
    assert.deepEqual(world.left, []);
    simulation.heal();
    world.api.scaleIn("2");
    for (let step = 0; step < 60; step++) await simulation.step();
    assert.deepEqual(world.left, []);
    world.api.scaleIn("3");
    await shrunk(simulation, world, 3);
    assert.deepEqual([world.left, world.torn], [[3], 0]);
  });

  for (let seed = 1; seed <= 10; seed++) {
    it(`leave it through random faults, and nothing is lost (seed ${seed})`, async () => {
      const [simulation, world] = ring(4 + (seed % 3), seed);
      await simulation.converge();
      world.api.scaleIn("3");
      await strikeRing(simulation);
      await shrunk(simulation, world, 3);
      for (let step = 0; step < 60; step++) await simulation.step();
      for (const ordinal of [0, 1, 2]) {
        const held = new Set(world.server(ordinal).data);
        assert.deepEqual(
          simulation.acknowledged.filter((letter) => !held.has(letter)),
          [],
        );
      }
      assert.deepEqual([world.begun, world.together, world.torn], [1, 0, 0]);
    });
  }

  for (let seed = 1; seed <= 30; seed++) {
    it(`keep two copies of what was acknowledged by two of three, whose disks get lost one after the other (seed ${seed})`, async () => {
      const [simulation, world] = ring(3, seed);
      await simulation.converge();
      world.sparse = true;
      await strikeRing(simulation);
      await simulation.converge();
      for (let round = 0; round < 3; round++) {
        for (let step = 0; step < 5; step++) await simulation.step();
        simulation.loseDisk(round);
        await simulation.converge();
      }
      const copies = (letter: string): number =>
        world.servers.filter(({ data }) => data?.includes(letter) === true).length;
      assert.deepEqual(
        simulation.acknowledged.filter((letter) => copies(letter) < 2),
        [],
      );
      assert.ok(world.repairs >= 3);
      assert.deepEqual([world.begun, world.together], [1, 0]);
    });
  }

  it("let a member join without a repair that does not succeed, when an operator says so of this loss", async () => {
    const [simulation, world] = ring(3, 9);
    await simulation.converge();
    world.unrepairable = true;
    const joined = async (): Promise<boolean> => {
      for (let step = 0; step < 80; step++) await simulation.step();
      return simulation.converged();
    };
    simulation.loseDisk(1);
    assert.equal(await joined(), false);
    const vacancy = /join-unrepaired=(\S+) /.exec(simulation.agents[1]?.summary ?? "")?.[1] ?? "";
    assert.match(vacancy, /^1-/);
    world.api.joinUnrepaired(vacancy);
    assert.equal(await joined(), true);
    // A later loss is another one.
    simulation.loseDisk(1);
    assert.equal(await joined(), false);
    world.unrepairable = false;
    await simulation.converge();
    simulation.verify();
  });

  it("wait with a lost disk for a member that is away: what both had may be on its disk alone", async () => {
    const [simulation, world] = ring(3, 10);
    await simulation.converge();
    simulation.losePod(2);
    simulation.loseDisk(1);
    for (let step = 0; step < 80; step++) await simulation.step();
    assert.equal(world.server(1).isMember, false);
    assert.match(simulation.agents[1]?.summary ?? "", /member 2 is away/);
    simulation.heal();
    await simulation.converge();
    simulation.verify();
  });

  it("do not wait for one another where two disks are lost", async () => {
    const [simulation, world] = ring(3, 11);
    await simulation.converge();
    simulation.loseDisk(1);
    simulation.loseDisk(2);
    await simulation.converge();
    simulation.verify();
    assert.deepEqual([world.begun, world.together], [1, 0]);
  });

  for (let seed = 1; seed <= 15; seed++) {
    it(`keep what was acknowledged through random faults (seed ${seed})`, async () => {
      const [simulation, world] = ring(3 + (seed % 3), seed);
      await simulation.converge();
      await strikeRing(simulation);
      await simulation.converge();
      simulation.verify();
      assert.deepEqual([world.begun, world.together], [1, 0]);
    });
  }
});
