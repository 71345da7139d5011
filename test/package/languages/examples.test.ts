import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT } from "../program";

const EXAMPLES = join(PROJECT, "examples");
/** The versions that the SDKs are tried with. */
const PULUMI_FOR_PYTHON = ["pulumi==3.206.0", "parver==0.5", "mypy==2.4.1"];

/** Runs a program to its end. @throws AssertionError with what it said */
function run(program: string, args: string[], cwd: string): void {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: "utf8" });
  assert.equal(status, 0, `${program} ${args.join(" ")}: ${error?.message ?? stdout + stderr}`);
}

function has(program: string): boolean {
  return spawnSync(program, [program === "go" ? "version" : "--version"]).status === 0;
}

describe("the examples in other languages", () => {
  let sdks: string;

  before(function () {
    const missing = ["go", "python3"].filter((program) => !has(program));
    if (missing.length > 0) {
      console.log(`    SKIPPED: Pulumi's generators and the examples need ${missing.join(" and ")}`);
      this.skip();
    }
    sdks = mkdtempSync(join(tmpdir(), "stateful-sdks-"));
  });

  after(() => {
    if (sdks) rmSync(sdks, { recursive: true });
  });

  it("find SDKs that Pulumi's generators make of the components; the one in YAML fits them", () => {
    const schema = join(PROJECT, "components", "schema.json");
    const program = join(EXAMPLES, "yaml", "Pulumi.yaml");
    run("go", ["run", ".", schema, sdks, program], join(__dirname, "sdk"));
  });

  it("compile in Go, with all of the SDK", () => {
    const program = join(sdks, "program");
    cpSync(join(EXAMPLES, "go"), program, { recursive: true });
    cpSync(join(sdks, "go"), join(program, "sdks", "stateful"), { recursive: true });
    run("go", ["mod", "tidy"], program);
    run("go", ["vet", "."], program);
  });

  it("have the types of the SDK in Python", () => {
    run("python3", ["-m", "venv", "venv"], sdks);
    const python = join(sdks, "venv", "bin", "python");
    run(python, ["-m", "pip", "install", "--quiet", ...PULUMI_FOR_PYTHON], sdks);
    cpSync(join(EXAMPLES, "python", "__main__.py"), join(sdks, "python", "example.py"));
    // The example by the SDK's types; what the generator writes besides is not ours.
    run(python, ["-m", "mypy", "--follow-imports=silent", "example.py"], join(sdks, "python"));
  });
});
