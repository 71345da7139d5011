import * as assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PostgreSqlEngine, type PostgreSqlParts } from "../../../../agent/postgresql/engine";
import { Fence } from "../../../../agent/postgresql/fence";
import { Hangs } from "../../../../agent/postgresql/hangs";
import { Notices } from "../../../../agent/core/notices";
import { PatroniApi } from "../../../../agent/postgresql/rest";
import { FakePatroni, identityIn } from "./fake-patroni";

describe("the PostgreSQL engine goes on speaking to Patroni", () => {
  let folder: string;
  let now: number;
  let patroni: FakePatroni;
  let engine: PostgreSqlEngine;
  let passwords: () => Promise<string[]>;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "postgresql-"));
    for (const name of ["control", "credentials"]) mkdirSync(join(folder, name));
    change("the first");
    now = 0;
    passwords = async () => ["password"];
    const identity = await identityIn(folder, () => now);
    const status = { state: "running", role: "replica", timeline: 3, replication_state: "streaming" };
    patroni = new FakePatroni(identity, (_, outgoing) => {
      outgoing.end(JSON.stringify(status));
    });
    const port = await patroni.listen();
    // It is looked at, and nothing else.
    engine = new PostgreSqlEngine({
      self: { ordinal: 1, host: "orders-1", address: "127.0.0.1" },
      identity,
      api: new PatroniApi("127.0.0.1", identity, () => passwords(), port),
      hangs: new Hangs(
        async () => Promise.reject(new Error("no answer")),
        async () => "replica",
      ),
      plain: { busy: false },
      detachment: { see: () => undefined },
      fence: new Fence(
        async () => [],
        () => now,
      ),
      notices: new Notices(),
      clock: () => now,
    } as unknown as PostgreSqlParts);
  });
  afterEach(() => {
    patroni.close();
    rmSync(folder, { recursive: true });
  });

  function change(value: string): void {
    writeFileSync(join(folder, "credentials", "rest-password"), value);
  }
  const answers = async () => (await engine.probe()).member === "online";

  it("through a change of the members' password, and has it load what follows from it", async () => {
    assert.ok(await answers());
    change("another");
    assert.ok(await answers(), "with what Patroni has loaded");
    assert.deepEqual(
      patroni.requests.filter((one) => one.startsWith("POST")),
      ["POST /reload"],
    );
    assert.ok(await answers());
    for (now of [119_000, 121_000, 299_000, 301_000]) assert.ok(await answers(), `after ${now} ms`);
    assert.ok(await answers());
    const posts = patroni.requests.filter((one) => one.startsWith("POST"));
    assert.equal(posts.length, 3, "shown anew, and the former one believed no longer");
  });

  it("by the password that it has, when the Secret has another one already", async () => {
    patroni.password = "the first";
    passwords = async () => ["another", "the first"];
    assert.ok(await answers());
    change("another");
    assert.ok(await answers());
    assert.deepEqual(
      patroni.requests.filter((one) => one.startsWith("POST")),
      ["POST /reload", "POST /reload"],
    );
    patroni.requests = [];
    assert.ok(await answers());
    assert.deepEqual(patroni.requests, ["GET /patroni"], "it has loaded it");
  });

  it("when it does not load it at once", async () => {
    patroni.loads = false;
    assert.ok(await answers());
    change("another");
    for (now of [1_000, 121_000, 301_000]) assert.ok(await answers(), `after ${now} ms`);
    patroni.loads = true;
    assert.ok(await answers());
    patroni.requests = [];
    assert.ok(await answers());
    assert.deepEqual(patroni.requests, ["GET /patroni"]);
  });

  it("while the password cannot be read", async () => {
    assert.ok(await answers());
    rmSync(join(folder, "credentials", "rest-password"));
    assert.ok(await answers());
  });
});
