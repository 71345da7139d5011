import * as assert from "node:assert/strict";
import { Fence } from "../../../../agent/postgresql/fence";
import { Following } from "../../../../agent/postgresql/following";
import { checkSource, followNotice } from "../../../../agent/postgresql/copy-of-source";
import { FENCE_LINE, sharedSettings } from "../../../../agent/postgresql/settings";
import { settingsChange } from "../../../../agent/postgresql/settings-change";
import type { SourceIdentity } from "../../../../agent/postgresql/source";
import type { Row } from "../../../../agent/postgresql/sql";
import { wanted as plain } from "./wanted";

const follow = { host: "orders.a.example", port: 5432 };
const wanted = { ...plain, follow };

describe("what is followed", () => {
  const config = (orders: object) => sharedSettings(wanted, 3, orders) as Record<string, any>;

  it("stands in Patroni's settings where the marker says that the database follows, and nowhere else", () => {
    assert.deepEqual(config({ follows: "source" })["standby_cluster"], {
      ...follow,
      create_replica_methods: ["basebackup"],
    });
    assert.equal("standby_cluster" in config({}), false);
    assert.equal(config({ follows: "promoted" })["standby_cluster"], null);
  });

  it("is never added to the settings of a database that runs: its servers would rewind data of their own", () => {
    const own = JSON.parse(JSON.stringify(sharedSettings(plain, 3))) as object;
    assert.equal(settingsChange(own, config({ follows: "source" })), undefined);
    assert.equal(settingsChange(own, config({ follows: "promoted" })), undefined);
  });

  it("is corrected and taken away where it stands", () => {
    const present = JSON.parse(JSON.stringify(config({ follows: "source" }))) as object;
    const moved = sharedSettings({ ...wanted, follow: { ...follow, port: 6432 } }, 3, { follows: "source" });
    assert.deepEqual(settingsChange(present, moved), {
      standby_cluster: { ...follow, port: 6432, create_replica_methods: ["basebackup"] },
    });
    assert.deepEqual(settingsChange(present, config({ follows: "promoted" })), { standby_cluster: null });
    assert.equal(settingsChange(present, config({})), undefined, "without the marker nothing is promoted");
    const removed = sharedSettings(plain, 3, { follows: "source" });
    assert.equal(
      settingsChange(present, removed),
      undefined,
      "nor by a line that is gone from the stack file",
    );
  });

  it("has its account let in among the members", () => {
    const settings = sharedSettings(wanted, 3, { follows: "source" }, "copier") as Record<string, any>;
    const hba = (settings["postgresql"] as { pg_hba: string[] }).pg_hba;
    assert.ok(hba.includes("hostssl replication copier all scram-sha-256"));
  });

  it("keeps slots for its followers", () => {
    const settings = sharedSettings({ ...plain, followerSlots: ["dr"] }, 3) as Record<string, any>;
    assert.deepEqual(settings["slots"], { dr: { type: "physical", cluster_type: "primary" } });
    assert.equal("slots" in sharedSettings(plain, 3), false);
  });
});

describe("a source", () => {
  it("of another major version is refused before anything is copied", () => {
    checkSource({ system: "7", version: "17.4 (Debian)" }, wanted);
    assert.throws(() => {
      checkSource({ system: "7", version: "16.9" }, wanted);
    }, /the same major version/);
  });
});

