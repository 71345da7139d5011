import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
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
import { IN_NAMESPACE, skipWithoutNamespace } from "../support/process-namespace";

const COMPONENTS = resolve(__dirname, "../../../components");
const [UNSHARE, ...NAMESPACE] = IN_NAMESPACE;

describe("the end of a PostgreSQL pod", function () {
  this.timeout(30_000);
  let folder = "";
  let script: ChildProcess | undefined;

  before(function () {
    skipWithoutNamespace(this);
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "postgresql-end-"));
    for (const name of ["control", "volume", "volume/data"]) mkdirSync(join(folder, name));
    copyFileSync(join(COMPONENTS, "agents/scripts/supervise.sh"), join(folder, "supervise.sh"));
    copyFileSync(join(COMPONENTS, "postgresql/scripts/engine.sh"), join(folder, "engine.sh"));
    writeFileSync(join(folder, "control", "order"), "run\n");
  });

  afterEach(() => {
    script?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts the script over something that behaves like Patroni, until that has started its server. */
  async function start(onTerm: string): Promise<void> {
    copyFileSync("/bin/sleep", join(folder, "postgres"));
    spawnSync("chmod", ["+x", join(folder, "postgres")]);
    writeFileSync(
      join(folder, "patroni"),
      `"${folder}/postgres" 600 & server=$!
trap '${onTerm}' TERM
touch "${folder}/up"
while :; do sleep 0.1; done
`,
    );
    // The namespace's first process: `unshare` itself takes no signal for it.
    writeFileSync(
      join(folder, "first"),
      `trap 'kill -TERM "$script"' TERM
bash "${folder}/supervise.sh" bash "${folder}/patroni" & script=$!
while kill -0 "$script" 2>/dev/null; do wait "$script"; done
touch "${folder}/over"
`,
    );
    script = spawn(UNSHARE, [...NAMESPACE, "bash", join(folder, "first")], {
      env: {
        ...process.env,
        STATEFUL_CONTROL: join(folder, "control"),
        STATEFUL_VOLUME: join(folder, "volume"),
        STATEFUL_LEFTOVER_SECONDS: "1",
      },
      stdio: "ignore",
    });
    while (!existsSync(join(folder, "up"))) await sleep(20);
  }

  /** Tells the namespace's first process to stop. */
  function stop(): void {
    const { stdout } = spawnSync("pgrep", ["-P", String(script!.pid)], { encoding: "utf8" });
    process.kill(Number(stdout.trim()), "SIGTERM");
  }

  it("comes though Patroni stays when its server has ended", async () => {
    await start('kill "$server"; wait "$server"');
    stop();
    await once(script!, "exit");
    assert.ok(existsSync(join(folder, "over")));
  });

  it("waits for a server that takes long to end", async () => {
    await start(`sleep 5; touch "${folder}/ended"; kill "$server"; exit 0`);
    stop();
    await once(script!, "exit");
    assert.ok(existsSync(join(folder, "ended")), "the server's end was cut short");
  });
});

describe("the end of what receives a PostgreSQL primary's log", function () {
  this.timeout(30_000);
  const folder = mkdtempSync(join(tmpdir(), "postgresql-receivers-"));

  before(function () {
    skipWithoutNamespace(this);
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** Processes that call themselves so, each with what it does when it is told to end; what is asked of the script, and who is left. */
  function ask(
    word: string,
    processes: Record<string, string>,
  ): { code: number; left: string[]; said: string } {
    const begun = Object.entries(processes).map(
      ([title, onTerm]) =>
        `(exec -a '${title}' bash -c 'trap "${onTerm}" TERM; while :; do sleep 0.1; done') &`,
    );
    const script = `
. "${join(COMPONENTS, "postgresql/scripts/engine.sh")}"
${begun.join("\n")}
sleep 0.5
run_request ${word} >"${folder}/said"; echo "$?"
for one in /proc/[0-9]*; do
  IFS= read -r -d '' words <"$one/cmdline"
  case $words in postgres:*) echo "$words" ;; esac
done
`;
    const { stdout } = spawnSync(UNSHARE, [...NAMESPACE, "bash", "-c", script], { encoding: "utf8" });
    const [code, ...left] = stdout.trim().split("\n");
    return { code: Number(code), left, said: readFileSync(join(folder, "said"), "utf8") };
  }

  it("ends the receivers, and nobody else", () => {
    const others = [
      "postgres: orders: app app 10.0.0.7(5000) idle",
      "postgres: orders: startup recovering 0001",
    ];
    const { code, left } = ask("detach", {
      "postgres: orders: walreceiver streaming 0/3000148": "exit 0",
      "postgres: walreceiver ": "exit 0",
      [others[0]!]: "exit 0",
      [others[1]!]: "exit 0",
    });
    assert.equal(code, 0);
    assert.deepEqual(left.sort(), others);
  });

  it("is done at once where there is none", () => {
    assert.deepEqual(ask("detach", {}), { code: 0, left: [], said: "" });
  });

  it("is not said to be done while one is left", () => {
    const { code, said } = ask("detach", { "postgres: orders: walreceiver streaming 0/3000148": ":" });
    assert.equal(code, 1);
    assert.match(said, /does not end/);
  });

  it("knows no other word", () => {
    assert.equal(ask("dance", {}).code, 64);
  });
});
