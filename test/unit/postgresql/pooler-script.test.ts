import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const SCRIPT = join(__dirname, "..", "..", "..", "components", "postgresql", "scripts", "pooler.sh");

/** Stands in for PgBouncer: notes how it was started and each signal, and ends as it is told to. */
const PGBOUNCER = `#!${process.execPath}
const { appendFileSync, existsSync } = require("node:fs");
const note = (text) => appendFileSync(process.env.LOG, text + "\\n");
process.on("SIGHUP", () => note("HUP"));
process.on("SIGINT", () => { note("INT"); setTimeout(() => process.exit(0), 200); });
process.on("SIGTERM", () => note("TERM"));
setInterval(() => { if (existsSync(process.env.LOG + ".end")) process.exit(7); }, 20);
note("started " + process.argv.slice(2).join(" "));
`;

describe("pooler.sh", function () {
  this.timeout(20_000);
  let directory: string;
  let script: ChildProcess | undefined;
  const at = (...parts: string[]) => join(directory, ...parts);
  const password = (text: string) => {
    writeFileSync(at("credentials", "pooler-password"), text);
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "pooler-"));
    for (const name of ["config", "credentials", "tls", "run", "bin"]) mkdirSync(at(name));
    writeFileSync(
      at("config", "pgbouncer.ini"),
      "[pgbouncer]\nauth_user = stateful_pooler\npool_mode = session\n",
    );
    for (const key of ["ca.crt", "tls.crt", "tls.key"]) writeFileSync(at("tls", key), key);
    password("s3cret");
    writeFileSync(at("bin", "pgbouncer"), PGBOUNCER, { mode: 0o755 });
    script = undefined;
  });
  // Not killed: what it started would outlive it.
  afterEach(async () => {
    if (script?.exitCode === null) {
      script.kill("SIGTERM");
      await once(script, "exit");
    }
    rmSync(directory, { recursive: true });
  });

  const start = () => {
    script = spawn("bash", [SCRIPT], {
      env: {
        PATH: `${at("bin")}${delimiter}${process.env["PATH"] ?? ""}`,
        POOLER_CONFIG: at("config"),
        POOLER_CREDENTIALS: at("credentials"),
        POOLER_CERTIFICATE: at("tls"),
        POOLER_RUN: at("run"),
        POOLER_INTERVAL: "0.05",
        LOG: at("log"),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return script;
  };
  /** Whole lines: a file may be there before what is written into it. */
  const log = () => (existsSync(at("log")) ? readFileSync(at("log"), "utf8") : "").split("\n").slice(0, -1);
  const list = () => readFileSync(at("run", "userlist.txt"), "utf8");
  const until = async (what: () => boolean) => {
    while (!what()) await new Promise((done) => setTimeout(done, 20));
  };
  const settle = () => new Promise((done) => setTimeout(done, 400));

  it("starts PgBouncer with its password in a list that nobody else can read", async () => {
    start();
    await until(() => log().length > 0);
    assert.deepEqual(log(), [`started ${at("run", "pgbouncer.ini")}`]);
    assert.equal(list(), '"stateful_pooler" "s3cret"\n');
    assert.equal(statSync(at("run", "userlist.txt")).mode & 0o777, 0o600);
  });

  it("writes a password with quotes as PgBouncer reads it, without a line break at its end", async () => {
    password('a"b\\c\n');
    start();
    await until(() => log().length > 0);
    assert.equal(list(), '"stateful_pooler" "a""b\\c"\n');
  });

  it("shows the password to nobody: neither in what it says nor in an argument", async () => {
    const child = start();
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await until(() => log().length > 0);
    password("another");
    await until(() => log().includes("HUP"));
    assert.doesNotMatch(said + log().join(), /s3cret|another/);
  });

  it("has it read again what has changed: password, certificate, settings", async () => {
    start();
    await until(() => log().length > 0);
    const signals = () => log().filter((line) => line === "HUP").length;
    password("another");
    await until(() => signals() === 1);
    assert.equal(list(), '"stateful_pooler" "another"\n');
    writeFileSync(at("tls", "tls.crt"), "renewed");
    await until(() => signals() === 2);
    writeFileSync(at("config", "pgbouncer.ini"), "[pgbouncer]\npool_mode = transaction\n");
    await until(() => signals() === 3);
    await settle();
    assert.equal(signals(), 3, "nothing has changed since");
  });

  it("logs in by the account that the Secret names, and goes over to another one with its password", async () => {
    const user = (name: string): void => {
      writeFileSync(at("credentials", "pooler-username"), `${name}\n`);
    };
    const settings = () => readFileSync(at("run", "pgbouncer.ini"), "utf8");
    user("stateful_pooler_a");
    start();
    await until(() => log().length > 0);
    assert.equal(list(), '"stateful_pooler_a" "s3cret"\n');
    assert.equal(settings(), "[pgbouncer]\nauth_user = stateful_pooler_a\npool_mode = session\n");
    user("stateful_pooler_b");
    await until(() => log().includes("HUP"));
    assert.equal(list(), '"stateful_pooler_b" "s3cret"\n');
    assert.match(settings(), /^auth_user = stateful_pooler_b$/m);
  });

  it("does not start with an account that is none of its own, and goes on with what it has", async () => {
    start();
    await until(() => log().length > 0);
    writeFileSync(at("credentials", "pooler-username"), "app\nlisten_addr = x");
    await settle();
    assert.equal(list(), '"stateful_pooler" "s3cret"\n');
    assert.ok(!log().includes("HUP"));
    script?.kill("SIGTERM");
    await once(script!, "exit");
    const again = start();
    let said = "";
    again.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const [status] = (await once(again, "exit")) as [number];
    assert.notEqual(status, 0);
    assert.match(said, /pooler-username must be stateful_pooler, /);
  });

  it("waits where a file is away while it is exchanged", async () => {
    start();
    await until(() => log().length > 0);
    rmSync(at("tls", "tls.key"));
    await settle();
    assert.ok(!log().includes("HUP"));
    writeFileSync(at("tls", "tls.key"), "renewed");
    await until(() => log().includes("HUP"));
  });

  it("lets transactions end when it is told to stop, and ends with PgBouncer", async () => {
    const child = start();
    await until(() => log().length > 0);
    child.kill("SIGTERM");
    assert.deepEqual(await once(child, "exit"), [0, null]);
    assert.deepEqual(log().slice(1), ["INT"]);
  });

  it("ends with PgBouncer's own status when that ends by itself", async () => {
    const child = start();
    await until(() => log().length > 0);
    writeFileSync(at("log.end"), "");
    assert.deepEqual(await once(child, "exit"), [7, null]);
  });

  it("does not start PgBouncer without its password", async () => {
    rmSync(at("credentials", "pooler-password"));
    const [status] = (await once(start(), "exit")) as [number];
    assert.notEqual(status, 0);
    assert.deepEqual(log(), []);
  });

  it("raises the limit of open files, which clients take", async () => {
    writeFileSync(at("bin", "pgbouncer"), '#!/bin/bash\nulimit -S -n >"$LOG"\n', { mode: 0o755 });
    await once(start(), "exit");
    const hard = spawn("bash", ["-c", "ulimit -H -n"]);
    const [limit] = (await once(hard.stdout, "data")) as [Buffer];
    assert.deepEqual(log(), [limit.toString().trim()]);
  });
});
