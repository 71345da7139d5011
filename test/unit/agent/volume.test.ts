import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planLeave } from "../../../agent/core/stop-plan";
import { donors } from "../../../agent/core/order";
import { Member } from "../../../agent/core/member";
import { RecordFile } from "../../../agent/core/record";
import { routesFrom } from "../../../agent/core/routes";
import { Supervisor } from "../../../agent/core/supervisor";
import type { Ordinal, Report } from "../../../agent/core/types";
import { FakeWorld } from "./fake";
import { online, view, limits } from "./fixtures";
import { Simulation } from "./simulation";

/** Steps of a simulation in a second. */
const SECOND = 2;

describe("agent: a volume that hangs", () => {
  const run = async (simulation: Simulation, seconds: number): Promise<void> => {
    for (let step = 0; step < seconds * SECOND; step++) await simulation.step();
  };
  const primary = (simulation: Simulation): Ordinal | undefined =>
    Number(/\d$/.exec(simulation.world.api.routes.get("primary")?.addresses[0] ?? "")?.[0]);

  it("takes its role from a primary within seconds, and its place in the cluster until it works again", async () => {
    const simulation = new Simulation(3, 21);
    await simulation.converge();
    const server = simulation.world.server(0);
    server.freeze();
    await run(simulation, 7);
    assert.equal(primary(simulation), 0, "not before it has waited long enough");
    await run(simulation, 5);
    assert.notEqual(primary(simulation), 0);
    const acknowledged = simulation.acknowledged.length;
    await run(simulation, 50);
    assert.ok(simulation.acknowledged.length - acknowledged >= 50 * SECOND, "writes go on");
    assert.equal(simulation.agents[0]!.isReady(), false);
    assert.match(simulation.agents[0]!.summary, /volume has taken no write since .*stopped until it does/);
    server.thaw();
    await simulation.converge();
    simulation.verify();
    assert.equal(simulation.agents[0]!.summary, "serve");
  });

  it("takes a replica out, which could otherwise be elected", async () => {
    const simulation = new Simulation(3, 22);
    await simulation.converge();
    simulation.world.server(1).freeze();
    await run(simulation, 12);
    assert.deepEqual(simulation.world.server(0).group?.members, [0, 2]);
    assert.deepEqual(simulation.world.api.routes.get("replicas")?.addresses, ["10.0.0.2"]);
    simulation.world.server(1).thaw();
    await simulation.converge();
    simulation.verify();
  });

  it("costs nobody a place when too few others could go on, and is said", async () => {
    for (const [size, hanging] of [
      [1, [0]],
      [3, [0, 1, 2]],
      [3, [0, 1]],
    ] as const) {
      const simulation = new Simulation(size, 23);
      await simulation.converge();
      for (const ordinal of hanging) simulation.world.server(ordinal).freeze();
      await run(simulation, 60);
      for (const ordinal of hanging) {
        assert.equal(simulation.world.server(ordinal).running, true, `${ordinal} of ${size}`);
        assert.match(simulation.agents[ordinal]!.summary, /keeps its place/);
        assert.equal(simulation.agents[ordinal]!.isReady(), false);
      }
      simulation.world.heal();
      await run(simulation, 2);
      assert.equal(simulation.converged(), true, "nothing had to be done");
      simulation.verify();
    }
  });

  it("is none while a slow disk takes its time, or takes the server's writes", async () => {
    const simulation = new Simulation(3, 24);
    await simulation.converge();
    for (let turn = 0; turn < 10; turn++) {
      simulation.world.server(0).freeze();
      await run(simulation, 7);
      simulation.world.server(0).thaw();
      await run(simulation, 1);
    }
    assert.equal(primary(simulation), 0);
    // The agent's own write waits in a queue from which others get through.
    const stuck = new Promise<void>(() => undefined);
    simulation.world.server(0).supervisor.touch = () => stuck;
    await run(simulation, 60);
    assert.equal(primary(simulation), 0);
  });

  it("is given up again when that did not succeed", async () => {
    const simulation = new Simulation(3, 25);
    await simulation.converge();
    const server = simulation.world.server(0);
    let tries = 0;
    const abandon = server.abandon.bind(server);
    server.abandon = async (end) => {
      if (++tries < 3) throw new Error("the API server is away");
      await abandon(end);
    };
    server.freeze();
    await run(simulation, 15);
    assert.equal(tries, 3);
    assert.notEqual(primary(simulation), 0);
  });

  it("is no member to hand over to, to copy from, or to read from", () => {
    const seen = view(4, [0, 1, 2], 0);
    const [own, one, two] = [0, 1, 2].map((ordinal) => online(ordinal, seen)) as [Report, Report, Report];
    const volumeLimits = limits.volume;
    one.status.stalled = volumeLimits.hung;
    assert.deepEqual(
      planLeave({ self: 0, role: "primary", view: seen, peers: [one, two], replicas: 3, volumeLimits }),
      { successor: 2, how: "halt" },
    );
    assert.deepEqual(donors(3, [own, one, two], volumeLimits), [2, 0]);
    assert.deepEqual(routesFrom(own, seen, 1, [one, two], volumeLimits).reads.addresses, ["10.0.0.2"]);
  });
});

