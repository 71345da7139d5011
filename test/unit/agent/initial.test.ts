import * as assert from "node:assert/strict";
import { Actions } from "../../../agent/core/actions";
import { InitialStatements } from "../../../agent/core/initial";
import { Member } from "../../../agent/core/member";
import { Notices } from "../../../agent/core/notices";
import { FakeWorld, type FakeServer } from "./fake";
import { marker } from "./fixtures";

const SCHEMA = ["CREATE TABLE one (id INT)", "CREATE TABLE two (id INT)"];

describe("agent: SQL that a database begins with", () => {
  let world: FakeWorld;
  let server: FakeServer;
  let notices: Notices;
  let now: number;
  /** What the stack asks for. */
  let wanted: string[] | undefined;
  /** What was done, in order. */
  let done: string[];
  let failing: string | undefined;
  let restores: boolean;
  /** What it is made to be while the agent waits. */
  let corrected: string[] | undefined;
  let initial: InitialStatements;
  let actions: Actions;

  /** An agent of member 0, as after a restart. */
  function agent(): void {
    server.running = true;
    const credentials = {
      find: async () => (wanted === undefined ? undefined : JSON.stringify(wanted)),
    };
    initial = new InitialStatements({
      ...{ credentials, record: server.record, supervisor: server.supervisor, engine: server, notices },
      clock: () => now,
      sleep: async (duration) => {
        now += duration;
        wanted = corrected ?? wanted;
      },
      log: () => undefined,
    });
    actions = new Actions(
      new Member("ns/db", 0, "10.0.0.0", server, server.supervisor, server.record),
      world.api.markersFor(0),
      (ordinal) => ({ ordinal, host: `m-${ordinal}` }),
      () => "new",
      async () => 0,
      () => undefined,
      { run: async () => restores },
      initial,
    );
  }

  const bootstrap = async (): Promise<void> =>
    actions.run({ kind: "bootstrap" }, { peers: [], marker: world.api.stored?.marker, replicas: 1 });
  const phase = (): string | undefined => world.api.stored?.marker.phase;
  const texts = (): string[] => notices.list().map(({ severity, text }) => `${severity}: ${text}`);

  beforeEach(() => {
    world = new FakeWorld(3, 1);
    server = world.server(0);
    notices = new Notices();
    [now, wanted, done, failing, restores] = [0, [...SCHEMA], [], undefined, false];
    corrected = undefined;
    const begin = server.bootstrap.bind(server);
    server.bootstrap = async (plan) => {
      done.push("bootstrap");
      await begin(plan);
    };
    const admit = server.admit.bind(server);
    server.admit = async () => {
      done.push("admit");
      await admit();
    };
    Object.assign(server, {
      initialize: async (statements: readonly string[]) => {
        for (const statement of statements) {
          assert.equal(phase(), "founding");
          if (statement === failing) throw new Error(`${statement}: cannot be done`);
          done.push(statement);
        }
      },
    });
    agent();
  });

  it("runs once, before anybody is let in", async () => {
    await bootstrap();
    assert.deepEqual(done, ["bootstrap", ...SCHEMA, "admit"]);
    assert.equal(phase(), "running");
    assert.equal(server.record.value?.initial, undefined);
    assert.match(world.api.stored?.marker.initial ?? "", /^[0-9a-f]{16}$/);
    done.length = 0;
    await bootstrap();
    assert.deepEqual(done, ["admit"], "after an outage of all members");
  });

  it("is nothing where there is none, also for an engine that takes none", async () => {
    wanted = undefined;
    Object.assign(server, { initialize: undefined });
    await bootstrap();
    assert.deepEqual(done, ["bootstrap", "admit"]);
    assert.equal(world.api.stored?.marker.initial, undefined);
  });

  it("makes no database where a statement fails, and begins with an empty disk again", async () => {
    failing = SCHEMA[1];
    await assert.rejects(bootstrap(), /two/);
    assert.equal(phase(), "founding");
    assert.match(texts()[0]!, /^problem: the database is not made, .*two \(id INT\): cannot be done$/);
    await bootstrap();
    assert.equal(now, 60_000, "the same would fail the same way");
    assert.equal(server.data, undefined);
    failing = undefined;
    server.running = true;
    await bootstrap();
    assert.deepEqual(done, ["bootstrap", SCHEMA[0], "bootstrap", ...SCHEMA, "admit"]);
    assert.deepEqual(texts(), []);
  });

  it("is tried again at once when it has been corrected", async () => {
    failing = SCHEMA[1];
    await assert.rejects(bootstrap(), /two/);
    corrected = [SCHEMA[0]!];
    await bootstrap();
    assert.equal(now, 1_000);
    server.running = true;
    await bootstrap();
    assert.deepEqual(done, ["bootstrap", SCHEMA[0], "bootstrap", SCHEMA[0], "admit"]);
    assert.equal(phase(), "running");
  });

  it("begins anew where the agent ended in the middle of it", async () => {
    failing = SCHEMA[1];
    await assert.rejects(bootstrap(), /two/);
    failing = undefined;
    agent();
    await bootstrap();
    assert.equal(server.data, undefined);
    server.running = true;
    await bootstrap();
    assert.deepEqual(done, ["bootstrap", SCHEMA[0], "bootstrap", ...SCHEMA, "admit"]);
  });

  it("does not run twice where the agent ended after it, and only the word about it was missing", async () => {
    world.api.stored = { marker: marker({ phase: "founding", holder: 0, epoch: 1 }), version: "1" };
    await server.record.update({ stage: "fresh", initial: "done", unconfirmed: 1 });
    await server.bootstrap();
    done.length = 0;
    await bootstrap();
    assert.deepEqual(done, ["admit"]);
    assert.equal(phase(), "running");
  });

  it("begins anew where what it had made has stopped before it counted", async () => {
    world.api.stored = { marker: marker({ phase: "founding", holder: 0, epoch: 1 }), version: "1" };
    await server.record.update({ stage: "fresh", initial: "done", unconfirmed: 1 });
    server.data = "half";
    await bootstrap();
    assert.equal(server.data, undefined);
    assert.equal(server.record.value?.initial, undefined);
    assert.deepEqual(done, []);
  });

  it("does not run on data that was restored", async () => {
    restores = true;
    await bootstrap();
    assert.deepEqual(done, ["bootstrap", "admit"]);
    await initial.look(world.api.stored?.marker, true);
    assert.deepEqual(texts(), [], "which had its own beginning");
  });

  it("says that it is not run where the stack asks for another one later, once for all members", async () => {
    await bootstrap();
    await initial.look(world.api.stored?.marker, true);
    assert.deepEqual(texts(), []);
    wanted = ["CREATE TABLE three (id INT)"];
    await initial.look(world.api.stored?.marker, true);
    assert.match(texts()[0]!, /^notice: `initSql` is not what the database was made with, and is not run/);
    await initial.look(world.api.stored?.marker, false);
    assert.deepEqual(texts(), []);
    wanted = undefined;
    await initial.look(world.api.stored?.marker, true);
    assert.deepEqual(texts(), []);
  });
});
