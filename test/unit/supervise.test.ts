import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Supervisor } from "../../agent/core/supervisor";

const PROJECT = join(__dirname, "..", "..");

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
      // It lasts until it is let go, and then says how it ended.
      `run_request() { echo "about $1"; until [ -e ${directory}/asked.$1 ]; do sleep 0.05; done; return "$(<${directory}/asked.$1)"; }`,
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

  it("starts one that joins with an empty directory, and not again before the agent has seen how it ended", async function () {
    this.timeout(20_000);
    rmSync(join(directory, "volume", "data"), { recursive: true });
    const script = start("once");
    await until(up);
    assert.ok(existsSync(join(directory, "volume", "data")));
    assert.ok(!existsSync(join(directory, "control", "order")));
    rmSync(join(directory, "up"));
    // Said again, before the agent knew that the server was started.
    writeFileSync(join(directory, "control", "order"), "once\n");
    writeFileSync(join(directory, "control", "kill"), "");
    await until(() => state() === "stopped 0");
    await new Promise((done) => setTimeout(done, 1_000));
    assert.ok(!up());
    writeFileSync(join(directory, "control", "order"), "once\n");
    await until(up);
    // One that has become a member is started again.
    await new Supervisor(join(directory, "control"), join(directory, "volume")).hasBegun();
    rmSync(join(directory, "up"));
    writeFileSync(join(directory, "control", "kill"), "");
    await until(up);
    script.kill("SIGTERM");
    await once(script, "exit");
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

  it("does what the agent asks for beside the server, and says how it ended; what a server was asked for goes with it", async function () {
    this.timeout(30_000);
    const script = start("run");
    await until(up);
    const supervisor = new Supervisor(join(directory, "control"), join(directory, "volume"));
    const control = (name: string) => existsSync(join(directory, "control", name));
    await until(() => state() === "running 0");
    const done = supervisor.request("decommission");
    const refused = assert.rejects(supervisor.request("reloadssl"), /about reloadssl/);
    // Both are under way at once.
    await until(() => ["decommission", "reloadssl"].every((word) => control(`${word}.doing`)));
    writeFileSync(join(directory, "asked.reloadssl"), "3");
    await refused;
    assert.deepEqual(
      [await supervisor.wasDone("decommission"), control("decommission.doing")],
      [undefined, true],
    );
    writeFileSync(join(directory, "asked.decommission"), "0");
    await done;
    assert.deepEqual(
      [await supervisor.wasDone("decommission"), await supervisor.wasDone("reloadssl")],
      [true, false],
    );
    assert.equal(state(), "running 0", "the server is as it was");
    // A server that ends while it is asked answers nothing, and the next one nothing in its place.
    rmSync(join(directory, "asked.decommission"));
    rmSync(join(directory, "up"));
    const cut = assert.rejects(supervisor.request("decommission"), /the server has ended meanwhile/);
    await until(() => control("decommission.doing"));
    writeFileSync(join(directory, "control", "kill"), "");
    await until(up);
    await cut;
    assert.equal(await supervisor.wasDone("reloadssl"), undefined, "what another server did counts for none");
    const next = supervisor.request("decommission");
    await until(() => control("decommission.doing") && !control("decommission.request"));
    writeFileSync(join(directory, "asked.decommission"), "0");
    await next;
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

    it("has answered its agent, and ends late, for one that does not fail to start", async function () {
      this.timeout(20_000);
      const late = `touch ${directory}/control/answered; sleep 1.2; exit 3`;
      const told = await outcome(onceThenOn(late), goesOn, { STATEFUL_SETTLED_SECONDS: "1" });
      assert.deepEqual(told, { state: "running 0", left: false });
    });

    it("ends without having answered for one that failed to start, however long it took", async function () {
      this.timeout(20_000);
      const told = await outcome(onceThenOn("sleep 1.2; exit 3"), goesOn, { STATEFUL_SETTLED_SECONDS: "1" });
      assert.deepEqual(told, { state: "running 1", left: false });
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
