import * as assert from "node:assert/strict";
import { Actions, type Basis } from "../../../agent/core/actions";
import type { Marker, Report } from "../../../agent/core/types";
import { Member } from "../../../agent/core/member";
import { FakeWorld, type FakeServer } from "./fake";
import { marker, record, view } from "./fixtures";

interface Scene {
  world: FakeWorld;
  server: FakeServer;
  actions: Actions;
  log: string[];
}

async function scene(restore?: { run: () => Promise<boolean> }): Promise<Scene> {
  const world = new FakeWorld(3, 1);
  const server = world.server(0);
  server.running = true;
  server.data = "ab";
  await server.record.update(record({ view: view(5, [0, 1, 2], 0) }));
  const member = new Member("ns/db", 0, "10.0.0.0", server, server.supervisor, server.record);
  const log: string[] = [];
  const actions = new Actions(
    member,
    world.api.markersFor(0),
    (ordinal) => ({ ordinal, host: `m-${ordinal}` }),
    () => "new",
    async () => world.api.publishedEpoch(),
    (_level, message) => log.push(message),
    restore,
  );
  return { world, server, actions, log };
}

/** What a decision was made from, in a set whose size is not known. */
function from(known: Marker | undefined, peers: readonly Report[] = []): Basis {
  return { peers, marker: known, replicas: undefined };
}

function store(world: FakeWorld, value: Marker): void {
  world.api.stored = { marker: value, version: "1" };
}

describe("agent: bootstrap", () => {
  it("takes the right, bootstraps, has it confirmed and lets clients in, in this order", async () => {
    const { world, server, actions } = await scene();
    const seen: string[] = [];
    const bootstrap = server.bootstrap.bind(server);
    const admit = server.admit.bind(server);
    server.bootstrap = async (plan) => {
      seen.push(`bootstrap ${world.api.stored?.marker.phase ?? ""}`);
      await bootstrap(plan);
    };
    server.admit = async () => {
      seen.push(`admit ${world.api.stored?.marker.phase ?? ""}`);
      await admit();
    };
    store(world, marker());
    await actions.run({ kind: "bootstrap" }, from(marker()));
    assert.deepEqual(seen, ["bootstrap founding", "admit running"]);
    assert.equal(world.api.stored?.marker.epoch, 2);
    assert.deepEqual(server.record.value?.unconfirmed, undefined);
    assert.equal(server.record.value?.epoch, 2);
  });

  it("restores what an empty member begins with before it bootstraps", async () => {
    const seen: string[] = [];
    const { world, server, actions } = await scene({
      run: async () => {
        seen.push(`restore ${world.api.stored?.marker.phase ?? ""}`);
        return true;
      },
    });
    await server.record.update({ stage: "fresh" });
    const bootstrap = server.bootstrap.bind(server);
    server.bootstrap = async (plan) => {
      seen.push("bootstrap");
      await bootstrap(plan);
    };
    await actions.run({ kind: "bootstrap" }, from(undefined));
    assert.deepEqual(seen, ["restore founding", "bootstrap"]);
    assert.equal(world.api.stored?.marker.phase, "running");
  });

  it("law 16: bootstraps nothing, and lets nobody in, where what was restored is not what was asked for", async () => {
    const { world, server, actions } = await scene({
      run: () => Promise.reject(new Error("it came to less")),
    });
    await server.record.update({ stage: "fresh" });
    let bootstrapped = false;
    server.bootstrap = async () => {
      bootstrapped = true;
    };
    await assert.rejects(actions.run({ kind: "bootstrap" }, from(undefined)), /it came to less/);
    assert.equal(world.api.stored?.marker.phase, "founding");
    assert.equal(bootstrapped, false);
    assert.notEqual(server.admitted, true);
    assert.equal(server.record.value?.stage, "fresh");
  });

  it("never restores over data", async () => {
    let restored = 0;
    const { actions } = await scene({
      run: async () => {
        restored++;
        return true;
      },
    });
    await actions.run({ kind: "bootstrap" }, from(undefined));
    assert.equal(restored, 0);
  });

  it("begins a later epoch than anything that is left of a cluster whose marker was deleted", async () => {
    const { world, server, actions } = await scene();
    world.api.routes.set("primary", { addresses: ["10.0.0.1"], fence: "7.3" });
    await actions.run({ kind: "bootstrap" }, from(undefined));
    assert.equal(world.api.stored?.marker.epoch, 8);
    assert.equal(server.record.value?.epoch, 8);

    const again = await scene();
    await again.server.record.update({ epoch: 4 });
    await again.actions.run({ kind: "bootstrap" }, from(undefined));
    assert.equal(again.world.api.stored?.marker.epoch, 5);
  });

  it("does nothing when the marker is no longer what the decision was made from", async () => {
    const { world, server, actions } = await scene();
    store(world, marker({ epoch: 2, holder: 1 }));
    await actions.run({ kind: "bootstrap" }, from(undefined));
    await actions.run({ kind: "bootstrap" }, from(marker()));
    assert.equal(server.group, undefined);
    assert.deepEqual(world.api.stored?.marker, marker({ epoch: 2, holder: 1 }));
  });

  it("does nothing when another member was faster", async () => {
    const { world, server, actions } = await scene();
    const markers = world.api.markersFor(1);
    await Promise.all([
      markers.create(marker({ phase: "founding", holder: 1 })),
      actions.run({ kind: "bootstrap" }, from(undefined)),
    ]);
    assert.equal(server.group, undefined);
    assert.equal(world.api.stored?.marker.holder, 1);
  });

  it("gives up what it bootstrapped, and never lets a client in, when the right has passed on", async () => {
    const { world, server, actions, log } = await scene();
    let admitted = false;
    const bootstrap = server.bootstrap.bind(server);
    server.admit = async () => {
      admitted = true;
    };
    server.bootstrap = async (plan) => {
      await bootstrap(plan);
      store(world, marker({ epoch: 3, phase: "founding", holder: 2 }));
    };
    store(world, marker());
    await actions.run({ kind: "bootstrap" }, from(marker()));
    assert.equal(admitted, false);
    assert.equal(server.group, undefined);
    assert.equal(server.record.value?.unconfirmed, undefined);
    assert.equal(server.record.value?.epoch, 1);
    assert.ok(log.some((line) => line.includes("passed on")));
  });

  it("goes on where an earlier attempt was cut off", async () => {
    const { world, server, actions } = await scene();
    const held = marker({ epoch: 2, phase: "founding", holder: 0 });
    store(world, held);
    await server.record.update({ unconfirmed: 2 });
    await actions.run({ kind: "bootstrap" }, from(held));
    const { phase, epoch } = world.marker();
    assert.deepEqual([phase, epoch], ["running", 2]);
    assert.equal(server.admitted, true);
  });

  it("uses up an operator's choice", async () => {
    const { world, actions } = await scene();
    const chosen = marker({ recoverFrom: "0@1" });
    store(world, chosen);
    await actions.run({ kind: "bootstrap", chosen: true }, from(chosen));
    const { recoverFrom, alone, epoch } = world.marker();
    assert.deepEqual([recoverFrom, alone, epoch], [undefined, true, 2]);
  });

  it("voids a choice when the cluster is bootstrapped without it", async () => {
    const { world, server, actions } = await scene();
    const chosen = marker({ recoverFrom: "2@1" });
    store(world, chosen);
    await actions.run({ kind: "bootstrap" }, { ...from(chosen), replicas: 3 });
    const { recoverFrom, alone, phase } = world.marker();
    assert.deepEqual([recoverFrom, alone, phase], [undefined, undefined, "running"]);
    assert.equal(server.admitted, false, "what it acknowledged would be on one disk");
  });

  it("writes down for which outage a choice is, and that one may go on alone, unless the marker has changed", async () => {
    const { world, actions } = await scene();
    const chosen = marker({ recoverFrom: "2" });
    store(world, chosen);
    await actions.run({ kind: "bind", choice: "2@1" }, from(chosen));
    assert.equal(world.marker().recoverFrom, "2@1");
    await actions.run({ kind: "go-alone" }, from(chosen));
    assert.equal(world.marker().alone, undefined, "it is another choice by now");
    await actions.run({ kind: "go-alone" }, from(world.marker()));
    assert.deepEqual([world.marker().recoverFrom, world.marker().alone], [undefined, true]);
  });

  it("gives the right back to a cluster that runs on", async () => {
    const { world, server, actions } = await scene();
    const held = marker({ epoch: 2, phase: "founding", holder: 0, alone: true });
    store(world, held);
    await server.record.update({ unconfirmed: 2 });
    await actions.run({ kind: "yield", message: "test", to: 1, epoch: 1 }, from(held));
    assert.deepEqual(world.marker(), marker({ epoch: 1, holder: 1 }));
    assert.equal(server.record.value?.unconfirmed, undefined);
  });
});

