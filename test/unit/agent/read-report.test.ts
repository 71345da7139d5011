import * as assert from "node:assert/strict";
import { MOST_USERS } from "../../../components/protocol/users";
import { decide } from "../../../agent/core/policy";
import { planElectedStop, planLeave } from "../../../agent/core/stop-plan";
import { groupPolicy } from "../../../agent/mysql/policy";
import { patroniPolicy } from "../../../agent/postgresql/policy";
import { readReport } from "../../../agent/core/read-report";
import { routesFrom } from "../../../agent/core/routes";
import type { Report } from "../../../agent/core/types";
import * as mysql from "../../../agent/mysql/position";
import * as postgresql from "../../../agent/postgresql/position";
import { empty, idle, online, record, view, world, limits } from "./fixtures";

const read = (value: unknown): Report => readReport(value, () => true);
const SEEN = view(4, [0, 1, 2], 0);
const GTIDS = mysql.printPosition({
  executed: "aaaaaaaa-0000-1111-2222-333333333333:1-5",
  received: "",
  purged: "",
});

/** What stands for the logins of so many users. */
function marksOf(users: number): Record<string, string> {
  return Object.fromEntries([...Array(users).keys()].map((user) => [`user${user}`, "mark"]));
}

/** A report as it comes, with some of its fields changed. */
function changed(path: string, value: unknown): unknown {
  const report = JSON.parse(JSON.stringify(online(1, SEEN, record({ view: SEEN })))) as Record<
    string,
    unknown
  >;
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const holder = keys.reduce((at, key) => at[key] as Record<string, unknown>, report);
  holder[last] = value;
  return report;
}

