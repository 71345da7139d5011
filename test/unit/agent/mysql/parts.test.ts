import * as assert from "node:assert/strict";
import { contains, parseGtids, unite } from "../../../../agent/mysql/gtid";
import { canCatchUp, comparePositions, printPosition } from "../../../../agent/mysql/position";
import { hashLiteral, sha256Crypt } from "../../../../agent/mysql/password-hash";
import { FIXED_ARGUMENTS, initSql } from "../../../../agent/mysql/settings";
import { ordinalOf, statusFrom, type Snapshot } from "../../../../agent/mysql/status";

const A = "aaaaaaaa-1111-4111-8111-aaaaaaaaaaaa";
const B = "bbbbbbbb-1111-4111-8111-bbbbbbbbbbbb";

function position(executed: string, received = "", purged = ""): string {
  return printPosition({ executed, received, purged });
}

describe("agent: GTID sets", () => {
  it("are read with several sources, gaps, tags and line breaks", () => {
    const set = parseGtids(`${A}:1-5:7:9-10:mytag:1-3,\n${B}:4`);
    assert.deepEqual(set.get(A), [
      [1, 5],
      [7, 7],
      [9, 10],
    ]);
    assert.deepEqual(set.get(`${A}:mytag`), [[1, 3]]);
    assert.deepEqual(set.get(B), [[4, 4]]);
    assert.equal(parseGtids("").size, 0);
  });

  it("are refused when they are something else", () => {
    assert.throws(() => parseGtids("nonsense"));
    assert.throws(() => parseGtids(`${A}:1-x`));
  });

  it("join intervals that touch or overlap", () => {
    assert.deepEqual(unite(parseGtids(`${A}:1-3:8`), parseGtids(`${A}:4-6`)).get(A), [
      [1, 6],
      [8, 8],
    ]);
    assert.deepEqual(parseGtids(`${A}:5-9:1-6`).get(A), [[1, 9]]);
  });

  it("contain by interval, not by count", () => {
    assert.ok(contains(parseGtids(`${A}:1-9`), parseGtids(`${A}:2-3:5`)));
    assert.ok(!contains(parseGtids(`${A}:1-9`), parseGtids(`${B}:1`)));
    assert.ok(!contains(parseGtids(`${A}:1-100`), parseGtids(`${A}:101`)));
    assert.ok(!contains(parseGtids(`${A}:1-5:7-10`), parseGtids(`${A}:6`)));
    assert.ok(contains(parseGtids(`${A}:1`), parseGtids("")));
  });
});

describe("agent: MySQL positions", () => {
  it("count what was received and not yet applied", () => {
    assert.equal(comparePositions(position(`${A}:1-5`, `${A}:6-8`), position(`${A}:1-7`)), "ahead");
    assert.equal(comparePositions(position(`${A}:1-5`), position(`${A}:1-5`, `${A}:4-5`)), "equal");
    assert.equal(comparePositions(position(`${A}:1-5`), position(`${A}:1-6`)), "behind");
    assert.equal(comparePositions(position(`${A}:1-5,${B}:1`), position(`${A}:1-90`)), "diverged");
  });

  it("can be caught up with while the donor's logs hold what is missing", () => {
    assert.ok(canCatchUp(position(`${A}:1-5`), position(`${A}:1-9`, "", `${A}:1-5`)));
    assert.ok(!canCatchUp(position(`${A}:1-5`), position(`${A}:1-9`, "", `${A}:1-6`)));
    // Received alone does not help: the donor is asked for what is not committed here.
    assert.ok(!canCatchUp(position(`${A}:1-5`, `${A}:6`), position(`${A}:1-9`, "", `${A}:1-6`)));
  });
});

