import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const ADD_PACKAGES = join(__dirname, "..", "..", "cluster", "images", "add-packages.sh");

/** What takes root is only noted; the file system that the packages go to is a folder. */
const FAKES = {
  mount: 'for last; do :; done; [[ $* != *overlay* ]] || mkdir -p "$last"/{etc,proc}',
  umount: ":",
  "apt-config": 'echo "$VALID"',
  chroot:
    'shift 7; echo "$*" >>"$CALLS"; [[ $* != *"$FAILS"* ]] || { echo "E: $FAILS" >&2; exit 100; }; ' +
    '[[ $1 != bash ]] || exec "$@"',
  getent: '[[ -n $TAKEN ]] && echo "$TAKEN:x:$2:"',
  groupmod: 'echo "groupmod $*" >>"$CALLS"',
  find: '[[ $* == *-xdev* ]] || exec /usr/bin/find "$@"; echo "find $*" >>"$CALLS"',
};

describe("add-packages.sh", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "images-"));
    mkdirSync(at("bin"));
    for (const [name, body] of Object.entries(FAKES)) {
      writeFileSync(at("bin", name), `#!/bin/bash\n${body}\n`, { mode: 0o755 });
    }
    writeFileSync(at("finish.sh"), 'echo "the script" >>"$CALLS"\n');
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  const at = (...parts: string[]) => join(directory, ...parts);

  /**
   * @param fails - a command that fails, by what is in it.
   * @param taken - the group that has the id of engines' own users.
   * @param valid - what this machine's apt says of whether lists may be expired.
   */
  function addPackages(fails: string, finish = at("finish.sh"), valid = "", taken = "") {
    const { status, stderr } = spawnSync(
      "bash",
      [ADD_PACKAGES, "--inside", at("base"), at("layer.tar"), finish, "restic", "curl"],
      {
        encoding: "utf8",
        env: {
          PATH: `${at("bin")}${delimiter}${process.env["PATH"] ?? ""}`,
          CALLS: at("calls"),
          FAILS: fails,
          VALID: valid,
          TAKEN: taken,
        },
      },
    );
    const calls = readFileSync(at("calls"), "utf8").trimEnd().split("\n");
    return { status, stderr, calls, made: existsSync(at("layer.tar")) };
  }

  it("makes a layer of the packages, and runs the script after them", () => {
    const { status, stderr, calls, made } = addPackages("nothing that is called");
    assert.equal(status, 0, stderr);
    assert.deepEqual(calls, [
      "apt-get -q -o Acquire::Check-Valid-Until=true update",
      "apt-get -q install --yes --no-install-recommends restic curl",
      "bash -euo pipefail -s",
      "the script",
      "apt-get clean",
      "dpkg-query --show",
    ]);
    assert.ok(made);
    rmSync(at("calls"));
    const without = addPackages("nothing that is called", "");
    assert.equal(without.status, 0, without.stderr);
    assert.deepEqual(
      without.calls,
      calls.filter((call) => !/^bash|^the script/.test(call)),
    );
  });

  it("gives a package's group another id that has the one of engines' users, before the script", () => {
    const { status, stderr, calls } = addPackages("nothing that is called", at("finish.sh"), "", "lpadmin");
    assert.equal(status, 0, stderr);
    assert.deepEqual(
      calls.slice(calls.indexOf("bash -euo pipefail -s") + 1).map((call) => call.split(" -exec")[0]),
      [
        "groupmod --gid 899 lpadmin",
        "find / -xdev -gid 999",
        "the script",
        "apt-get clean",
        "dpkg-query --show",
      ],
    );
  });

  it("takes lists that are called expired where this machine does", () => {
    const { status, calls } = addPackages("nothing that is called", "", "false");
    assert.equal(status, 0);
    assert.equal(calls[0], "apt-get -q -o Acquire::Check-Valid-Until=false update");
  });

  for (const [what, command] of [
    ["the lists cannot be fetched", "Valid-Until=true update"],
    ["a package cannot be installed", "apt-get -q install"],
    ["the script fails", "bash -euo"],
    ["what was downloaded cannot be cleared away", "apt-get clean"],
  ] as const) {
    it(`fails when ${what}, shows why, and makes no layer`, () => {
      const { status, stderr, made } = addPackages(command);
      assert.notEqual(status, 0);
      assert.match(stderr, new RegExp(`E: ${command}`));
      assert.ok(!made);
    });
  }
});