describe("agent: reading a report", () => {
  it("gives back what an agent of this version wrote", () => {
    for (const report of [
      online(1, SEEN, record({ view: { ...SEEN, election: "{}" }, left: true, unconfirmed: 2, replicas: 3 })),
      idle(2, { failures: 3, full: true, stalled: 900, detail: "x", hung: { reason: "y", patience: 8_000 } }),
      empty(0),
      { ...online(1, SEEN, record({ view: SEEN })), users: marksOf(MOST_USERS) },
      { ...empty(2), vacancy: "2-ab12" },
      idle(1, { detached: "4711" }),
      { ...idle(1, { standing: { share: 75, hints: 9, repaired: 8 } }), repaired: ["2-ab12"] },
    ]) {
      assert.deepEqual(read(JSON.parse(JSON.stringify(report))), JSON.parse(JSON.stringify(report)));
    }
  });

  it("leaves out what it does not know: a later version's fields", () => {
    const later = { ...(changed("status.weight", 3) as object), flavour: { of: "the month" } };
    assert.deepEqual(read(later), JSON.parse(JSON.stringify(online(1, SEEN, record({ view: SEEN })))));
  });

  it("leaves out what only people read, where another version writes it otherwise", () => {
    for (const standing of [{ share: "all", hints: 1 }, 7])
      assert.equal(read(changed("status.standing", standing)).status.standing, undefined);
  });

  it("are believed without keys that cannot be read, or are too many: who knows no keys of a member keeps its former ones", () => {
    const many = Array.from({ length: 11 }, (_, count) => `${count}`);
    for (const keys of [{ believed: many }, { believed: "all" }, 7])
      assert.equal(read(changed("status.keys", keys)).status.keys, undefined);
    const keys = { believed: ["ab12"], dueFor: 5 };
    assert.deepEqual(read(changed("status.keys", keys)).status.keys, keys);
  });

  it("take a vote that cannot be read for none", () => {
    for (const detached of [7, { version: "7" }, "7".repeat(301)])
      assert.equal(read(changed("status.detached", detached)).status.detached, undefined);
  });

  it("cannot judge a word that it does not know, and says which", () => {
    assert.throws(
      () => read(changed("status.member", "hibernating")),
      /^Error: status\.member is "hibernating", which is not known here$/,
    );
    assert.throws(() => read(changed("activity", "dreaming")), /activity is "dreaming"/);
    assert.throws(() => read(changed("record.stage", undefined)), /record\.stage is null/);
  });

  it("refuses other types, ranges and lengths, by the field's name", () => {
    const wrong: [string, unknown, RegExp][] = [
      ["status", null, /^Error: status is no object/],
      ["status", [], /status is no object/],
      ["ordinal", "1", /ordinal is no whole number/],
      ["ordinal", -1, /ordinal is no whole number/],
      ["ordinal", 1.5, /ordinal is no whole number/],
      ["ordinal", 1e9, /ordinal is no whole number from 0 to 99/],
      ["status.view.online", "0", /status\.view\.online is no list/],
      ["status.view.members", [...Array(101).keys()], /members has 101 entries, more than 100/],
      ["status.view.members", [0, "1"], /status\.view\.members\[1\] is no whole/],
      ["status.view.number", 2 ** 60, /status\.view\.number/],
      ["users", ["reader"], /users is no object/],
      ["users", { reader: 1 }, /users\.reader is no text/],
      ["users", marksOf(MOST_USERS + 1), /users has 1001 entries, more than 1000/],
      ["status.admitted", "yes", /status\.admitted is neither/],
      ["status.position", 7, /status\.position is no text/],
      ["status.position", "x".repeat(1_000_001), /status\.position is longer/],
      ["record.cluster", "x".repeat(301), /record\.cluster is longer/],
      ["set", undefined, /set is no text/],
    ];
    for (const [path, value, reason] of wrong) assert.throws(() => read(changed(path, value)), reason, path);
    for (const value of [null, 1, "x", [], undefined]) assert.throws(() => read(value), /is no object/);
    assert.equal(read(changed("status.detail", "x".repeat(9_000))).status.detail?.length, 4_000);
  });

  it("takes a position that the engine cannot read for one that is not known", () => {
    const positions = [
      "",
      "null",
      "{}",
      '{"executed":1}',
      "1/x",
      "-1/2",
      '{"executed":"?","received":"","purged":""}',
    ];
    for (const [engine, good] of [
      [mysql, GTIDS],
      [postgresql, "3/4096/12"],
    ] as const) {
      for (const position of positions) {
        const report = readReport(changed("status.position", position), engine.isPosition);
        assert.equal(report.status.position, undefined, position);
        assert.equal(report.status.member, "online");
      }
      assert.equal(readReport(changed("status.position", good), engine.isPosition).status.position, good);
    }
  });

  it("never lets a decision fail, whatever was changed in a report", () => {
    const random = generator(20_261_126);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    let accepted = 0;
    for (let round = 0; round < 5_000; round++) {
      const start = pick([
        online(1, SEEN, record({ view: SEEN })),
        idle(1, { position: GTIDS }, record({ view: SEEN })),
        empty(1),
      ]);
      const text = JSON.stringify(start);
      let value: unknown = JSON.parse(text);
      for (let change = 0; change <= random() * 3; change++) value = mutate(value, random);
      let report: Report;
      try {
        report = readReport(value, mysql.isPosition);
      } catch (error) {
        assert.match((error as Error).message, / is |has|longer/);
        continue;
      }
      accepted++;
      const own = pick([idle(0, { position: GTIDS }), online(0, SEEN), empty(0)]);
      const compare = mysql.comparePositions;
      const peers = [{ ...report, ordinal: 1, set: "ns/db" }];
      const mine = { ...own, status: { ...own.status, position: GTIDS } };
      const seen = world(mine, peers, {
        elapsed: 130_000,
        marker: pick([undefined, world(mine, []).marker]),
      });
      assert.ok(decide(groupPolicy({ compare, canCatchUp: mysql.canCatchUp }), seen).kind);
      assert.ok(decide(patroniPolicy, seen).kind);
      routesFrom(mine, SEEN, 1, peers, limits.volume);
      const stop = { role: "primary" as const, view: SEEN, peers, replicas: 3, volumeLimits: limits.volume };
      planLeave({ ...stop, self: 0 });
      planElectedStop({ ...stop, self: 3 });
    }
    assert.ok(
      accepted > 500 && accepted < 4_500,
      `${accepted} of 5000 were accepted: too many or few to show anything`,
    );
  });
});

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

const JUNK: unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  1e308,
  7,
  "",
  "x",
  "__proto__",
  "primary",
  "online",
  "running",
  "data",
  GTIDS,
  "1/2",
  [],
  [[]],
  [0, 1, 2],
  [1e9],
  {},
  { length: 3 },
  { __proto__: null, toString: 1 },
  "\u0000\ud800",
  "9".repeat(400),
];

/** Changes something somewhere: a value, a key that goes, a key that comes. */
function mutate(value: unknown, random: () => number): unknown {
  const junk = (): unknown => structuredClone(JUNK[Math.floor(random() * JUNK.length)]);
  if (typeof value !== "object" || value === null || random() < 0.05) return junk();
  const keys = Object.keys(value);
  const key = keys[Math.floor(random() * keys.length)];
  const copy = structuredClone(value) as Record<string, unknown>;
  if (key === undefined || random() < 0.1) copy[`k${Math.floor(random() * 9)}`] = junk();
  else if (random() < 0.1) Reflect.deleteProperty(copy, key);
  else copy[key] = random() < 0.6 ? mutate(copy[key], random) : junk();
  return copy;
}