describe("agent: Group Replication's view of a member", () => {
  const host = (ordinal: number): string => `db-${ordinal}.db-headless.ns.svc`;
  const snapshot = (states: string[], roles: string[], change: Partial<Snapshot> = {}): Snapshot => ({
    serverId: "id-0",
    offlineMode: false,
    readOnly: roles[0] !== "PRIMARY",
    executed: `${A}:1-5`,
    purged: "",
    received: "",
    viewId: "17952271594641325:4",
    members: states.map((state, ordinal) => ({
      id: `id-${ordinal}`,
      host: host(ordinal),
      state,
      role: roles[ordinal] ?? "SECONDARY",
    })),
    ...change,
  });

  it("is a primary or a replica with a quorum", () => {
    const primary = statusFrom(snapshot(["ONLINE", "ONLINE", "UNREACHABLE"], ["PRIMARY"]));
    assert.deepEqual([primary.member, primary.role], ["online", "primary"]);
    assert.deepEqual(primary.view, { number: 4, members: [0, 1, 2], online: [0, 1], primary: 0 });
    const replica = statusFrom(snapshot(["ONLINE", "ONLINE"], ["SECONDARY", "PRIMARY"]));
    assert.deepEqual([replica.member, replica.role, replica.view?.primary], ["online", "replica", 1]);
  });

  it("is no primary while it is read-only: it still applies what it received", () => {
    assert.equal(statusFrom(snapshot(["ONLINE"], ["PRIMARY"], { readOnly: true })).role, "none");
  });

  it("is blocked without a quorum, also with exactly half", () => {
    for (const states of [
      ["ONLINE", "UNREACHABLE", "UNREACHABLE"],
      ["ONLINE", "UNREACHABLE"],
    ]) {
      const status = statusFrom(snapshot(states, ["PRIMARY"]));
      assert.deepEqual([status.member, status.role], ["blocked", "none"]);
    }
  });

  it("tells the other states apart", () => {
    assert.equal(statusFrom(snapshot(["RECOVERING", "ONLINE"], [])).member, "joining");
    assert.equal(statusFrom(snapshot(["ERROR"], [""], { viewId: "" })).member, "failed");
    const offline = statusFrom(snapshot(["OFFLINE"], [""], { viewId: "", offlineMode: true }));
    assert.deepEqual([offline.member, offline.view, offline.admitted], ["offline", undefined, false]);
  });

  it("finds the ordinal in a host's name", () => {
    assert.equal(ordinalOf("my-db-2-11.my-db-2-headless.ns.svc"), 11);
    assert.equal(ordinalOf("localhost"), undefined);
  });
});

describe("agent: what the server is started with", () => {
  it("keeps writes and clients out until the agent knows its place", () => {
    for (const setting of [
      "--super-read-only=ON",
      "--offline-mode=ON",
      "--loose-group-replication-start-on-boot=OFF",
      "--gtid-mode=ON",
    ]) {
      assert.ok(FIXED_ARGUMENTS.includes(setting), setting);
    }
  });

  it("sets passwords by hashes that no SQL mode reads otherwise, one statement per line, outside the binary log", () => {
    const [root, member] = [hashLiteral("r00t'pw\n"), hashLiteral("repl")];
    const lines = initSql(root, member).trim().split("\n");
    assert.equal(lines[0], "SET sql_log_bin = 0;");
    assert.ok(lines.every((line) => line.endsWith(";")));
    assert.doesNotMatch(lines.join("\n"), /r00t|repl'|BY '/);
    const lasting = lines.filter((line) => /^(ALTER|CREATE) USER/.test(line));
    assert.equal(lasting.length, 3);
    for (const line of lasting) {
      assert.match(line, /PASSWORD EXPIRE NEVER PASSWORD HISTORY 0 PASSWORD REUSE INTERVAL 0 DAY/, line);
      assert.match(line, /IDENTIFIED WITH caching_sha2_password AS 0x[0-9a-f]{140}/, line);
    }
    const granted = lines.findIndex((line) => line.startsWith("GRANT"));
    assert.ok(
      granted < lines.findLastIndex((line) => line.startsWith("ALTER")),
      "nothing that fails is before it",
    );
  });

  it("makes the hashes of crypt's SHA-256 scheme", () => {
    // By `openssl passwd -5`.
    for (const [password, salt, hash] of [
      ["Hello world!", "saltstring", "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"],
      ["a", "abc", "HHlb8QMClR55.dRTU4JXNgHGkR1U6jlbNtlfDN528y0"],
      ["x".repeat(100), "0123456789abcdef", "aKdz8fxxSEF2.sRL0xIqHdch3EAvPX6eVmzomlrlwFC"],
    ] as const) {
      assert.equal(sha256Crypt(Buffer.from(password), Buffer.from(salt), 5000), hash);
    }
  });
});