describe("agent: starting and restarting", () => {
  it("marks a new data directory as worthless before it is made", async () => {
    const { server, actions } = await scene();
    server.prepareStart = async () => {
      assert.equal(server.record.value?.stage, "fresh");
      assert.equal(server.record.value.cluster, undefined);
      assert.equal(server.order, "hold");
    };
    await actions.run({ kind: "start", init: true }, from(undefined));
    assert.equal(server.order, "init");
  });

  it("restarts a server that does not end its failed membership", async () => {
    const { server, actions } = await scene();
    server.leave = async () => {
      throw new Error("hangs");
    };
    await actions.run({ kind: "reset", message: "test" }, from(undefined));
    assert.equal(server.running, false);
    assert.equal(server.order, "run");
  });

  it("has the disk known as worthless for as long as a copy is not complete", async () => {
    const { world, server, actions } = await scene();
    const donor = {
      set: "ns/db",
      ordinal: 1,
      address: "10.0.0.1",
      status: { process: "running", data: "data", member: "online", role: "replica" } as const,
      record: record({ epoch: 4 }),
      activity: "idle" as const,
      stopping: false,
    };
    await assert.rejects(actions.run({ kind: "clone", donor: 1 }, from(undefined, [donor])));
    assert.equal(server.record.value?.stage, "cloning");
    const source = world.server(1);
    source.running = true;
    source.data = "abc";
    await source.bootstrap();
    await actions.run({ kind: "clone", donor: 1 }, from(undefined, [donor]));
    assert.equal(server.record.value.stage, "member");
    assert.equal(server.record.value.epoch, 4);
    assert.equal(server.data, "abc");
  });
});

describe("agent: departure", () => {
  it("writes down that the data counts for nothing before the server is gone, so that nobody starts it again", async () => {
    const { server, actions } = await scene();
    const seen: unknown[] = [];
    const halt = server.supervisor.halt.bind(server.supervisor);
    server.supervisor.halt = async () => {
      const { stage, departed, cluster } = server.record.value ?? {};
      seen.push({ stage, departed, cluster });
      await halt();
    };
    await actions.run({ kind: "depart", message: "it has left" }, from(marker()));
    assert.deepEqual(seen, [{ stage: "fresh", departed: true, cluster: undefined }]);
    assert.equal(server.running, false);
  });
});