describe("what a copy says of its source", () => {
  let now: number;
  let stream: Row;
  let found: SourceIdentity | Error;
  let log: string;
  let following: Following;
  /** How often a receiver was ended. */
  let ended: number;

  beforeEach(() => {
    now = 0;
    ended = 0;
    stream = { status: "streaming", told: "0/100", replayed: "0/100", system: "7" };
    found = { system: "7", version: "17" };
    log = "";
    following = new Following({
      query: async (sql) => {
        if (sql.includes("pg_terminate_backend")) ended++;
        return [stream];
      },
      source: {
        identify: async () => {
          if (found instanceof Error) throw found;
          return found;
        },
      },
      log: async () => log,
      clock: () => now,
    });
  });
  const look = async () => following.look(wanted);
  async function silentFor(ms: number) {
    stream = { status: null, told: null, replayed: "0/100", system: "7" };
    await look();
    now += ms;
    await look();
    // The answer is not waited for.
    await new Promise((resolve) => setImmediate(resolve));
    now += 1_000;
    return look();
  }

  it("how far it is behind, in bytes and in time", async () => {
    assert.deepEqual((await look())?.behind, { amount: 0, unit: "bytes", seconds: 0 });
    stream = { ...stream, told: "0/180" };
    now += 1_000;
    await look();
    now += 3_000;
    assert.deepEqual((await look())?.behind, { amount: 128, unit: "bytes", seconds: 3 });
  });

  it("nothing while the source fails over, and then that nothing comes in, with the reason", async () => {
    await look();
    now += 1_000;
    found = new Error("the source orders.a.example:5432 cannot be copied: refused");
    assert.equal((await silentFor(10_000))?.streaming, true);
    const later = await silentFor(10_000);
    assert.equal(later?.streaming, false);
    assert.match(later.trouble ?? "", /refused/);
    assert.ok((later.behind?.seconds ?? 0) >= 20);
  });

  it("its own state at once, whatever the source takes to answer", async () => {
    found = new Error("late");
    following = new Following({
      query: async () => [stream],
      source: { identify: async () => new Promise<SourceIdentity>(() => undefined) },
      log: async () => log,
      clock: () => now,
    });
    assert.equal((await silentFor(20_000))?.streaming, false);
  });

  it("and has another connection made where the source answers, and nothing comes in", async () => {
    await silentFor(6_000);
    assert.equal(ended, 1);
    found = new Error("refused");
    await silentFor(6_000);
    assert.equal(ended, 1, "not while it does not answer");
  });

  it("that it is another database by now, or has removed what is missing here", async () => {
    found = { system: "8", version: "17" };
    assert.match((await silentFor(20_000))?.trouble ?? "", /another database/);
    found = { system: "7", version: "17" };
    log =
      "FATAL:  could not receive data from WAL stream: ERROR:  requested WAL segment 0001 has already been removed";
    assert.match((await silentFor(20_000))?.trouble ?? "", /has removed the log.*a slot/);
  });
});

describe("a fence", () => {
  let now: number;
  let inFile: boolean;
  let sessions: number;
  let asked: string[];
  let fence: Fence;
  beforeEach(() => {
    [now, inFile, sessions, asked] = [0, true, 0, []];
    fence = new Fence(
      async (sql) => {
        asked.push(sql);
        if (sql.includes("pg_hba_file_rules")) return [{ fenced: inFile }];
        return sql.includes("pg_terminate_backend") ? [{ ended: String(sessions) }] : [];
      },
      () => now,
    );
  });

  it("lets in nobody but members, before any line of the stack file", () => {
    const lines = (orders: object) =>
      (sharedSettings(plain, 3, orders) as { postgresql: { pg_hba: string[] } }).postgresql.pg_hba;
    const fenced = lines({ fenced: "moving" });
    assert.ok(fenced.indexOf(FENCE_LINE) < fenced.indexOf("host all all all scram-sha-256"));
    assert.equal(lines({}).includes(FENCE_LINE), false);
  });

  it("counts when the server has read it, and nobody is left whom it had let in", async () => {
    sessions = 2;
    await fence.reconcile("moving");
    assert.equal(fence.value, undefined);
    now += 1_000;
    sessions = 0;
    await fence.reconcile("moving");
    assert.equal(fence.value, undefined, "the server may not have read it yet");
    now += 1_000;
    sessions = 1;
    await fence.reconcile("moving");
    assert.equal(fence.value, undefined, "one came in before it had");
    sessions = 0;
    await fence.reconcile("moving");
    assert.equal(fence.value, "moving");
  });

  it("does not count where its line is not in the file, and ends with the word that it was put up by", async () => {
    inFile = false;
    now += 5_000;
    await fence.reconcile("moving");
    assert.equal(
      asked.some((sql) => sql.includes("pg_terminate_backend")),
      false,
    );
    assert.equal(fence.value, undefined);
    inFile = true;
    await fence.reconcile("moving");
    now += 5_000;
    await fence.reconcile("moving");
    assert.equal(fence.value, "moving");
    await fence.reconcile(undefined);
    assert.equal(fence.value, undefined);
  });
});

describe("what of the stack file is not so, of what is followed", () => {
  it("data of its own is kept, and nothing is promoted by a line that is gone: both are said", () => {
    assert.match(followNotice(true, undefined)?.text ?? "", /data of its own/);
    assert.match(followNotice(false, "source")?.text ?? "", /was not promoted/);
    assert.equal(followNotice(true, "promoted")?.severity, "notice");
    for (const [asked, follows] of [
      [true, "source"],
      [false, undefined],
      [false, "promoted"],
    ] as const)
      assert.equal(followNotice(asked, follows), undefined);
  });
});
