import * as assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Supervisor } from "../../../../agent/core/supervisor";
import { PlainServer } from "../../../../agent/postgresql/plain-server";
import { IN_NAMESPACE, skipWithoutNamespace } from "../../support/process-namespace";

const COMPONENTS = join(__dirname, "../../../../components");

describe("postgresql: a server in Patroni's place", function () {
  this.timeout(30_000);
  let folder: string;
  let script: ChildProcess;
  let server: PlainServer;
  let supervisor: Supervisor;
  const up = (): string => join(folder, "up");

  /** A program of the server's package. */
  function program(name: string, text: string): void {
    writeFileSync(join(folder, "bin", name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
  }

  before(function () {
    skipWithoutNamespace(this);
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "plain-"));
    for (const name of ["bin", "control", "volume/data"]) mkdirSync(join(folder, name), { recursive: true });
    copyFileSync(join(COMPONENTS, "agents/scripts/supervise.sh"), join(folder, "supervise.sh"));
    copyFileSync(join(COMPONENTS, "postgresql/scripts/engine.sh"), join(folder, "engine.sh"));
    program("patroni", `echo "$@" >"${join(folder, "patroni-ran")}"; exec sleep 60`);
    program(
      "pg_controldata",
      'echo "max_connections setting:              200"; echo "max_worker_processes setting: 8"',
    );
    program(
      "postgres",
      `echo "$@" >"${join(folder, "arguments")}"
exec "${process.execPath}" -e 'process.on("SIGINT", () => { require("fs").rmSync("${up()}"); process.exit(0); }); setInterval(() => 0, 1000); require("fs").writeFileSync("${up()}", "")'`,
    );
    const [unshare, ...args] = [
      ...IN_NAMESPACE,
      "bash",
      join(folder, "supervise.sh"),
      join(folder, "bin", "patroni"),
    ];
    script = spawn(unshare, args, {
      env: {
        ...process.env,
        STATEFUL_CONTROL: join(folder, "control"),
        STATEFUL_VOLUME: join(folder, "volume"),
      },
      stdio: "ignore",
    });
    supervisor = new Supervisor(join(folder, "control"), join(folder, "volume"), ["PG_VERSION"]);
    server = new PlainServer({
      supervisor,
      volume: join(folder, "volume"),
      wanted: async () => ({
        durability: "majority",
        requireTls: false,
        verifyMembers: true,
        binaries: join(folder, "bin"),
        extensions: [],
        clientHba: [],
        parameters: {
          max_connections: "100",
          max_worker_processes: "30",
          shared_preload_libraries: "it's",
          work_mem: "9GB",
        },
      }),
      ask: async () => {
        statSync(up());
        return [];
      },
    });
  });
  afterEach(async () => {
    const ended = new Promise((resolve) => script.once("exit", resolve));
    script.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true });
  });

  it("starts on the data, apart from everybody, with no less than the writer of the log had, and ends in good order", async () => {
    await server.start({ recovery_target_timeline: "3" });
    assert.equal(server.busy, true);
    assert.match(
      readFileSync(join(folder, "arguments"), "utf8"),
      /-D \S+volume\/data -c config_file=\S+plain\.conf/,
    );
    const settings = readFileSync(join(folder, "control", "plain.conf"), "utf8");
    for (const line of [
      "max_connections = '200'",
      "max_worker_processes = '30'",
      "listen_addresses = ''",
      "archive_mode = 'off'",
      "recovery_target_timeline = '3'",
      "shared_preload_libraries = 'it''s'",
    ]) {
      assert.ok(settings.includes(`${line}\n`), line);
    }
    assert.ok(!settings.includes("work_mem"));
    assert.equal(readFileSync(join(folder, "control", "plain.hba"), "utf8"), "local all postgres peer\n");
    assert.equal(statSync(join(folder, "volume", "data")).mode & 0o777, 0o700);
    await server.end();
    assert.equal(server.busy, false);
    assert.equal((await supervisor.report()).running, false);
    assert.equal((await supervisor.report()).failures, 0, "nothing of it speaks against the data");
    // Patroni runs again when it is to.
    await supervisor.order("run");
    for (let turn = 0; turn < 50 && !(await supervisor.report()).running; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal((await supervisor.report()).running, true);
    await supervisor.halt();
  });

  it("runs a program to its end, and gives what it put out or the words that it failed with", async () => {
    program("pg_verifybackup", 'echo "$1 is in order"; echo "a warning" >&2');
    assert.equal(await server.run("pg_verifybackup", ["it has spaces"]), "it has spaces is in order\n");
    program("pg_verifybackup", 'echo "checksum mismatch for file base/1/2" >&2; exit 1');
    await assert.rejects(
      server.run("pg_verifybackup", []),
      /pg_verifybackup failed: .*checksum mismatch for file base\/1\/2/,
    );
    assert.equal(server.busy, false);
    assert.equal((await supervisor.report()).failures, 0);
  });

  it("says why it does not start, or why nobody is let in", async () => {
    program("postgres", 'echo "FATAL:  max_connections is too low" >&2; exit 1');
    await assert.rejects(server.start(), /does not start: .*max_connections is too low/);
    assert.equal(server.busy, false);
  });

  it("is ended with what it runs, when the agent halts it", async () => {
    await server.start();
    await supervisor.halt();
    assert.equal((await supervisor.report()).running, false);
  });
});
