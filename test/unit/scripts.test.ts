import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const PROJECT = join(__dirname, "..", "..");
const NODE_STORAGE = join(PROJECT, "components", "storage", "scripts", "node-storage.sh");

describe("node-storage.sh", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "scripts-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  const at = (...parts: string[]) => join(directory, ...parts);

  /** One of ours, and one of another node. */
  const directories = ["node-1 shop/data-orders-0 999", "node-2 shop/data-orders-1 999"];

  const environment = (more: Record<string, string> = {}) => ({
    PATH: `${at("bin")}${delimiter}${process.env["PATH"] ?? ""}`,
    NODE_NAME: "node-1",
    ROOT: at("volumes"),
    DIRECTORIES: at("directories"),
    INTERVAL_SECONDS: "0",
    ROUNDS: "1",
    ...more,
  });
  const nodeStorage = (more?: Record<string, string>) =>
    spawnSync("sh", [NODE_STORAGE], { env: environment(more), encoding: "utf8" });
  const start = (more: Record<string, string>) => spawn("sh", [NODE_STORAGE], { env: environment(more) });
  const made = () => existsSync(at("volumes", "shop", "data-orders-0"));

  /** A line of /proc/self/mountinfo. */
  const mount = (root: string, mountPoint: string) =>
    `36 35 98:0 ${root} ${mountPoint} rw,noatime master:1 - ext4 /dev/sdb rw\n`;

  beforeEach(() => {
    mkdirSync(at("volumes"));
    writeFileSync(at("directories"), directories.map((line) => `${line}\n`).join(""));
    // Changing owners takes root.
    mkdirSync(at("bin"));
    const chown = `#!/bin/sh\necho "$@" >>${at("chown.log")}\n[ ! -e ${at("forbidden")} ]\n`;
    writeFileSync(at("bin", "chown"), chown, { mode: 0o755 });
  });

  it("makes the directories of its own node for the database's user", () => {
    const { status, stdout } = nodeStorage();
    assert.equal(status, 0);
    assert.equal(statSync(at("volumes", "shop", "data-orders-0")).mode & 0o777, 0o770);
    assert.match(readFileSync(at("chown.log"), "utf8"), /^999:999 /);
    assert.ok(!existsSync(at("volumes", "shop", "data-orders-1")));
    assert.match(stdout, /^level=info volume=shop\/data-orders-0 message="directory made"$/m);
  });

  it("reports how full they are", () => {
    const { stdout } = nodeStorage();
    assert.match(stdout, /^level=info volume=shop\/data-orders-0 usedKiB=\d+ freeKiB=\d+$/m);
    assert.doesNotMatch(stdout, /data-orders-1/);
  });

  it("leaves a directory that is there as it is", () => {
    mkdirSync(at("volumes", "shop", "data-orders-0"), { recursive: true, mode: 0o700 });
    writeFileSync(at("volumes", "shop", "data-orders-0", "ibdata1"), "precious");
    const { stdout } = nodeStorage();
    assert.equal(statSync(at("volumes", "shop", "data-orders-0")).mode & 0o777, 0o700);
    assert.equal(readFileSync(at("volumes", "shop", "data-orders-0", "ibdata1"), "utf8"), "precious");
    assert.ok(!existsSync(at("chown.log")));
    assert.doesNotMatch(stdout, /directory made/);
  });

  it("finishes a directory that it could not give its owner at first", () => {
    writeFileSync(at("forbidden"), "");
    assert.notEqual(nodeStorage().status, 0);
    assert.ok(!made());

    rmSync(at("forbidden"));
    assert.equal(nodeStorage().status, 0);
    assert.ok(made());
    assert.equal(readFileSync(at("chown.log"), "utf8").split("\n").length, 3);
  });

  it("makes a directory that is added later in the next round", async () => {
    const child = start({ ROUNDS: "", INTERVAL_SECONDS: "0.05" });
    await once(child.stdout, "data");
    assert.ok(made());

    const late = at("volumes", "shop", "data-late-0");
    writeFileSync(at("directories"), `${directories[0]}\nnode-1 shop/data-late-0 999\n`);
    while (!existsSync(late)) await once(child.stdout, "data");
    child.kill();
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });

  it("goes on until it is told to stop, and then stops at once", async () => {
    const child = start({ ROUNDS: "", INTERVAL_SECONDS: "30" });
    await once(child.stdout, "data");
    const asked = Date.now();
    child.kill("SIGTERM");
    assert.deepEqual(await once(child, "exit"), [0, null]);
    assert.ok(Date.now() - asked < 5000);
  });

  describe("where a mount is required", () => {
    for (const [what, mounts, allowed] of [
      ["makes them on a disk", (root: string) => mount("/", root), true],
      ["makes none on the system disk", (root: string) => mount("/mnt/data", root), false],
      ["makes none where nothing is mounted", () => mount("/", "/elsewhere"), false],
      ["goes by what was mounted last", (root: string) => mount("/mnt/data", root) + mount("/", root), true],
    ] as const) {
      it(what, () => {
        writeFileSync(at("mountinfo"), mounts(at("volumes")));
        const { status, stdout } = nodeStorage({ REQUIRE_MOUNT: "true", MOUNTINFO: at("mountinfo") });
        assert.equal(status, 0);
        assert.equal(made(), allowed);
        const refusal = /level=error volume=shop\/data-orders-0 message="no disk is mounted at .* of node-1/;
        assert[allowed ? "doesNotMatch" : "match"](stdout, refusal);
      });
    }

    it("still reports on a directory that was there before the disk went", () => {
      mkdirSync(at("volumes", "shop", "data-orders-0"), { recursive: true });
      writeFileSync(at("mountinfo"), mount("/mnt/data", at("volumes")));
      const { status, stdout } = nodeStorage({ REQUIRE_MOUNT: "true", MOUNTINFO: at("mountinfo") });
      assert.equal(status, 0);
      assert.match(stdout, /usedKiB=/);
    });
  });
});

