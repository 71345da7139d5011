import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onPath } from "../../../cluster/shell";
import type { Checker, RoundHistory } from "../../soak/checkers/checker";
import { loads } from "../../soak/checkers/loads";
import { looks } from "../../soak/checkers/looks";
import { checkersOf, LOOKING_BACK, matrixCheckers } from "../../soak/checkers/matrix";
import { builtPrograms, ensurePrograms, type Programs } from "../../soak/checkers/programs";
import { registers } from "../../soak/checkers/registers";
import { transactions } from "../../soak/checkers/transactions";
import type { Operation } from "../../soak/history";
import { shows } from "../../soak/summary";
import { append, list, look, lostWrite, operation, read, round, swap, write } from "./histories";

const nothing: Programs = { porcupine: { missing: "no porcupine" }, adya: { missing: "no adya" } };
let folder: string;

async function outcome(checker: Checker, history: RoundHistory, programs: Programs): Promise<string> {
  return (await checker.judge(history, programs, folder)).outcome;
}

function skip(context: Mocha.Context, why: string): never {
  process.stderr.write(`  SKIPPED: ${why}\n`);
  return context.skip();
}

describe("what judges a soak", () => {
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "soak-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  describe("registers, by porcupine", () => {
    let programs: Programs;
    before(async function () {
      this.timeout(120_000);
      if (!onPath("go")) skip(this, "porcupine is built with Go, which is not here");
      programs = await ensurePrograms(["porcupine"]);
    });

    const cases: Record<string, [Operation[], "passed" | "failed"]> = {
      "writes, reads and swaps that follow each other": [
        [
          read(0, 1, null),
          write(2, 3, "a"),
          read(4, 5, "a"),
          swap(6, 7, "a", "b", true),
          swap(8, 9, "a", "c", false),
          read(10, 11, "b"),
        ],
        "passed",
      ],
      "a read beside a write, of either value": [
        [write(0, 1, "a"), write(2, 8, "b"), read(3, 4, "a"), read(5, 6, "b", "node3/c/0")],
        "passed",
      ],
      "a write without an answer that took effect late": [
        [write(0, 1, "a"), lostWrite(2, "b"), read(3, 4, "a"), read(50, 51, "b")],
        "passed",
      ],
      "a write without an answer that never took effect": [
        [write(0, 1, "a"), lostWrite(2, "b"), read(50, 51, "a")],
        "passed",
      ],
      "a lost write: acknowledged, and gone": [
        [write(0, 1, "a"), write(2, 3, "b"), read(4, 5, "a")],
        "failed",
      ],
      "a stale read of what a later read had already passed": [
        [write(0, 1, "a"), write(2, 9, "b"), read(3, 4, "b"), read(5, 6, "a", "node3/c/0")],
        "failed",
      ],
      "a write without an answer that took effect twice": [
        [lostWrite(0, "a"), read(1, 2, "a"), write(3, 4, "b"), read(5, 6, "b"), read(7, 8, "a")],
        "failed",
      ],
      "two primaries that each carry out a swap of the same value": [
        [write(0, 1, "a"), swap(2, 9, "a", "b", true), swap(2, 9, "a", "c", true)],
        "failed",
      ],
      "a write that was refused, and read": [
        [write(0, 1, "a"), write(2, 3, "b", { outcome: "fail" }), read(4, 5, "b")],
        "failed",
      ],
      "a value that nobody wrote": [[write(0, 1, "a"), read(2, 3, "x")], "failed"],
    };
    for (const [what, [operations, expected]] of Object.entries(cases)) {
      it(`${expected === "passed" ? "pass with" : "fail with"} ${what}`, async () => {
        assert.equal(await outcome(registers, round(operations), programs), expected);
      });
    }

    it("name the register, and draw a page about it", async () => {
      const bad = round([write(0, 1, "a"), write(2, 3, "b"), read(4, 5, "a")]);
      const { says, details } = await registers.judge(bad, programs, folder);
      assert.match(says, /not linearizable: k/);
      assert.match(readFileSync(details ?? "", "utf8"), /<html/i);
    });

    it("forgive a value of a client that lost its power with its last lines, and of nobody else", async () => {
      const seen = [write(0, 1, "a"), read(20, 21, "node3/x/7")];
      const spared = await outcome(registers, round(seen), programs);
      const struck = await outcome(registers, round(seen, { struckSides: ["node3"] }), programs);
      assert.deepEqual([spared, struck], ["failed", "passed"]);
    });
  });

  describe("transactions, by adya", () => {
    let programs: Programs;
    before(function () {
      programs = builtPrograms();
      if ("missing" in programs.adya) skip(this, programs.adya.missing);
    });

    const cases: Record<string, [Operation[], "passed" | "failed"]> = {
      "lists that grow in one order": [
        [append(0, 1, "x", "1"), append(2, 3, "x", "2"), list(4, 5, { x: ["1", "2"] })],
        "passed",
      ],
      "an append without an answer, seen or not": [
        [
          append(0, 1, "x", "1"),
          append(2, 3, "x", "2", { outcome: "info", client: "node3/c/0" }),
          append(4, 5, "x", "3"),
          list(6, 7, { x: ["1", "2", "3"] }),
        ],
        "passed",
      ],
      "a lost append": [[append(0, 1, "x", "1"), append(2, 3, "x", "2"), list(4, 5, { x: ["1"] })], "failed"],
      "an append that took effect twice": [
        [append(0, 1, "x", "1"), append(2, 3, "x", "2"), list(4, 5, { x: ["1", "2", "1"] })],
        "failed",
      ],
      "an append that was refused, and read": [
        [append(0, 1, "x", "1", { outcome: "fail" }), list(2, 3, { x: ["1"] })],
        "failed",
      ],
      "two primaries whose lists grow apart": [
        [
          append(0, 1, "x", "1"),
          append(2, 3, "x", "2"),
          append(2, 3, "x", "3", { client: "node3/c/0" }),
          list(4, 5, { x: ["1", "2"] }),
          list(4, 5, { x: ["1", "3"] }, { client: "node3/c/0" }),
        ],
        "failed",
      ],
      "each of two transactions missing what the other wrote": [
        [
          operation(0, 9, {
            f: "transaction",
            writes: true,
            steps: [
              ["r", "y", []],
              ["append", "x", "1"],
            ],
          }),
          operation(
            0,
            9,
            {
              f: "transaction",
              writes: true,
              steps: [
                ["r", "x", []],
                ["append", "y", "1"],
              ],
            },
            { client: "node3/c/0" },
          ),
          list(10, 11, { x: ["1"], y: ["1"] }),
        ],
        "failed",
      ],
      "a stale answer to a transaction that only reads": [
        [
          append(0, 1, "x", "1"),
          append(2, 3, "x", "2"),
          list(4, 5, { x: ["1"] }, { writes: false }),
          list(6, 7, { x: ["1", "2"] }, { client: "node3/c/0" }),
        ],
        "passed",
      ],
    };
    for (const [what, [operations, expected]] of Object.entries(cases)) {
      it(`${expected === "passed" ? "pass with" : "fail with"} ${what}`, async () => {
        const { outcome: seen, says } = await transactions.judge(round(operations), programs, folder);
        assert.equal(seen, expected, says);
      });
    }
  });

  describe("reads that commit nothing", () => {
    it("may be stale, and how stale is told", async () => {
      const history = round([write(0, 1, "a"), write(2, 3, "b"), look(2503, 2504, "a")]);
      const { outcome: seen, says } = await looks.judge(history, nothing, folder);
      assert.equal(seen, "passed");
      assert.match(says, /1 plain reads, 1 of what was no more, since 2\.5 s at most/);
    });

    it("may not tell what nobody wrote, what was refused, or what was yet to come", async () => {
      for (const operations of [
        [look(0, 1, "a")],
        [write(0, 1, "a", { outcome: "fail" }), look(2, 3, "a")],
        [look(0, 1, "a"), write(2, 3, "a")],
      ])
        assert.equal(await outcome(looks, round(operations), nothing), "failed");
      assert.equal(await outcome(looks, round([look(0, 1, null)]), nothing), "passed");
    });
  });

  describe("large transactions", () => {
    const load = (result: "ok" | "fail" | "info") =>
      operation(0, 1, { f: "load", name: "l", rows: 500 }, { outcome: result });
    const cases: [Operation, number, "passed" | "failed"][] = [
      [load("ok"), 500, "passed"],
      [load("ok"), 0, "failed"],
      [load("ok"), 499, "failed"],
      [load("info"), 0, "passed"],
      [load("info"), 500, "passed"],
      [load("info"), 250, "failed"],
      [load("fail"), 0, "passed"],
      [load("fail"), 500, "failed"],
    ];
    for (const [one, rows, expected] of cases) {
      it(`that are ${one.outcome} with ${rows} of 500 rows on a member: ${expected}`, async () => {
        const members = { "db-0": { l: one.outcome === "ok" ? 500 : rows }, "db-1": { l: rows } };
        assert.equal(await outcome(loads, round([one], { loads: members }), nothing), expected);
      });
    }
  });

  describe("the matrix's verdicts", () => {
    const good = {
      ...{ writeGapSeconds: 4, resumed: true, acknowledged: 100, lost: 0, twoPrimaries: 0 },
      ...{ recoveredSeconds: 9, recovered: true },
    };
    const all = async (history: RoundHistory): Promise<Record<string, string>> =>
      Object.fromEntries(
        await Promise.all(
          matrixCheckers.map(async (one) => [one.name, await outcome(one, history, nothing)]),
        ),
      ) as Record<string, string>;

    it("are red for a lost write, two primaries, a gap and a state that needs a hand, each for itself", async () => {
      const asked = { writeGapSeconds: 5 };
      const passed = {
        "acknowledged writes": "passed",
        "failed writes": "skipped",
        primaries: "passed",
        gap: "passed",
        recovery: "passed",
      };
      assert.deepEqual(await all(round([], { verdict: good, asked })), passed);
      const red = async (rest: Partial<typeof good>) =>
        all(round([], { verdict: { ...good, ...rest }, asked }));
      assert.deepEqual(await red({ lost: 1 }), { ...passed, "acknowledged writes": "failed" });
      assert.deepEqual(await red({ twoPrimaries: 1 }), { ...passed, primaries: "failed" });
      assert.deepEqual(await red({ writeGapSeconds: 5.1 }), { ...passed, gap: "failed" });
      assert.deepEqual(await red({ resumed: false }), { ...passed, gap: "failed" });
      const failing = { verdict: { ...good, failedWrites: 1 }, asked: { ...asked, failedWrites: 0 } };
      assert.deepEqual(await all(round([], failing)), { ...passed, "failed writes": "failed" });
      const stuck = await all(round([], { verdict: good, stuck: "there is no primary" }));
      assert.deepEqual(stuck, { ...passed, recovery: "failed" });
    });

    it("show a guarantee only by what it is about", () => {
      const seen = (checker: string) => ({ verdicts: { [checker]: { passed: 1, failed: 1, skipped: 0 } } });
      assert.equal(shows("lost", seen("acknowledged writes")), true);
      assert.equal(shows("lost", seen("recovery")), false);
      assert.equal(shows("lost", seen(LOOKING_BACK)), true);
      assert.equal(shows("gap", seen(LOOKING_BACK)), false);
      const names = [LOOKING_BACK, ...matrixCheckers.map(({ name }) => name)];
      for (const name of Object.values(checkersOf).flat()) assert.ok(names.includes(name), name);
    });

    it("are skipped where there is none: what could not be judged is no success", async () => {
      const seen = await all(round([]));
      assert.deepEqual(
        [seen["acknowledged writes"], seen["primaries"], seen["gap"]],
        Array(3).fill("skipped"),
      );
    });
  });

  it("is skipped, and says so, where a program or an operation is missing", async () => {
    for (const checker of [registers, transactions])
      assert.equal(await outcome(checker, round([write(0, 1, "a")]), nothing), "skipped");
    for (const checker of [looks, loads]) assert.equal(await outcome(checker, round([]), nothing), "skipped");
  });
});
