import * as assert from "node:assert/strict";
import type { Ordinal } from "../../../agent/core/types";
import { existing } from "./fake";
import { Simulation } from "./simulation";

describe("agent: a whole set of real agents around fake servers", () => {
  it("bootstraps once and joins the rest, in any size", async () => {
    for (const size of [1, 3, 5, 9]) {
      const simulation = new Simulation(size, size);
      await simulation.converge();
      simulation.verify();
      assert.equal(simulation.world.api.created, 1);
      assert.deepEqual(simulation.world.api.routes.get("primary")?.addresses, ["10.0.0.0"]);
    }
  });

  it("never bootstraps a second cluster on empty disks beside a marker", async () => {
    const simulation = new Simulation(3, 1);
    simulation.world.api.stored = { marker: existing(), version: "7" };
    for (let step = 0; step < 600; step++) await simulation.step();
    assert.deepEqual(simulation.acknowledged, []);
    assert.ok(simulation.agents.every((agent) => agent.summary.includes("restore a backup")));
  });

  it("hands over to the lowest ordinal, with at most two switches in a rolling update", async () => {
    const simulation = new Simulation(3, 2);
    await simulation.converge();
    const primary = (): Ordinal | undefined => simulation.world.servers[0]?.group?.primary;
    const order: (Ordinal | undefined)[] = [primary()];
    for (const ordinal of [2, 1, 0]) {
      await simulation.restartPod(ordinal);
      await simulation.converge();
      if (order.at(-1) !== primary()) order.push(primary());
    }
    assert.deepEqual(order, [0, 1]);
    simulation.verify();
  });

  it("writes down that it leaves, and is then no longer a member for the others", async () => {
    const simulation = new Simulation(3, 6);
    await simulation.converge();
    await simulation.agents.at(2)?.prepareStop();
    assert.equal(simulation.world.server(2).record.value?.left, true);
    assert.deepEqual(simulation.world.server(0).group?.members, [0, 1]);
    await simulation.agents.at(1)?.prepareStop();
    assert.equal(simulation.world.server(1).running, false, "the second one halts: one alone must not go on");
    assert.equal(simulation.world.server(1).record.value?.left, undefined);
    assert.equal(simulation.world.server(0).hasQuorum(), false);
  });

  it("waits with a stop that would take the majority away, while who is away may come back", async () => {
    const simulation = new Simulation(3, 12, 60_000);
    await simulation.converge();
    const away = async (): Promise<void> => {
      simulation.world.network.parts = [[1, 2], [0]];
      for (let step = 0; step < 60; step++) await simulation.step();
      assert.equal(simulation.world.server(1).hasQuorum(), true);
    };
    const server = simulation.world.server(2);
    await away();
    const stopped = simulation.agents.at(2)!.prepareStop();
    for (let step = 0; step < 20; step++) await simulation.step();
    assert.equal(server.hasQuorum(), true, "it still serves");
    simulation.world.heal();
    for (let step = 0; step < 60; step++) await simulation.step();
    await stopped;
    assert.equal(server.record.value?.left, true);
    assert.equal(simulation.world.server(0).hasQuorum(), true, "nothing was interrupted");

    server.stopping = false;
    simulation.killPod(2);
    await simulation.converge();
    await away();
    // A set that is deleted: nobody comes back.
    simulation.pods = 0;
    await simulation.agents.at(2)!.prepareStop();
    assert.equal(server.running, false);

    simulation.pods = Infinity;
    simulation.world.heal();
    simulation.killPod(2);
    await simulation.converge();
    await away();
    const patience = simulation.agents.at(2)!.prepareStop();
    for (let step = 0; step < 200; step++) await simulation.step();
    await patience;
    assert.equal(server.running, false, "the pod's time to stop is limited");
    simulation.world.heal();
    simulation.killPod(2);
    await simulation.converge();
    simulation.verify();
  });

  it("makes the marker of a running cluster again when somebody deletes it", async () => {
    const simulation = new Simulation(3, 8);
    await simulation.converge();
    simulation.world.api.stored = undefined;
    for (let step = 0; step < 50; step++) await simulation.step();
    const { cluster, epoch, phase } = simulation.world.marker();
    assert.deepEqual([cluster, epoch, phase], ["c", 1, "running"]);
    assert.equal(simulation.agents.at(0)?.isReady(), true);
  });

  it("lets at most one leave when all are stopped at the same moment, so that any majority can return", async () => {
    for (const absent of [0, 1, 2]) {
      const simulation = new Simulation(3, 9);
      await simulation.converge();
      await Promise.all(simulation.agents.map((agent) => agent.prepareStop()));
      const left = simulation.world.servers.filter((server) => server.record.value?.left);
      assert.ok(left.length <= 1, `${left.length} left`);
      for (const ordinal of [0, 1, 2]) simulation.killPod(ordinal);
      const back = [0, 1, 2].filter((ordinal) => ordinal !== absent);
      simulation.world.network.parts = [back];
      for (let step = 0; step < 300; step++) await simulation.step();
      assert.ok(
        back.every((ordinal) => simulation.agents.at(ordinal)?.isReady()),
        `without ${absent}`,
      );
      simulation.world.heal();
      await simulation.converge();
      simulation.verify();
    }
  });

  it("stops as a member when it cannot leave", async () => {
    const simulation = new Simulation(3, 7);
    await simulation.converge();
    const server = simulation.world.server(2);
    server.leave = async () => {
      throw new Error("hangs");
    };
    await simulation.agents.at(2)?.prepareStop();
    assert.equal(server.running, false);
    assert.equal(server.record.value?.left, undefined);
  });

  it("comes back by itself when all pods are killed at once, also without one of them for long", async () => {
    const simulation = new Simulation(3, 3);
    await simulation.converge();
    for (const ordinal of [0, 1, 2]) simulation.killPod(ordinal);
    simulation.world.network.parts = [[1, 2]];
    for (let step = 0; step < 300; step++) await simulation.step();
    assert.equal(simulation.agents[1]?.isReady(), true);
    simulation.world.heal();
    await simulation.converge();
    simulation.verify();
  });

  it("goes on after a full outage when bootstrapping anew fails once, although a member stays away", async () => {
    for (const failure of ["the engine", "the agent"]) {
      const simulation = new Simulation(3, 11);
      await simulation.converge();
      const server = simulation.world.server(0);
      const bootstrap = server.bootstrap.bind(server);
      server.bootstrap = async () => {
        server.bootstrap = bootstrap;
        if (failure === "the agent") simulation.startAgent(0);
        throw new Error("took too long");
      };
      for (const ordinal of [0, 1, 2]) simulation.killPod(ordinal);
      simulation.world.network.parts = [[0, 1]];
      for (let step = 0; step < 400; step++) await simulation.step();
      assert.equal(simulation.agents[0]?.isReady(), true, failure);
      simulation.world.heal();
      await simulation.converge();
      simulation.verify();
    }
  });

  it("sets transactions aside that only one member has", async () => {
    const simulation = new Simulation(3, 4);
    await simulation.converge();
    simulation.killPod(2);
    simulation.world.server(2).data = `${simulation.world.server(2).data ?? ""}!`;
    await simulation.converge();
    simulation.verify();
    assert.ok(!simulation.world.server(2).data!.includes("!"));
  });

  it("waits with a member whose volume is full, says so, and takes it back when there is room", async () => {
    const simulation = new Simulation(3, 5);
    await simulation.converge();
    const server = simulation.world.server(2);
    const update = server.record.update.bind(server.record);
    server.full = true;
    server.record.update = async () => Promise.reject(new Error("ENOSPC: no space left on device"));
    // The applier cannot write: the engine leaves its group by itself.
    await server.leave();
    server.failed = true;
    for (let step = 0; step < 100; step++) await simulation.step();
    assert.match(simulation.agents[2]!.summary, /^the volume is full.*the last attempt failed: ENOSPC/);
    assert.equal(simulation.agents[2]!.reason, "VolumeFull");
    assert.ok(simulation.agents[0]!.isReady() && !simulation.agents[2]!.isReady());
    server.full = false;
    server.record.update = update;
    await simulation.converge();
    simulation.verify();
    assert.equal(simulation.agents[2]!.summary, "serve");
  });

  it("says why the server is not started, as long as it is not", async () => {
    const simulation = new Simulation(1, 6);
    const server = simulation.world.server(0);
    const prepare = server.prepareStart.bind(server);
    server.prepareStart = async () =>
      Promise.reject(new Error('the Secret\'s "password" is the placeholder'));
    for (let step = 0; step < 20; step++) await simulation.step();
    assert.match(simulation.agents[0]!.summary, /^start; the last attempt failed: .*is the placeholder$/);
    assert.equal(simulation.agents[0]!.reason, "AttemptFailed");
    server.prepareStart = prepare;
    await simulation.converge();
    assert.equal(simulation.agents[0]!.summary, "serve");
    assert.equal(simulation.agents[0]!.reason, "Serving");
  });

  describe("with an operator's choice", () => {
    const steps = async (simulation: Simulation, count: number): Promise<void> => {
      for (let step = 0; step < count; step++) await simulation.step();
    };

    it("removes one that was made while all is well, within seconds", async () => {
      const simulation = new Simulation(3, 21);
      await simulation.converge();
      for (const choice of ["2", "2@1", "7", "all"]) {
        simulation.world.api.annotate(choice);
        await steps(simulation, 10);
        assert.equal(simulation.world.marker().recoverFrom, undefined, choice);
      }
      simulation.world.network.parts = [[0, 1], [2]];
      await steps(simulation, 200);
      simulation.world.heal();
      await simulation.converge();
      simulation.verify();
      assert.equal(simulation.chosen, 0);
    });

    it("does not bootstrap a second cluster where a member is only cut off, however that was chosen", async () => {
      const simulation = new Simulation(3, 22);
      await simulation.converge();
      // The primary cannot remove it.
      simulation.world.network.parts = [[0, 1], [2]];
      simulation.world.network.api = new Set([2]);
      simulation.world.api.annotate("2");
      await steps(simulation, 400);
      assert.match(simulation.agents[2]!.summary, /members 0, 1 may run/);
      simulation.heal();
      await simulation.converge();
      simulation.verify();
      assert.equal(simulation.chosen, 0);
    });

    it("waits for nobody who was chosen and does not exist", async () => {
      for (const choice of ["7", "all", "1@9"]) {
        const simulation = new Simulation(3, 23);
        await simulation.converge();
        for (const ordinal of [0, 1, 2]) simulation.killPod(ordinal);
        simulation.world.api.annotate(choice);
        await simulation.converge(100);
        simulation.verify();
        assert.equal(simulation.world.marker().recoverFrom, undefined);
      }
    });

    it("goes on from one of three at once, when the others are lost for good, and lets it serve alone", async () => {
      const simulation = new Simulation(3, 24);
      await simulation.converge();
      for (const ordinal of [0, 1, 2]) simulation.losePod(ordinal);
      simulation.gone.delete(2);
      simulation.world.api.absent.delete(2);
      await steps(simulation, 400);
      assert.match(simulation.agents[2]!.summary, /1 of 3 members have answered.*recover-from=N, N one of 2/);
      assert.equal(simulation.agents[2]!.reason, "TooFewMembers");
      simulation.world.api.annotate("2");
      await steps(simulation, 40);
      assert.equal(simulation.agents[2]!.isReady(), true);
      assert.equal(simulation.chosen, 1);
      simulation.heal();
      await simulation.converge();
      simulation.verify();
    });

    it("lets one that was bootstrapped, and whose others are lost since, serve alone when it is named", async () => {
      const simulation = new Simulation(3, 25);
      await simulation.converge();
      for (const ordinal of [0, 1, 2]) simulation.killPod(ordinal);
      const server = simulation.world.server(0);
      const bootstrap = server.bootstrap.bind(server);
      server.bootstrap = async (plan) => {
        await bootstrap(plan);
        for (const ordinal of [1, 2]) simulation.losePod(ordinal);
      };
      await steps(simulation, 100);
      assert.match(
        simulation.agents[0]!.summary,
        /^hold: clients are let in when 2 of 3 members have joined/,
      );
      assert.equal(simulation.agents[0]!.isReady(), false);
      assert.equal(simulation.agents[0]!.reason, "AwaitsMajority");
      simulation.world.api.annotate("0");
      await steps(simulation, 10);
      assert.equal(simulation.agents[0]!.isReady(), true);
      assert.equal(simulation.world.marker().recoverFrom, undefined);
      simulation.heal();
      await simulation.converge();
      simulation.verify();
    });

    for (let seed = 1; seed <= 100; seed++) {
      it(`loses nothing that was not given up, at random moments (seed ${seed})`, async () => {
        const simulation = new Simulation(seed % 4 === 0 ? 5 : 3, 100 + seed);
        const { world, size } = simulation;
        await simulation.converge();
        world.faults = 0.05;
        let foreign: Ordinal | undefined;
        for (let round = 0; round < 25; round++) {
          const choice = world.random();
          const victim = Math.floor(world.random() * size);
          if (choice < 0.35) simulation.chooseAnybody();
          else if (choice < 0.45) simulation.losePod(victim);
          else if (choice < 0.5) simulation.heal();
          else if (choice < 0.53 && foreign === undefined && simulation.converged()) {
            await simulation.exchangeDisk(victim);
            foreign = victim;
          } else await simulation.randomFault();
          await steps(simulation, Math.floor(world.random() * 40));
        }
        world.faults = 0;
        if (foreign !== undefined) simulation.loseDisk(foreign);
        simulation.heal();
        await simulation.converge();
        // Its primary removes what was chosen last within seconds.
        await steps(simulation, 10);
        simulation.verify();
        assert.equal(world.marker().recoverFrom, undefined);
      });
    }
  });

  for (let seed = 1; seed <= 100; seed++) {
    it(`keeps every acknowledged write through random faults (seed ${seed})`, async () => {
      const simulation = new Simulation(seed % 4 === 0 ? 5 : 3, seed);
      await simulation.converge();
      simulation.world.faults = 0.05;
      for (let round = 0; round < 25; round++) {
        await simulation.randomFault();
        const pause = Math.floor(simulation.world.random() * 30);
        for (let step = 0; step < pause; step++) await simulation.step();
      }
      simulation.world.faults = 0;
      simulation.world.heal();
      await simulation.converge();
      simulation.verify();
    });
  }
});
