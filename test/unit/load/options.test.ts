import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { readOptions } from "../../e2e/load/options";
import { leftOutEngines, loadedEngines } from "../../e2e/load/registry";
import { ENGINE_NAMES } from "../../../stacks/engines";

describe("the options of npm run bench -- --load", () => {
  it("load every engine that can be, three times", () => {
    assert.deepEqual(readOptions([]), { engines: [...loadedEngines.keys()], rounds: 3 });
    assert.deepEqual([...loadedEngines.keys(), ...leftOutEngines.keys()].sort(), [...ENGINE_NAMES].sort());
  });

  it("load one engine so many times, or write the page alone", () => {
    assert.deepEqual(readOptions(["--engine", "redis", "--rounds=5"]), { engines: ["redis"], rounds: 5 });
    assert.equal(readOptions(["--page"]), undefined);
  });

  it("are refused with every mistake at once, and what is allowed", () => {
    assert.throws(
      () => readOptions(["--engine", "redi", "--rounds", "0", "--round", "here"]),
      ({ message }: Error) => {
        assert.ok(
          message.includes(`--engine is one of ${[...loadedEngines.keys()].join(", ")}, not \`redi\``),
        );
        assert.match(message, /--rounds is a number from 1 to 50, not `0`/);
        assert.match(message, /^--round is not known$/m);
        assert.match(message, /^here is not known$/m);
        assert.match(message, /Usage:/);
        return true;
      },
    );
    for (const rounds of ["", "1.5", "51", "-1", "1e1"])
      assert.throws(() => readOptions([`--rounds=${rounds}`]), /--rounds is a number from 1 to 50/, rounds);
    assert.throws(() => readOptions(["--engine"]), /--engine is one of .*, not ``/);
    assert.throws(() => readOptions(["--rounds"]), /--rounds is a number from 1 to 50, not ``/);
    assert.throws(() => readOptions(["--page", "--rounds", "3"]), /--page measures nothing/);
  });

  it("say why an engine is not measured", () => {
    for (const [name, why] of leftOutEngines)
      assert.throws(
        () => readOptions(["--engine", name]),
        ({ message }: Error) => message.includes(`--engine ${name} is not measured: ${why}`),
      );
  });

  it("reach it by the command", function () {
    this.timeout(180_000);
    const command = ["--require", "./test/register.js", "bench/render.ts", "--load", "--rounds", "none"];
    const cwd = join(__dirname, "..", "..", "..");
    const { status, stderr } = spawnSync(process.execPath, command, { cwd, encoding: "utf8" });
    assert.equal(status, 2);
    assert.match(stderr, /--rounds is a number from 1 to 50, not `none`/);
  });
});
