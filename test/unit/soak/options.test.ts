import assert from "node:assert/strict";
import { readTask } from "../../soak/options";
import { ENGINE_NAMES } from "../../../stacks/engines";

describe("the options of npm run soak", () => {
  it("ask for an engine and a time, and draw a seed where none is given", () => {
    const { options } = readTask(["--engine", "mysql", "--minutes", "5"]) as any;
    assert.deepEqual([options.engine.name, options.minutes, options.rounds], ["mysql", 5, []]);
    assert.ok(Number.isInteger(options.seed));
    const other = readTask(["--engine", "mysql", "--minutes", "5", "--seed", "12"]) as any;
    assert.equal(other.options.seed, 12);
  });

  it("take rounds as they are printed", () => {
    const args = ["--engine", "mysql", "--minutes", "5", "--round", "disk-lost@main,node-stopped@same+3"];
    const { options } = readTask(args) as any;
    assert.deepEqual(options.rounds[0].strikes, [
      { fault: "disk-lost", aim: "main", afterSeconds: 0 },
      { fault: "node-stopped", aim: "same", afterSeconds: 3 },
    ]);
  });

  it("need no engine to judge anew, to print a sequence or to build the checkers", () => {
    assert.deepEqual(readTask(["--replay", "folder"]), { task: "replay", folder: "folder" });
    assert.deepEqual(readTask(["--plan", "3", "--seed", "1"]), { task: "plan", seed: 1, rounds: 3 });
    assert.deepEqual(readTask(["--prepare"]), { task: "prepare" });
  });

  it("are refused with every mistake at once, and what is allowed", () => {
    const mistakes = [
      "--engine",
      "mysq",
      "--minutes",
      "0",
      "--seed",
      "x",
      "--round",
      "fire",
      "--without",
      "y",
    ];
    assert.throws(
      () => readTask(mistakes),
      ({ message }: Error) => {
        assert.ok(message.includes(`--engine is one of ${ENGINE_NAMES.join(", ")}, not \`mysq\``), message);
        assert.match(message, /--minutes is a whole number from 1, not `0`/);
        assert.match(message, /--seed is a whole number from 0, not `x`/);
        assert.match(message, /--round: there is no fault `fire`/);
        assert.match(message, /--without is one of/);
        return true;
      },
    );
    assert.throws(() => readTask(["--engine"]), /Usage:/);
  });
});
