import * as assert from "node:assert/strict";
import { GovernedWorld } from "./fake-member";
import { Simulation } from "../simulation";

const governed = (size: number, seed: number): Simulation =>
  new Simulation(size, seed, 0, new GovernedWorld(size, seed));

async function steps(simulation: Simulation, count: number): Promise<void> {
  for (let step = 0; step < count; step++) await simulation.step();
}

describe("agent: a set of servers that govern themselves, with an operator's choice", () => {
  it("is bootstrapped once, and lets a failover be one whatever was left behind", async () => {
    const simulation = governed(3, 1);
    await simulation.converge();
    assert.equal(simulation.world.api.created, 1);
    const { epoch } = simulation.world.marker();
    simulation.world.api.annotate("2");
    simulation.losePod(0);
    await steps(simulation, 200);
    simulation.heal();
    await simulation.converge();
    simulation.verify();
    assert.deepEqual([simulation.chosen, simulation.world.marker().epoch], [0, epoch]);
    assert.equal(simulation.world.marker().recoverFrom, undefined);
  });

  it("is never bootstrapped by a member whose agent has just started, beside a primary", async () => {
    const simulation = governed(3, 2);
    await simulation.converge();
    for (let round = 0; round < 10; round++) {
      simulation.world.api.annotate("2");
      simulation.killPod(2);
      await steps(simulation, 7);
    }
    await simulation.converge();
    simulation.verify();
    assert.equal(simulation.chosen, 0);
  });

  it("goes on from one of three when the others are lost for good", async () => {
    const simulation = governed(3, 3);
    await simulation.converge();
    simulation.losePod(0);
    simulation.losePod(1);
    await steps(simulation, 200);
    assert.match(simulation.agents[2]!.summary, /recover-from=N, N one of 2/);
    assert.equal(simulation.agents[2]!.reason, "NoPrimaryForLong");
    simulation.world.api.annotate("2");
    await steps(simulation, 60);
    assert.equal(simulation.agents[2]!.isReady(), true);
    assert.equal(simulation.chosen, 1);
    simulation.heal();
    await simulation.converge();
    simulation.verify();
  });

  it("gives a right back that was given beside its primary", async () => {
    const simulation = governed(3, 4);
    await simulation.converge();
    const { marker, version } = simulation.world.api.stored!;
    const astray = { ...marker, epoch: marker.epoch + 1, phase: "founding" as const, holder: 2 };
    simulation.world.api.stored = { marker: astray, version: `${version}1` };
    simulation.killPod(1);
    await simulation.converge(200);
    simulation.verify();
    assert.equal(simulation.world.marker().epoch, marker.epoch);
  });

  for (let seed = 1; seed <= 100; seed++) {
    it(`loses nothing that was not given up, at random moments (seed ${seed})`, async () => {
      const simulation = governed(seed % 4 === 0 ? 5 : 3, 200 + seed);
      const { world, size } = simulation;
      await simulation.converge();
      world.faults = 0.05;
      for (let round = 0; round < 12; round++) {
        const choice = world.random();
        const victim = Math.floor(world.random() * size);
        if (choice < 0.35) simulation.chooseAnybody();
        else if (choice < 0.5) simulation.losePod(victim);
        else if (choice < 0.6) simulation.heal();
        else if (choice < 0.7) simulation.killPod(victim);
        else if (choice < 0.8) world.server(victim).crash();
        else if (choice < 0.85) simulation.startAgent(victim);
        else if (choice < 0.9) for (let one = 0; one < size; one++) simulation.killPod(one);
        else if (choice < 0.95) world.network.api.delete(victim);
        else world.network.parts = [[victim], [...Array(size).keys()].filter((one) => one !== victim)];
        await steps(simulation, Math.floor(world.random() * 140));
      }
      world.faults = 0;
      simulation.heal();
      await simulation.converge();
      // Its primary removes what was chosen last within seconds.
      await steps(simulation, 10);
      simulation.verify();
      assert.equal(world.marker().recoverFrom, undefined);
    });
  }

  for (let seed = 1; seed <= 100; seed++) {
    it(`keeps every acknowledged write through random faults (seed ${seed})`, async () => {
      const simulation = governed(seed % 4 === 0 ? 5 : 3, 400 + seed);
      const { world } = simulation;
      await simulation.converge();
      world.faults = 0.05;
      for (let round = 0; round < 12; round++) {
        await simulation.randomFault();
        await steps(simulation, Math.floor(world.random() * 90));
      }
      world.faults = 0;
      simulation.heal();
      await simulation.converge();
      simulation.verify();
      assert.equal(simulation.chosen, 0);
    });
  }
});
