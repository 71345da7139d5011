import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const PROJECT = join(__dirname, "..", "..");
const PREPARE = join(PROJECT, "components", "mysql", "scripts", "prepare.sh");
const NODE_STORAGE = join(PROJECT, "components", "storage", "scripts", "node-storage.sh");

let directory: string;

/** Gives each test of a suite a directory of its own. */
function inDirectoryOfItsOwn(): void {
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "scripts-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });
}

/** A path below the test's own directory. */
const at = (...parts: string[]) => join(directory, ...parts);

/** Puts a program on the PATH of the scripts. */
function stub(program: string, body: string): void {
  mkdirSync(at("bin"), { recursive: true });
  writeFileSync(at("bin", program), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

/** The environment of a script, with the stubs before the real programs. */
function environment(variables: Record<string, string>): Record<string, string> {
  return { PATH: `${at("bin")}${delimiter}${process.env["PATH"] ?? ""}`, ...variables };
}

function run(shell: string, script: string, variables: Record<string, string>) {
  const { status, stdout, stderr } = spawnSync(shell, [script], {
    env: environment(variables),
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

describe("prepare.sh", () => {
  inDirectoryOfItsOwn();

  const initialised = () => existsSync(at("volume", "data", "mysql"));
  const initFile = () => readFileSync(at("run", "init.sql"), "utf8");

  /** Runs the script with these values of the Secret; `undefined` for a key that is missing. */
  function prepare(secret: { root?: string; password?: string } = { root: "r00t", password: "secret" }) {
    for (const name of ["volume", "run", "credentials"]) mkdirSync(at(name), { recursive: true });
    const files = { "root-password": secret.root, password: secret.password };
    for (const [file, value] of Object.entries(files)) {
      if (value !== undefined) writeFileSync(at("credentials", file), value);
    }
    return run("bash", PREPARE, {
      VOLUME_DIR: at("volume"),
      DATA_DIR: at("volume", "data"),
      RUN_DIR: at("run"),
      CONFIG_FILE: at("my.cnf"),
      CREDENTIALS_DIR: at("credentials"),
      DATABASE: "web_shop",
      USERNAME: "shop",
    });
  }

  beforeEach(() => {
    stub(
      "mysqld",
      `echo "$@" >>${at("mysqld.log")}
       for argument; do case $argument in --datadir=*) data=\${argument#*=} ;; esac; done
       mkdir "$data" && touch "$data/ibdata1"
       [ ! -e ${at("no-space")} ] || exit 1
       mkdir "$data/mysql"`,
    );
  });

  it("initialises an empty volume aside, and then gives it its name", () => {
    const { status, stderr } = prepare();
    assert.equal(status, 0, stderr);
    assert.ok(initialised());
    assert.equal(
      readFileSync(at("mysqld.log"), "utf8"),
      `--defaults-file=${at("my.cnf")} --datadir=${at("volume", ".initialising")} --initialize-insecure\n`,
    );
    assert.ok(!existsSync(at("volume", ".initialising")));
  });

  it("leaves a database that is there alone", () => {
    mkdirSync(at("volume", "data", "mysql"), { recursive: true });
    writeFileSync(at("volume", "data", "orders.ibd"), "orders");
    assert.equal(prepare().status, 0);
    assert.ok(!existsSync(at("mysqld.log")));
    assert.equal(readFileSync(at("volume", "data", "orders.ibd"), "utf8"), "orders");
  });

  it("refuses a data directory without a database, and does not touch it", () => {
    mkdirSync(at("volume", "data"), { recursive: true });
    writeFileSync(at("volume", "data", "ibdata1"), "precious");
    const { status, stderr } = prepare();
    assert.equal(status, 1);
    assert.match(stderr, /is there, but is no database/);
    assert.ok(!existsSync(at("mysqld.log")));
    assert.equal(readFileSync(at("volume", "data", "ibdata1"), "utf8"), "precious");
  });

  it("begins anew after an initialisation that was cut short", () => {
    mkdirSync(at("volume"));
    writeFileSync(at("no-space"), "");
    assert.notEqual(prepare().status, 0);
    assert.ok(existsSync(at("volume", ".initialising", "ibdata1")));
    assert.ok(!existsSync(at("volume", "data")));

    rmSync(at("no-space"));
    assert.equal(prepare().status, 0);
    assert.ok(initialised());
  });

  it("writes the statements of the start, readable by the server alone", () => {
    prepare();
    assert.deepEqual(initFile().trimEnd().split("\n"), [
      "SET SESSION sql_log_bin = OFF;",
      "SET SESSION sql_mode = '';",
      "CREATE USER IF NOT EXISTS 'stateful_probe'@'localhost';",
      "ALTER USER 'root'@'localhost' IDENTIFIED BY 'r00t';",
      "CREATE DATABASE IF NOT EXISTS `web_shop`;",
      "CREATE USER IF NOT EXISTS 'shop'@'%' IDENTIFIED BY 'secret';",
      "ALTER USER 'shop'@'%' IDENTIFIED BY 'secret';",
      // '_' alone would stand for any character: for the database `web-shop` too.
      "GRANT ALL ON `web\\_shop`.* TO 'shop'@'%';",
    ]);
    assert.equal(statSync(at("run", "init.sql")).mode & 0o777, 0o600);
  });

  for (const [what, value, literal] of [
    ["a quote", "it's", "'it\\'s'"],
    ["a backslash", "a\\b", "'a\\\\b'"],
    ["a backslash before a quote", "a\\'; DROP DATABASE mysql; --", "'a\\\\\\'; DROP DATABASE mysql; --'"],
    ["what a shell would expand", '$HOME `id` * & "', "'$HOME `id` * & \"'"],
    ["blanks at its ends", "  secret  ", "'  secret  '"],
    ["an angle bracket at one end", "<secret", "'<secret'"],
    ["other scripts", "пароль密码", "'пароль密码'"],
    ["a newline at its end", "secret\n", "'secret'"],
    ["newlines of Windows at its end", "secret\r\n\r\n", "'secret'"],
  ] as const) {
    it(`takes a password with ${what}`, () => {
      const { status, stderr } = prepare({ root: value, password: value });
      assert.equal(status, 0, stderr);
      assert.ok(initFile().includes(`ALTER USER 'root'@'localhost' IDENTIFIED BY ${literal};\n`));
      assert.ok(initFile().includes(`ALTER USER 'shop'@'%' IDENTIFIED BY ${literal};\n`));
    });
  }

  for (const [what, value, message] of [
    ["that is missing", undefined, /the Secret has no key for password/],
    ["that is empty", "", /value for password is empty/],
    ["of nothing but a newline", "\n", /value for password is empty/],
    ["of two lines", "one\ntwo", /value for password has more than one line/],
    [
      "that is the placeholder of rendered manifests",
      "<password orders: generated by pulumi up>",
      /placeholder of rendered manifests/,
    ],
  ] as const) {
    it(`refuses a password ${what}, before it touches the volume`, () => {
      const { status, stderr } = prepare({ root: "r00t", password: value });
      assert.equal(status, 1);
      assert.match(stderr, message);
      assert.ok(!existsSync(at("mysqld.log")));
      assert.ok(!existsSync(at("run", "init.sql")));
    });
  }

  it("names the administrator's password where that one is wrong, and shows neither", () => {
    const { status, stdout, stderr } = prepare({ root: "<r00t>", password: "secret" });
    assert.equal(status, 1);
    assert.match(stderr, /value for root-password/);
    assert.doesNotMatch(stdout + stderr, /r00t|secret\b/);
  });
});

describe("node-storage.sh", () => {
  inDirectoryOfItsOwn();

  /** One of ours, and one of another node. */
  const directories = ["node-1 shop/data-orders-0 999", "node-2 shop/data-orders-1 999"];

  const variables = (more: Record<string, string> = {}) => ({
    NODE_NAME: "node-1",
    ROOT: at("volumes"),
    DIRECTORIES: at("directories"),
    INTERVAL_SECONDS: "0",
    ROUNDS: "1",
    ...more,
  });
  const nodeStorage = (more?: Record<string, string>) => run("sh", NODE_STORAGE, variables(more));
  const start = (more: Record<string, string>) =>
    spawn("sh", [NODE_STORAGE], { env: environment(variables(more)) });
  const made = () => existsSync(at("volumes", "shop", "data-orders-0"));

  /** A line of /proc/self/mountinfo. */
  const mount = (root: string, mountPoint: string) =>
    `36 35 98:0 ${root} ${mountPoint} rw,noatime master:1 - ext4 /dev/sdb rw\n`;

  beforeEach(() => {
    mkdirSync(at("volumes"));
    writeFileSync(at("directories"), directories.map((line) => `${line}\n`).join(""));
    // Changing owners takes root.
    stub("chown", `echo "$@" >>${at("chown.log")}; [ ! -e ${at("forbidden")} ]`);
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
