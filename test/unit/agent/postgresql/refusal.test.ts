import * as assert from "node:assert/strict";
import { refusalFrom } from "../../../../agent/postgresql/refusal";

const log = (...lines: string[]): string =>
  [
    "2026-11-26 00:00:00,123 INFO: starting as a secondary",
    ...lines.map((line) => `2026-11-26 00:00:01.002 UTC [57] ${line}`),
  ].join("\n");
const STARTING = "LOG:  starting PostgreSQL 17.12 (Debian 17.12-1) on x86_64-pc-linux-gnu";
const READY = "LOG:  database system is ready to accept connections";

describe("agent: why a PostgreSQL server does not start", () => {
  const mistakes: Record<string, [string[], RegExp]> = {
    "a time zone": [
      [
        'LOG:  invalid value for parameter "TimeZone": "Europe/Berln"',
        'FATAL:  configuration file "/var/lib/postgresql/data/postgresql.conf" contains errors',
      ],
      /invalid value for parameter "TimeZone": "Europe\/Berln"/,
    ],
    "a line of pg_hba.conf": [
      [
        STARTING,
        'LOG:  invalid IP mask "scram-sha-256": Name or service not known',
        'CONTEXT:  line 12 of configuration file "/var/lib/postgresql/data/pg_hba.conf"',
        "FATAL:  could not load /var/lib/postgresql/data/pg_hba.conf",
      ],
      /could not load .*pg_hba\.conf; invalid IP mask/,
    ],
    "a library that is not there": [
      ['FATAL:  could not access file "pgaudit": No such file or directory'],
      /pgaudit/,
    ],
    "huge pages": [
      ['FATAL:  huge pages not supported with the current "shared_memory_type" setting'],
      /huge pages/,
    ],
  };
  for (const [what, [lines, words]] of Object.entries(mistakes)) {
    it(`is a mistake in the settings: ${what}`, () => {
      const refusal = refusalFrom(log(...lines));
      assert.equal(refusal?.blames, "settings");
      assert.match(refusal.words, words);
    });
  }

  for (const line of [
    "PANIC:  could not locate a valid checkpoint record at 0/1D0A2F8",
    "FATAL:  incorrect checksum in control file",
    'FATAL:  invalid page in block 7 of relation "base/5/2619"',
    "PANIC:  WAL contains references to invalid pages",
  ]) {
    it(`is broken data where it says so: ${line}`, () => {
      assert.equal(refusalFrom(log(STARTING, line))?.blames, "data");
    });
  }

  for (const [line, detail] of [
    [
      "FATAL:  database files are incompatible with server",
      "DETAIL:  The data directory was initialized by PostgreSQL version 17, which is not compatible with this version 16.14.",
    ],
    ['FATAL:  could not write lock file "postmaster.pid": No space left on device', ""],
    ['FATAL:  could not open file "global/pg_control": Permission denied', ""],
    [
      'FATAL:  data directory "/var/lib/postgresql/data" has wrong ownership',
      "HINT:  The server must be started by its owner.",
    ],
  ] as const) {
    it(`is no broken data: ${line}`, () => {
      const refusal = refusalFrom(log(line, ...(detail === "" ? [] : [detail])));
      assert.ok(refusal);
      assert.equal(refusal.blames, undefined);
      assert.ok(refusal.words.includes(line.split(":  ")[1] ?? ""));
    });
  }

  it("is not known of one that has started since, nor from what clients are told", () => {
    const once = ['FATAL:  configuration file "x" contains errors', STARTING, READY];
    assert.equal(refusalFrom(log(...once)), undefined);
    const clients = [
      READY,
      'FATAL:  password authentication failed for user "app"',
      "FATAL:  the database system is starting up",
      'FATAL:  role "nobody" does not exist',
      "FATAL:  terminating connection due to administrator command",
      "FATAL:  connection to client lost",
      "FATAL:  could not receive data from client: Connection reset by peer",
      "FATAL:  invalid length of startup packet",
      "FATAL:  unsupported frontend protocol 1234.5679: server supports 3.0 to 3.0",
      "FATAL:  expected SASL response, got message type 88",
      "FATAL:  connection requires a valid client certificate",
      'FATAL:  invalid value for parameter "client_encoding": "x"',
      "FATAL:  must be superuser or replication role to start walsender",
      "FATAL:  canceling authentication due to timeout",
      "FATAL:  sorry, too many clients already",
      "FATAL:  no PostgreSQL user name specified in startup packet",
    ];
    assert.equal(refusalFrom(log(...clients)), undefined);
    assert.equal(refusalFrom(""), undefined);
  });

  it("is the last of several", () => {
    const [first, last] = [
      "PANIC:  could not locate a valid checkpoint record at 0/1",
      'FATAL:  could not access file "x": No such file or directory',
    ];
    assert.equal(refusalFrom(log(first, last))?.blames, "settings");
  });
});
