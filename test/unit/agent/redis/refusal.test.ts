import assert from "node:assert/strict";
import { settingsTrouble } from "../../../../agent/redis/in-force";
import { refusalFrom } from "../../../../agent/redis/refusal";

/** As a server logs. */
function logged(...lines: string[]): string {
  return lines.map((line) => `21415:M 26 Nov 2026 11:17:03.034 ${line}`).join("\n");
}

const BASE = [
  "# WARNING Memory overcommit must be enabled!",
  "* Server initialized",
  "* Reading RDB base file on AOF loading...",
];

describe("why a server does not start", () => {
  it("is its data where it has read it and says what is wrong there", () => {
    for (const words of [
      "Bad file format reading the append only file appendonly.aof.2.incr.aof: make a backup of your AOF file",
      "Internal error in RDB reading offset 0, function at rdb.c:3421 -> Unexpected EOF reading RDB file",
      "Unable to obtain the AOF file appendonly.aof.2.base.rdb length. stat: No such file or directory",
      "Invalid AOF manifest file format",
    ]) {
      assert.deepEqual(refusalFrom(logged(...BASE, `# ${words}`)), { words, blames: "data" }, words);
    }
  });

  it("is not its data where another version would read it, or memory is short", () => {
    const newer = logged(
      ...BASE,
      "# Can't handle RDB format version 99",
      "# Error reading the RDB base file appendonly.aof.2.base.rdb, AOF loading aborted",
    );
    assert.deepEqual(refusalFrom(newer), { words: "Can't handle RDB format version 99" });
    const short = logged(...BASE, "# Short read or OOM loading DB. Unrecoverable error, aborting now.");
    assert.equal(refusalFrom(short)?.blames, undefined);
    const full = logged("# Bad file format reading the append only file x", "# No space left on device");
    assert.equal(refusalFrom(full)?.blames, undefined);
  });

  it("is a setting where it says so, with the line and what is wrong with it", () => {
    const log = [
      "*** FATAL CONFIG FILE ERROR (Version 8.1.1) ***",
      "Reading the configuration file, at line 7",
      `>>> 'maxmemory-policy "bogus"'`,
      "argument(s) must be one of the following: volatile-lru",
    ].join("\n");
    assert.deepEqual(refusalFrom(log), {
      words:
        `Reading the configuration file, at line 7 >>> 'maxmemory-policy "bogus"' ` +
        "argument(s) must be one of the following: volatile-lru",
      blames: "settings",
    });
    const tls = logged("# Failed to load certificate: /nope: error:80000002", "# Failed to configure TLS.");
    assert.equal(refusalFrom(tls)?.blames, "settings");
  });

  it("is not known where it says nothing grave", () => {
    assert.equal(
      refusalFrom(logged("* Server initialized", "# WARNING overcommit_memory is set to 0")),
      undefined,
    );
  });
});

describe("settings of a server that runs", () => {
  const file = '#stateful plain true\nmaxmemory 100mb\nlogfile ""\ntimeout 0\nappendonly yes\n';

  it("are as the file says, however the server writes them", () => {
    const answer = ["maxmemory", "104857600", "logfile", "", "timeout", "0", "appendonly", "no"];
    assert.deepEqual([...settingsTrouble(file, answer)], []);
  });

  it("are told where somebody has set them otherwise", () => {
    const found = settingsTrouble(file, ["maxmemory", "0", "timeout", "0"]);
    assert.deepEqual([...found.keys()], ["maxmemory"]);
    assert.match(found.get("maxmemory")?.text ?? "", /maxmemory is 0 and not 100mb/);
    assert.equal(found.get("maxmemory")?.severity, "problem");
  });
});