describe("every script", () => {
  const scripts = execFileSync("git", ["ls-files", "*.sh", ".ci/run"], { cwd: PROJECT, encoding: "utf8" })
    .split("\n")
    .filter(Boolean);

  for (const [program, ...options] of [["shellcheck"], ["shfmt", "--diff", "--indent", "2"]] as const) {
    it(`passes ${program}`, function () {
      const { error, status, stdout, stderr } = spawnSync(program, [...options, ...scripts], {
        cwd: PROJECT,
        encoding: "utf8",
      });
      if (error) {
        this.test!.title += " (SKIPPED: it is not installed)";
        this.skip();
      }
      assert.ok(scripts.length > 0);
      assert.equal(status, 0, stdout + stderr);
    });
  }
});

describe("supervise.sh", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "supervise-"));
    mkdirSync(join(directory, "control"));
    mkdirSync(join(directory, "volume", "data"), { recursive: true });
    copyFileSync(
      join(PROJECT, "components", "agents", "scripts", "supervise.sh"),
      join(directory, "supervise.sh"),
    );
    const engine = [
      `check_settings() { [ ! -e ${directory}/refused ] || { echo "unknown variable" >&2; return 1; }; }`,
      "make_data() { mkdir -p $1; }",
      'is_restart() { [ "$1" -eq 16 ]; }',
      'run_server() { exec "$@"; }',
      'kill_server() { kill -KILL "$child" 2>/dev/null; }',
      "see_end() { :; }",
      "stop_signal() { echo TERM; }",
    ];
    writeFileSync(join(directory, "engine.sh"), engine.join("\n"));
    const server = `trap 'echo TERM >>${directory}/ended; exit 0' TERM; touch ${directory}/up; while :; do sleep 0.05; done`;
    writeFileSync(join(directory, "server"), server);
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  const start = (order?: string, more: Record<string, string> = {}) => {
    if (order !== undefined) writeFileSync(join(directory, "control", "order"), `${order}\n`);
    return spawn("bash", [join(directory, "supervise.sh"), "bash", join(directory, "server")], {
      env: {
        ...process.env,
        STATEFUL_CONTROL: join(directory, "control"),
        STATEFUL_VOLUME: join(directory, "volume"),
        ...more,
      },
      stdio: ["ignore", "ignore", openSync(join(directory, "stderr"), "a")],
    });
  };
  const until = async (what: () => boolean) => {
    const end = Date.now() + 15_000;
    while (!what()) {
      assert.ok(Date.now() < end, `it did not happen: ${String(what)}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  };
  const state = () => {
    const path = join(directory, "control", "state");
    return existsSync(path) ? readFileSync(path, "utf8").trim() : "";
  };
  const up = () => existsSync(join(directory, "up"));

  it("passes on every signal to stop, whenever it comes", async function () {
    this.timeout(60_000);
    for (let attempt = 0; attempt < 10; attempt++) {
      rmSync(join(directory, "up"), { force: true });
      rmSync(join(directory, "ended"), { force: true });
      const script = start("run");
      await until(up);
      await new Promise((done) => setTimeout(done, attempt * 23));
      script.kill("SIGTERM");
      await once(script, "exit");
      assert.equal(readFileSync(join(directory, "ended"), "utf8"), "TERM\n");
    }
  });

  it("starts nothing that it was not told to, and no server whose data is gone", async function () {
    this.timeout(20_000);
    const idle = start();
    await until(() => state() === "stopped 0");
    const hold = async () => {
      await new Promise((done) => setTimeout(done, 600));
      assert.ok(!up());
    };
    await hold();
    rmSync(join(directory, "volume", "data"), { recursive: true });
    writeFileSync(join(directory, "control", "order"), "run\n");
    await hold();
    idle.kill("SIGTERM");
    await once(idle, "exit");
  });

  it("kills the server when asked to, and starts it again", async function () {
    this.timeout(20_000);
    const script = start("run");
    await until(up);
    rmSync(join(directory, "up"));
    writeFileSync(join(directory, "control", "kill"), "");
    await until(up);
    assert.ok(!existsSync(join(directory, "ended")), "it was asked to end, not killed");
    await until(() => state() === "running 0");
    script.kill("SIGTERM");
    await once(script, "exit");
  });

  /** Ends once as it is told to, and goes on the second time. */
  const onceThenOn = (end: string) =>
    `if [ -e ${directory}/again ]; then touch ${directory}/on; exec sleep 60; fi; touch ${directory}/again; ${end}`;
  const goesOn = () => existsSync(join(directory, "on")) && state().startsWith("running");

  /** Lets a server run that does this, ends the script when something is so, and tells what it made of it. */
  async function outcome(server: string, ended: () => boolean, more: Record<string, string> = {}) {
    writeFileSync(join(directory, "server"), `touch ${directory}/up; ${server}`);
    const script = start("run", more);
    await until(up);
    await until(ended);
    const told = { state: state(), left: existsSync(join(directory, "volume", "stateful", "left")) };
    script.kill("SIGTERM");
    await once(script, "exit");
    return told;
  }

  describe("takes a server that", () => {
    it("fails at once for one that failed, however short it ran", async function () {
      this.timeout(60_000);
      for (let attempt = 0; attempt < 4; attempt++) {
        rmSync(join(directory, "up"), { force: true });
        assert.deepEqual(await outcome("exit 7", () => state() === "stopped 1"), {
          state: "stopped 1",
          left: false,
        });
      }
    });

    it("ends in good order for one that left its cluster", async function () {
      this.timeout(20_000);
      assert.deepEqual(await outcome(onceThenOn("exit 0"), goesOn), { state: "running 0", left: true });
    });

    for (const [what, end] of [
      ["is killed", "kill -KILL $$"],
      ["asks to be started again", "exit 16"],
    ] as const) {
      it(`${what} for one whose data is sound`, async function () {
        this.timeout(20_000);
        assert.deepEqual(await outcome(onceThenOn(end), goesOn), { state: "running 0", left: false });
      });
    }

    it("had started for one that does not fail to start", async function () {
      this.timeout(20_000);
      const told = await outcome(onceThenOn("sleep 1.2; exit 3"), goesOn, { STATEFUL_SETTLED_SECONDS: "1" });
      assert.deepEqual(told, { state: "running 0", left: false });
    });

    it("does not take its settings for one that failed, without starting it", async function () {
      this.timeout(20_000);
      writeFileSync(join(directory, "refused"), "");
      const script = start("run");
      await until(() => state() === "stopped 1");
      assert.ok(!up());
      rmSync(join(directory, "refused"));
      await until(up);
      script.kill("SIGTERM");
      await once(script, "exit");
    });

    it("fails when it is told to stop for one that failed, not for one that left", async function () {
      this.timeout(20_000);
      writeFileSync(
        join(directory, "server"),
        `trap 'exit 9' TERM; touch ${directory}/up; while :; do sleep 0.05; done`,
      );
      const script = start("run");
      await until(up);
      await new Promise((done) => setTimeout(done, 300));
      script.kill("SIGTERM");
      await once(script, "exit");
      assert.ok(!existsSync(join(directory, "volume", "stateful", "left")));
      assert.equal(state(), "stopped 1");
    });
  });

  it("keeps the last that a server said for the agent, and passes all of it on", async function () {
    this.timeout(30_000);
    const lines = 20_000;
    const server = `for i in $(seq ${lines}); do echo "line $i of what a server says" >&2; done; exit 4`;
    assert.deepEqual(await outcome(server, () => state() === "stopped 1"), {
      state: "stopped 1",
      left: false,
    });
    const passed = readFileSync(join(directory, "stderr"), "utf8");
    assert.ok(passed.includes("line 1 of") && passed.includes(`line ${lines} of`));
    const kept = ["log.old", "log"].map((name) => readFileSync(join(directory, "control", name), "utf8"));
    assert.ok(kept.join("").includes(`line ${lines} of`));
    assert.ok(kept.every((text) => text.length <= 512 * 1024));
  });
});
