import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS, load } from "../../../operate/cli/commands";
import { main } from "../../../operate/cli/main";
import { PROJECT } from "../../../operate/deploy/stack-config";
import { version } from "../../../render/installation";

/** What a command prints, where, and how it ends. */
async function run(...args: string[]) {
  const { log, error } = console;
  const printed: { out: string[]; err: string[] } = { out: [], err: [] };
  console.log = (text: string) => printed.out.push(text);
  console.error = (text: string) => printed.err.push(text);
  try {
    const status = await main(args);
    return { status, out: printed.out.join("\n"), err: printed.err.join("\n") };
  } finally {
    Object.assign(console, { log, error });
  }
}

describe("the command line", () => {
  for (const asked of ["--help", "-h", "help"]) {
    it(`shows every command on ${asked}, and ends with 0`, async () => {
      const { status, out, err } = await run(asked);
      assert.deepEqual([status, err], [0, ""]);
      for (const name of Object.keys(COMMANDS)) assert.match(out, new RegExp(`^ +${name} +\\S`, "m"));
    });
  }

  for (const name of Object.keys(COMMANDS)) {
    it(`explains ${name}, whatever else was typed`, async () => {
      for (const args of [
        [name, "--help"],
        [name, "-h"],
        ["help", name],
        [name, "--no-such-option", "--help"],
      ]) {
        const { status, out, err } = await run(...args);
        assert.deepEqual([status, err, out], [0, "", load(COMMANDS[name]!).USAGE.trimEnd()], args.join(" "));
        assert.match(out, /^usage: .*\n[^]*--help/);
      }
    });
  }

  it("tells its version", async () => {
    const manifest = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8")) as { version: string };
    for (const asked of ["--version", "-v", "version"]) {
      assert.deepEqual(await run(asked), { status: 0, out: manifest.version, err: "" });
    }
    assert.equal(version(), manifest.version);
  });

  it("says what may have been meant by an unknown command or option", async () => {
    assert.match((await run("statsu")).err, /no command "statsu": did you mean "status"\?/);
    assert.match((await run("constructor")).err, /no command "constructor": there are: render, up/);
    assert.match((await run("help", "rendr")).err, /did you mean "render"\?/);
    const option = await run("status", "--stak", "dev");
    assert.equal(option.status, 2);
    assert.match(option.err, /^Unknown option '--stak': did you mean "--stack"\?\nusage: .*--help/);
    for (const args of [["statsu"], [], ["help", "x"]]) assert.equal((await run(...args)).status, 2);
  });

  it("ends with 2 where nothing is typed, and shows the commands", async () => {
    const { status, out, err } = await run();
    assert.deepEqual([status, out], [2, ""]);
    assert.match(err, /usage: stateful COMMAND/);
  });

  describe("a stack file from standard input", () => {
    const render = (input: string, ...args: string[]) =>
      spawnSync(process.execPath, ["bin/stateful.js", "render", ...args], {
        cwd: PROJECT,
        encoding: "utf8",
        input,
      });
    const file = readFileSync(join(PROJECT, "Pulumi.dev.yaml"), "utf8");

    it("is rendered as the same file by its name is", () => {
      const piped = render(file, "--stack", "-", "--name", "dev", "--out", "-");
      const named = render("", "--stack", "dev", "--out", "-");
      assert.deepEqual([piped.stderr, piped.status], ["", 0]);
      assert.match(piped.stdout, /^kind: StatefulSet$/m);
      assert.equal(piped.stdout.replaceAll("standard input", "Pulumi.dev.yaml"), named.stdout);
    });

    it("has its mistakes told by their lines", () => {
      const wrong = file.replace(/stateful:target: .*/, "stateful:target: moon");
      const { status, stderr } = render(wrong, "--stack", "-", "--name", "x", "--out", "-");
      assert.equal(status, 1);
      assert.match(stderr, /stateful:target = "?moon"? {3}\(standard input:\d+\)/);
    });

    for (const [args, told] of [
      [["--stack", "-"], /say the stack's name, as --name NAME/],
      [["--stack", "-", "--name", "a b"], /--name a b: a stack's name is of letters/],
      [
        ["--stack", "dev", "--name", "x"],
        /only a stack file from standard input, --stack -, is given a name/,
      ],
    ] as const) {
      it(`is refused as ${args.join(" ")}`, async () => {
        const { status, err } = await run("render", ...args);
        assert.deepEqual([status, told.test(err)], [2, true], err);
      });
    }

    it("is for `render` alone: all else goes by the stack's name", async () => {
      for (const command of ["up", "down", "status"]) {
        const { status, err } = await run(command, "--stack", "-");
        assert.deepEqual([status, /Give the path of a stack file/.test(err)], [2, true], err);
      }
    });
  });

  describe("completion", () => {
    const cases: [typed: string[], offered: string[]][] = [
      [["st"], ["status"]],
      [["--v"], ["--version"]],
      [["status", "--o"], ["--output"]],
      [["up", "--stack", "bare"], ["bare-metal"]],
      [["help", "do"], ["down"]],
      [
        ["completion", ""],
        ["bash", "zsh", "fish"],
      ],
      [["nonsense", ""], [""]],
    ];
    for (const [words, offered] of cases) {
      it(`of ${words.join(" ")} offers ${offered.join(", ")}`, async () => {
        assert.deepEqual((await run("completion", "words", ...words)).out.split("\n"), offered);
      });
    }

    it("is used by a shell as its script says", () => {
      const script = `
        stateful() { "${process.execPath}" "${PROJECT}/bin/stateful.js" "$@"; }
        source <(stateful completion bash)
        COMP_WORDS=(stateful up --stack clo) COMP_CWORD=3
        _stateful
        echo "\${COMPREPLY[@]}"`;
      const { stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
      assert.deepEqual([stdout, stderr], ["cloud\n", ""]);
    });

    it("refuses a shell that it does not know", async () => {
      const { status, err } = await run("completion", "tcsh");
      assert.equal(status, 2);
      assert.match(err, /bash, zsh or fish, not "tcsh"/);
    });
  });

  for (const [script, file] of [
    ["bench", "bench/render.ts"],
    ["cluster", "cluster/cli.ts"],
    ["settings", "bench/settings/cli.ts"],
    ["e2e", "test/e2e/run.ts"],
    ["failures", "test/e2e/failures.ts"],
    ["soak", "test/soak/cli.ts"],
  ] as const) {
    it(`npm run ${script} -- --help only explains it`, () => {
      const before = readFileSync(join(PROJECT, "bench/results/render.json"));
      const args = ["--require", "./test/register.js", file, "--help"];
      const { status, stdout } = spawnSync(process.execPath, args, {
        cwd: PROJECT,
        encoding: "utf8",
        timeout: 15_000,
      });
      assert.deepEqual([status, /usage|npm run/i.test(stdout)], [0, true], stdout);
      assert.deepEqual(readFileSync(join(PROJECT, "bench/results/render.json")), before);
    });
  }
});
