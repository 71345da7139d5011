import * as assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readConfig } from "../../../agent/core/config";
import { Credentials } from "../../../agent/core/credentials";
import { readIfThere, RecordFile } from "../../../agent/core/record";
import { Supervisor } from "../../../agent/core/supervisor";

const SCRIPT = resolve(__dirname, "../../../agent/mysql/engine.sh");

/** A server that makes a data directory, ends as a file tells it to, and on TERM in good order. */
const SERVER = `#!/bin/bash
for word; do case $word in --datadir=*) data=\${word#*=};; --initialize-insecure) init=1;; esac; done
if [ -n "$init" ]; then mkdir -p "$data"; exit 0; fi
echo "$@" >>"$data/starts"
trap 'exit 0' TERM
if [ -e "$data/code" ]; then exit "$(cat "$data/code")"; fi
while :; do sleep 0.05; done
`;

async function eventually(what: string, check: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 150; turn++) {
    if (await check().catch(() => false)) return;
    await new Promise((done) => setTimeout(done, 40));
  }
  assert.fail(`did not happen: ${what}`);
}

describe("agent: files", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "agent-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("keeps a record across restarts, as a whole or not at all", async () => {
    const file = new RecordFile(folder);
    assert.equal(await file.load(), undefined);
    await file.update({ cluster: "c", stage: "member", epoch: 3, left: true });
    await file.update({ left: undefined });
    assert.deepEqual(await new RecordFile(folder).load(), { cluster: "c", stage: "member", epoch: 3 });
    assert.deepEqual(readdirSync(folder), ["member.json"]);
    await writeFile(join(folder, "member.json"), "{");
    await assert.rejects(new RecordFile(folder).load(), "a damaged record is not an absent one");
  });

  it("strips one line break from a credential, and names a key that is missing", async () => {
    await writeFile(join(folder, "a"), "secret\n");
    await writeFile(join(folder, "b"), "two\n\n");
    const credentials = new Credentials(folder);
    assert.equal(await credentials.read("a"), "secret");
    assert.equal(await credentials.read("b"), "two\n");
    assert.equal(await credentials.find("c"), undefined);
    await assert.rejects(credentials.read("c"), /"c"/);
  });

  it("names every variable that is missing or wrong at once", () => {
    const env = {
      STATEFUL_NAME: "db",
      POD_NAME: "db-2",
      POD_NAMESPACE: "ns",
      POD_IP: "10.0.0.2",
      KUBERNETES_SERVICE_HOST: "10.0.0.1",
      KUBERNETES_SERVICE_PORT: "443",
    };
    const config = readConfig(env, { STATEFUL_VOLUME: "/v" });
    assert.deepEqual([config.pod.ordinal, config.port, config.timings.grace], [2, 8390, 120_000]);
    const wrong = { ...env, POD_NAME: "other-1", POD_IP: undefined, STATEFUL_GRACE_SECONDS: "long" };
    assert.throws(() => readConfig(wrong), /POD_NAME.*POD_IP is missing.*STATEFUL_GRACE_SECONDS/s);
  });

  it("moves data aside and leaves a note why", async () => {
    const supervisor = new Supervisor(join(folder, "control"), folder);
    await mkdir(join(folder, "data"));
    await writeFile(join(folder, "data", "x"), "x");
    const name = await supervisor.setAside("broken");
    assert.equal(await supervisor.hasData(), false);
    const kept = await readIfThere(join(folder, name, "x"));
    // On a nearly full disk the copy is given up for the space.
    if (kept !== undefined) assert.equal(await readFile(join(folder, `${name}.txt`), "utf8"), "broken\n");
  });

  describe("the script in the engine's container", () => {
    let script: ChildProcess;
    let supervisor: Supervisor;
    let volume = "";
    let ended: Promise<number | null>;

    beforeEach(async () => {
      volume = join(folder, "volume");
      await mkdir(volume);
      await writeFile(join(folder, "server"), SERVER, { mode: 0o755 });
      supervisor = new Supervisor(join(folder, "control"), volume);
      await supervisor.setArguments(["--one=1 2", "--two"]);
      script = spawn("bash", [SCRIPT, join(folder, "server"), "--defaults-file=x"], {
        env: { ...process.env, STATEFUL_CONTROL: join(folder, "control"), STATEFUL_VOLUME: volume },
        stdio: "ignore",
      });
      ended = new Promise((done) => script.on("exit", done));
    });
    afterEach(async () => {
      await supervisor.halt().catch(() => undefined);
      script.kill("SIGTERM");
      await ended;
    });

    const isRunning = async (): Promise<boolean> => (await supervisor.report()).running;
    const starts = async (): Promise<number> =>
      ((await readIfThere(join(volume, "data", "starts"))) ?? "").split("\n").length - 1;

    it("starts nothing without an order, and never makes a data directory unless told to", async () => {
      await eventually(
        "state",
        async () => (await readIfThere(join(folder, "control", "state"))) !== undefined,
      );
      await supervisor.order("run");
      await new Promise((done) => setTimeout(done, 600));
      assert.equal(await isRunning(), false);
      assert.equal(await supervisor.hasData(), false);
      await supervisor.order("init");
      await eventually("running", async () => (await isRunning()) && (await starts()) === 1);
      assert.match((await readIfThere(join(volume, "data", "starts"))) ?? "", /--one=1 2 --two/);
    });

    it("starts a killed server again at once, and not one that was halted", async () => {
      await supervisor.order("init");
      await eventually("running", async () => (await starts()) === 1);
      await writeFile(join(folder, "control", "kill"), "");
      await eventually("second start", async () => (await starts()) === 2);
      assert.equal((await supervisor.report()).failures, 0);
      await supervisor.halt();
      assert.equal(await isRunning(), false);
      await new Promise((done) => setTimeout(done, 500));
      assert.equal(await starts(), 2);
    });

    it("counts failures in a row, and takes exit code 16 for a wish to be restarted", async () => {
      await mkdir(join(volume, "data"));
      await writeFile(join(volume, "data", "code"), "1");
      await supervisor.order("run");
      await eventually("a failure", async () => (await supervisor.report()).failures >= 1);
      await writeFile(join(volume, "data", "code"), "16");
      await eventually("no failure", async () => (await supervisor.report()).failures === 0);
    });

    it("ends the server in good order when it is to hold, and marks that it has left", async () => {
      await supervisor.order("init");
      await eventually("running", async () => (await starts()) === 1);
      await supervisor.order("hold");
      script.kill("SIGTERM");
      assert.equal(await ended, 0);
      assert.notEqual(await readIfThere(join(volume, "stateful", "left")), undefined);
    });

    it("stops the server as if it crashed when nobody prepared its departure", async () => {
      await supervisor.order("init");
      await eventually("running", async () => (await starts()) === 1);
      script.kill("SIGTERM");
      await ended;
      assert.equal(await readIfThere(join(volume, "stateful", "left")), undefined);
    });
  });
});
