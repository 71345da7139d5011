import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
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
