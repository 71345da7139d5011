import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { porcupineInput } from "../../soak/checkers/registers";
import { adyaInput } from "../../soak/checkers/transactions";
import { type LogLine, OPERATION, parseOperations, type Step, upTo, withUnlogged } from "../../soak/history";
import { Kept } from "../../soak/kept";
import { append, list, lostWrite, operation, read, round, swap, write } from "./histories";

const action = { f: "read", key: "k" } as const;
const begun: LogLine = { type: "invoke", id: "1", side: "node1", process: "node1/a/0", at: 5, action };
const line = (entry: LogLine): string => OPERATION + JSON.stringify(entry);

describe("the history of a soak", () => {
  it("pairs what began with what came of it", () => {
    const done: LogLine = { type: "done", id: "1", at: 9, outcome: "ok", action: { ...action, value: "a" } };
    assert.deepEqual(parseOperations([line(begun), '{"id":"a writer\'s"}', line(done)].join("\n")), [
      {
        ...{ id: "1", side: "node1", process: "node1/a/0", outcome: "ok", start: 5, end: 9 },
        action: { f: "read", key: "k", value: "a" },
      },
    ]);
  });

  it("does not know what came of an operation without an end, and forgets a torn line", () => {
    const [one] = parseOperations(`${line(begun)}\n${OPERATION}{"type":"done","id":"1","at":9,"outc`);
    assert.deepEqual([one?.outcome, one?.end], ["info", undefined]);
    assert.deepEqual(parseOperations(`${OPERATION}{"type":"done","id":"2","at":9}`), []);
  });

  it("ends no operation whose outcome nobody knows: it may take effect at any later time", () => {
    const done: LogLine = { type: "done", id: "1", at: 9, outcome: "info", action, error: "no answer" };
    const [one] = parseOperations(`${line(begun)}\n${line(done)}`);
    assert.deepEqual([one?.outcome, one?.end, one?.error], ["info", undefined, "no answer"]);
  });

  it("adds what was seen of clients that were struck, from their last line on, if any", () => {
    const last = write(10, 11, "node3/r/1", { client: "node3/r/0" });
    const seen = withUnlogged(
      [last, read(20, 21, "node3/r/2"), list(22, 23, { x: ["node3/l/1/0"] })],
      ["node3"],
    );
    const added = seen.filter(({ id }) => id.startsWith("unlogged"));
    assert.deepEqual(
      added.map(({ start, outcome, action: did }) => [start, outcome, did.f]),
      [
        [0, "info", "transaction"],
        [10, "info", "write"],
      ],
    );
    assert.equal(withUnlogged([read(20, 21, "node3/r/2")], ["node1"]).length, 1);
  });

  it("ends at a moment, since what was done later is in some logs and not in others", () => {
    const known = [write(0, 1, "a"), read(2, 3, "a")];
    const under = [write(5, 12, "b"), swap(6, 13, "a", "c", false), read(7, 14, "unrecorded")];
    const cut = upTo([...known, ...under, swap(15, 16, "b", "d", false)], 10);
    assert.deepEqual(cut.slice(0, 2), known);
    assert.deepEqual(
      cut.slice(2).map(({ action, outcome, end }) => [action.f, outcome, end, "swapped" in action]),
      [
        ["write", "info", undefined, false],
        ["swap", "info", undefined, false],
      ],
    );
    const steps = (seen: string[] | null): Step[] => [
      ["r", "x", seen],
      ["append", "x", "z"],
    ];
    const transaction = operation(8, 12, { f: "transaction", steps: steps(["y"]), writes: true });
    assert.deepEqual(
      upTo([transaction], 10).map(({ action }) => action),
      [{ f: "transaction", steps: steps(null), writes: true }],
    );
  });

  it("is kept whole, and read again", () => {
    const folder = mkdtempSync(join(tmpdir(), "soak-"));
    try {
      const kept = new Kept(join(folder, "one"));
      assert.throws(() => kept.histories(), /there is no history in/);
      const history = round([write(0, 1, "a"), lostWrite(2, "b")], { number: 12 });
      kept.keep(history, [], 7);
      kept.forget(13);
      assert.deepEqual(new Kept(join(folder, "one")).histories(), [history]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a history as its checkers read it", () => {
  it("tells porcupine of everything that may have happened, in whole microseconds", () => {
    const operations = [
      write(1.5, 2.25, "a"),
      write(3, 4, "b", { outcome: "fail" }),
      lostWrite(5, "c"),
      swap(6, 7, "a", "d", false),
      read(8, 9, null),
      { ...read(8, 9, null), outcome: "info" as const },
    ];
    const lines = porcupineInput(operations).trim().split("\n");
    const told = lines.map((one) => JSON.parse(one) as Record<string, unknown>);
    assert.deepEqual(
      told.map(({ kind, value, from, swapped, call, return: end }) => [
        kind,
        value,
        from,
        swapped,
        call,
        end,
      ]),
      [
        ["write", "a", undefined, undefined, 1500, 2250],
        ["write", "c", undefined, undefined, 5000, undefined],
        ["swap", "d", "a", false, 6000, 7000],
        ["read", null, undefined, undefined, 8000, 9000],
      ],
    );
  });

  it("tells adya of beginnings before ends of the same moment, and of unknown ends last", () => {
    const appended = append(1, 2, "x", "1", { client: "node3/c/0" });
    const open = { ...appended, outcome: "info" as const, end: undefined };
    const operations = [open, append(1, 5, "x", "2"), list(5, 6, { x: ["2"] })] as never[];
    const events = adyaInput(operations).trim().split("\n");
    const told = events.map((one) => JSON.parse(one) as { type: string; process: number; value: unknown });
    assert.deepEqual(
      told.map(({ type, process }) => `${type} ${process}`),
      ["invoke 0", "invoke 1", "invoke 2", "ok 1", "ok 2", "info 0"],
    );
    assert.deepEqual(told[2]?.value, [["r", "x", null]]);
    assert.deepEqual(told[4]?.value, [["r", "x", ["2"]]]);
  });
});
