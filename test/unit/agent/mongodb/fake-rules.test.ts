import * as assert from "node:assert/strict";
import { type SimulatedServer, ServerNetwork } from "../../../fakes/mongodb/network";
import type { Environment } from "../../../fakes/mongodb/state";
import type { Doc } from "../../../fakes/mongodb/store";
import { randomOf, VirtualTime } from "../election/time";

/** Servers in time that is let pass. */
class Scene {
  readonly time = new VirtualTime();
  readonly network: ServerNetwork;

  constructor(size: number, options: Partial<Environment> = {}) {
    this.network = new ServerNetwork(size, this.time, randomOf(size), options);
    for (const server of this.network.servers) server.start();
  }

  server(ordinal: number): SimulatedServer {
    return this.network.servers[ordinal]!;
  }

  async ask(ordinal: number, command: Doc, within = 30_000): Promise<Doc> {
    let answer: Doc | undefined;
    void this.server(ordinal)
      .ask(command)
      .then(
        (one) => (answer = one),
        (error: unknown) => (answer = { ok: 0, errmsg: String(error) }),
      );
    await this.until(() => answer !== undefined, within);
    return answer!;
  }

  async until(done: () => boolean, within = 30_000): Promise<void> {
    for (let waited = 0; !done(); waited += 50) {
      assert.ok(waited < within, "it does not come about");
      await this.time.pass(50);
    }
  }

  async form(): Promise<void> {
    const { servers } = this.network;
    await this.ask(0, { replSetInitiate: { _id: "rs", members: [{ _id: 0, host: "m-0:27017" }] } });
    await this.until(() => this.server(0).isPrimary);
    for (let ordinal = 1; ordinal < servers.length; ordinal++) {
      await this.reconfigure(0, (members) => [...members, { _id: ordinal, host: `m-${ordinal}:27017` }]);
      await this.until(() => this.votes(0) === ordinal + 1);
    }
  }

  /** @returns the answer */
  async reconfigure(at: number, change: (members: Doc[]) => Doc[], force = false): Promise<Doc> {
    const { config } = await this.ask(at, { replSetGetConfig: 1 });
    const next = { ...config, version: Number(config.version) + 1, members: change(config.members as Doc[]) };
    return await this.ask(at, { replSetReconfig: next, maxTimeMS: 5_000, ...(force ? { force } : {}) });
  }

  votes(at: number): number {
    const members = this.server(at).disk.kept.config?.members ?? [];
    return members.filter(({ votes, newlyAdded }) => votes > 0 && newlyAdded !== true).length;
  }

  async write(at: number, _id: number, w: unknown = "majority", wtimeout = 2_000): Promise<Doc> {
    return await this.ask(at, {
      insert: "rows",
      $db: "app",
      documents: [{ _id }],
      writeConcern: { w, wtimeout },
    });
  }

  has(at: number, count: number): boolean {
    return this.server(at).disk.store.collection("app.rows").size === count;
  }

  state(at: number): string | undefined {
    return this.server(at).replica?.state.state;
  }
}