describe("agent: what it says of a moment that has passed", () => {
  it("is no report and no readiness any more, though it goes on living", async () => {
    const simulation = new Simulation(3, 26);
    await simulation.converge();
    const [agent, server] = [simulation.agents[1]!, simulation.world.server(1)];
    assert.ok(agent.report && agent.isReady());
    // A round that does not come to an end.
    server.probe = () => new Promise(() => undefined);
    simulation.agents[1] = Object.assign(Object.create(agent) as typeof agent, {
      tick: async () => {
        void agent.tick();
      },
    });
    for (let step = 0; step < 6 * SECOND; step++) await simulation.step();
    assert.equal(agent.report, undefined);
    assert.equal(agent.isReady(), false);
    assert.equal(agent.isAlive(), true);
    assert.deepEqual(simulation.world.api.routes.get("replicas")?.addresses, ["10.0.0.2"]);
  });
});

describe("agent: calls that do not return", () => {
  let folder = "";
  /** A file that cannot be opened for writing until somebody reads it: what a volume that hangs does to it. */
  const block = (path: string): void => {
    execFileSync("mkfifo", [path]);
  };
  /** Ends what waits for ever otherwise, so that the process can end. */
  const reader = (path: string): void => {
    const file = openSync(path, "r+");
    setTimeout(() => {
      closeSync(file);
    }, 50);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "agent-volume-"));
    mkdirSync(join(folder, "stateful"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("are waited for no longer than a while, and a record is not written twice at once", async () => {
    const directory = join(folder, "stateful");
    const record = new RecordFile(directory, 1_000);
    await record.update({ stage: "member", epoch: 1 });
    const draft = join(directory, "member.json.new");
    block(draft);
    await assert.rejects(record.update({ epoch: 2 }), /took longer/);
    await assert.rejects(record.update({ epoch: 3 }), /took longer/);
    assert.equal(record.value?.epoch, 1, "nothing counts as written that may not be");
    reader(draft);
    rmSync(draft);
    await new Promise((done) => setTimeout(done, 150));
  });

  it("let the member be looked at all the same, by what was last seen", async () => {
    const world = new FakeWorld(1, 1);
    const server = world.server(0);
    const supervisor = new Supervisor(join(folder, "control"), folder);
    mkdirSync(join(folder, "data"));
    const directory = join(folder, "stateful");
    const member = new Member("ns/db", 0, "10.0.0.1", server, supervisor, new RecordFile(directory));
    assert.equal((await member.observe()).status.data, "data");
    let looks = 0;
    supervisor.isFull = () => {
      looks++;
      return new Promise(() => undefined);
    };
    const began = Date.now();
    for (let round = 0; round < 2; round++) assert.equal((await member.observe()).status.data, "data");
    assert.ok(Date.now() - began < 4_000);
    assert.equal(looks, 1, "calls that do not return must not pile up");
  });

  it("are made in place, on a file of their own", async () => {
    const supervisor = new Supervisor(join(folder, "control"), folder);
    await supervisor.touch();
    await supervisor.touch();
    assert.match(readFileSync(join(folder, "stateful", "pulse"), "utf8"), /^\d+\n$/);
    rmSync(join(folder, "stateful"), { recursive: true });
    writeFileSync(join(folder, "stateful"), "");
    await assert.rejects(supervisor.touch(), "a volume that refuses is not one that hangs");
  });
});
