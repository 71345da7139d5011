import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const COMPONENTS = resolve(__dirname, "../../../components");

describe("a start of a Redis server", function () {
  this.timeout(20_000);
  let folder: string;
  let script: ChildProcess;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "redis-start-"));
    for (const name of ["control", "volume", "volume/data", "volume/stateful"]) mkdirSync(join(folder, name));
    copyFileSync(join(COMPONENTS, "agents/scripts/supervise.sh"), join(folder, "supervise.sh"));
    copyFileSync(join(COMPONENTS, "redis/scripts/engine.sh"), join(folder, "engine.sh"));
    writeFileSync(join(folder, "control", "arguments"), "--replicaof\n127.0.0.1\n1\n--tls-key-file\na b\n");
    // It writes down what it was started with, and runs until it is killed.
    writeFileSync(
      join(folder, "server"),
      `#!/bin/bash\nprintf '%s\\n' "$PWD" "$@" >"${folder}/started.$$"\nmv "${folder}/started.$$" "${folder}/started"\nexec sleep 60\n`,
    );
    chmodSync(join(folder, "server"), 0o755);
    writeFileSync(join(folder, "control", "order"), "run\n");
  });

  afterEach(async () => {
    if (script.exitCode === null) {
      script.kill("SIGTERM");
      await once(script, "exit");
    }
    rmSync(folder, { recursive: true, force: true });
  });

  function run(): void {
    script = spawn("bash", [join(folder, "supervise.sh"), join(folder, "server"), "server.conf"], {
      env: {
        ...process.env,
        STATEFUL_CONTROL: join(folder, "control"),
        STATEFUL_VOLUME: join(folder, "volume"),
      },
      stdio: "ignore",
    });
  }

  /** What the next server was started with. */
  async function started(): Promise<string[]> {
    const file = join(folder, "started");
    while (!existsSync(file)) await sleep(20);
    const words = readFileSync(file, "utf8").trimEnd().split("\n");
    rmSync(file);
    return words;
  }

  it("is from its log of commands, in its data, with the agent's arguments last, so that they win", async () => {
    run();
    const data = join(folder, "volume/data");
    const agents = ["--replicaof", "127.0.0.1", "1", "--tls-key-file", "a b"];
    assert.deepEqual(await started(), [data, "server.conf", "--dir", data, "--appendonly", "yes", ...agents]);
  });

  it("is once from a picture that was made when the server ended, and from the log again after a crash", async () => {
    const saved = join(folder, "volume/stateful/saved");
    writeFileSync(saved, "");
    run();
    assert.equal((await started())[5], "no");
    assert.equal(existsSync(saved), false, "the picture grows old from now on");
    writeFileSync(join(folder, "control", "kill"), "");
    assert.equal((await started())[5], "yes");
  });
});