describe("the stand-in for MongoDB's server", () => {
  it("is initiated once, and not where the name is another server's", async () => {
    const scene = new Scene(2);
    const stranger = await scene.ask(0, {
      replSetInitiate: { _id: "rs", members: [{ _id: 0, host: "x:1" }] },
    });
    assert.equal(stranger["codeName"], "InvalidReplicaSetConfig");
    assert.equal((await scene.ask(0, { replSetGetStatus: 1 }))["codeName"], "NotYetInitialized");
    const members = [{ _id: 0, host: "m-0:27017" }];
    assert.equal((await scene.ask(0, { replSetInitiate: { _id: "rs", members } }))["ok"], 1);
    assert.equal(
      (await scene.ask(0, { replSetInitiate: { _id: "rs", members } }))["codeName"],
      "AlreadyInitialized",
    );
  });

  it("changes one vote at a time, on the primary, with a version that grows", async () => {
    const scene = new Scene(3);
    await scene.form();
    const both = await scene.reconfigure(0, (members) => members.slice(0, 1));
    assert.equal(both["codeName"], "NewReplicaSetConfigurationIncompatible");
    assert.equal((await scene.reconfigure(1, (members) => members))["codeName"], "NotWritablePrimary");
    assert.equal((await scene.reconfigure(0, (members) => members.slice(1)))["codeName"], "NodeNotFound");
    const { config } = await scene.ask(0, { replSetGetConfig: 1 });
    assert.equal(
      (await scene.ask(0, { replSetReconfig: config }))["codeName"],
      "NewReplicaSetConfigurationIncompatible",
    );
    assert.equal((await scene.reconfigure(0, (members) => members.slice(0, 2)))["ok"], 1);
    await scene.until(() => scene.state(2) === "REMOVED");
  });

  it("changes nothing before the change before is on a majority", async () => {
    const scene = new Scene(3);
    await scene.form();
    for (const other of [1, 2]) scene.server(other).crash();
    const first = await scene.reconfigure(0, (members) => members.map((one) => ({ ...one, priority: 2 })));
    assert.equal(first["codeName"], "MaxTimeMSExpired");
    const second = await scene.reconfigure(0, (members) => members);
    assert.equal(second["codeName"], "CurrentConfigNotCommittedYet");
  });

  it("gives who is added no vote before it has synced", async () => {
    const scene = new Scene(2, { copyTime: 8_000 });
    await scene.ask(0, { replSetInitiate: { _id: "rs", members: [{ _id: 0, host: "m-0:27017" }] } });
    await scene.until(() => scene.server(0).isPrimary);
    await scene.reconfigure(0, (members) => [...members, { _id: 1, host: "m-1:27017" }]);
    await scene.time.pass(4_000);
    assert.equal(scene.state(1), "STARTUP2");
    assert.equal(scene.votes(0), 1);
    assert.equal((await scene.write(0, 1))["writeConcernError"], undefined);
    await scene.until(() => scene.votes(0) === 2);
    assert.equal(scene.state(1), "SECONDARY");
  });

  it("elects somebody else within seconds of a primary's end, and never two in a term", async () => {
    const scene = new Scene(3);
    await scene.form();
    await scene.write(0, 1);
    scene.server(0).crash();
    await scene.until(() => scene.network.primaries.length === 1, 15_000);
    const [next] = scene.network.primaries;
    assert.ok(scene.has(next!.ordinal, 1));
    scene.server(0).start();
    await scene.until(() => scene.state(0) === "SECONDARY");
  });

  it("does not elect who lacks what a majority has", async () => {
    const scene = new Scene(3);
    await scene.form();
    scene.network.isolate(2);
    await scene.write(0, 1);
    scene.network.heal();
    scene.network.cut(0, 2);
    scene.network.cut(0, 1);
    // Before it could have caught up.
    scene.server(2).replica!.state.seen.clear();
    const stands = await scene.ask(2, { replSetStepUp: 1 });
    assert.ok(stands["ok"] === 0 || scene.has(2, 1));
  });

  it("ends a primary that sees no majority within 10 s, which acknowledges nothing meanwhile; what it wrote is rolled back", async () => {
    const scene = new Scene(3);
    await scene.form();
    await scene.write(0, 1);
    scene.network.isolate(0);
    const alone = await scene.write(0, 2);
    assert.equal(alone["writeConcernError"]?.codeName, "WriteConcernFailed");
    await scene.until(() => scene.state(0) === "SECONDARY", 12_000);
    await scene.until(() => scene.network.primaries.length === 1);
    const [next] = scene.network.primaries;
    await scene.write(next!.ordinal, 3);
    scene.network.heal();
    await scene.until(() => scene.server(0).disk.kept.rollbacks.length === 1 && scene.has(0, 2));
    assert.deepEqual(
      scene.server(0).disk.asides[0]!.map(({ o }) => o["_id"]),
      [2],
    );
    assert.deepEqual(scene.network.fatal, []);
  });

  it("steps down only when a majority and somebody electable has caught up, and lets nobody stand that is frozen", async () => {
    const scene = new Scene(3);
    await scene.form();
    for (const other of [1, 2]) scene.server(other).crash();
    await scene.write(0, 1, 1);
    const refused = await scene.ask(0, { replSetStepDown: 30, secondaryCatchUpPeriodSecs: 2 });
    assert.equal(refused["codeName"], "ExceededTimeLimit");
    for (const other of [1, 2]) scene.server(other).start();
    await scene.time.pass(5_000);
    if (!scene.server(0).isPrimary) await scene.until(() => scene.network.primaries.length === 1);
    const primary = scene.network.primaries[0]!.ordinal;
    const others = [0, 1, 2].filter((one) => one !== primary);
    assert.equal((await scene.ask(primary, { replSetFreeze: 30 }))["codeName"], "NotSecondary");
    await scene.ask(others[0]!, { replSetFreeze: 60 });
    assert.equal((await scene.ask(others[0]!, { replSetStepUp: 1 }))["ok"], 0);
    await scene.ask(primary, { replSetStepDown: 30 });
    await scene.ask(others[1]!, { replSetStepUp: 1 });
    await scene.until(() => scene.server(others[1]!).isPrimary);
  });

  it("leaves a member RECOVERING for which nobody has what follows on its data", async () => {
    const scene = new Scene(3, { oplogMost: 20 });
    await scene.form();
    scene.server(2).crash();
    for (let id = 0; id < 40; id++) await scene.write(0, id);
    scene.server(2).start();
    await scene.until(() => scene.state(2) === "RECOVERING");
    await scene.time.pass(20_000);
    assert.equal(scene.state(2), "RECOVERING");
    scene.server(2).loseDisk();
    scene.server(2).start();
    await scene.until(() => scene.state(2) === "SECONDARY" && scene.has(2, 40));
  });

  it("copies to a member of its configuration whose disk is empty, which votes all the while", async () => {
    const scene = new Scene(3, { copyTime: 20_000 });
    await scene.form();
    scene.server(2).loseDisk();
    scene.server(2).start();
    await scene.until(() => scene.state(2) === "STARTUP2");
    scene.server(0).crash();
    await scene.until(() => scene.network.primaries.length === 1, 15_000);
    assert.equal(scene.network.primaries[0]!.ordinal, 1);
  });

  it("loses in a crash what was not in the journal, and nothing that a majority has acknowledged", async () => {
    const scene = new Scene(3);
    await scene.form();
    await scene.write(0, 1);
    await scene.write(0, 2, 1);
    for (const server of scene.network.servers) server.crash();
    for (const server of scene.network.servers) server.start();
    await scene.until(() => scene.network.primaries.length === 1);
    assert.ok(scene.network.primaries[0]!.disk.store.collection("app.rows").has('{"id":{"$numberInt":"1"}}'));
  });

  it("can be made go on without a majority by force alone", async () => {
    const scene = new Scene(3);
    await scene.form();
    await scene.write(0, 1);
    for (const other of [0, 1]) scene.server(other).loseDisk();
    await scene.time.pass(30_000);
    assert.equal(scene.network.primaries.length, 0);
    const forced = await scene.reconfigure(2, (members) => members.slice(2), true);
    assert.equal(forced["ok"], 1);
    await scene.until(() => scene.server(2).isPrimary);
    assert.ok(scene.has(2, 1));
  });
});
