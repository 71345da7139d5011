import * as assert from "node:assert/strict";
import { refusalFrom } from "../../../../agent/mysql/refusal";

/** Lines of an error log, as MySQL 9.7.4 wrote them. */
const log = (...errors: string[]): string =>
  [
    "2026-11-26T00:33:22.140863Z 0 [System] [MY-015015] [Server] MySQL Server - start.",
    "2026-11-26T00:33:27.163465Z 0 [Warning] [MY-010068] [Server] CA certificate ca.pem is self signed.",
    ...errors.map((text) => `2026-11-26T00:33:27.192167Z 1 [ERROR] ${text}`),
    "2026-11-26T00:33:27.192533Z 0 [ERROR] [MY-010119] [Server] Aborting",
    "2026-11-26T00:33:28.710708Z 0 [System] [MY-015016] [Server] MySQL Server - end.",
  ].join("\n");

const DICTIONARY = [
  "[MY-010334] [Server] Failed to initialize DD Storage Engine",
  "[MY-010020] [Server] Data Dictionary initialization failed.",
];
const GENERIC = "[MY-012930] [InnoDB] Plugin initialization aborted with error Generic error.";

describe("agent: why a MySQL server does not start", () => {
  const broken: Record<string, string[]> = {
    "a page of the system tables": [
      "[MY-011904] [InnoDB] Space id and page number stored in the page read in are [page id: space=82207968, page number=2418333613], should be [page id: space=4294967294, page number=4]",
      "[MY-011906] [InnoDB] Database page corruption on disk or a failed file read of page [page id: space=4294967294, page number=4]. You may have to recover from a backup.",
    ],
    "the first page of the system tablespace": [
      "[MY-012222] [InnoDB] Data file './ibdata1' uses page size 0, but the innodb_page_size start-up parameter is 16384",
      "[MY-012237] [InnoDB] Corrupted page [page id: space=4294967295, page number=0] of datafile './ibdata1' could not be found in the doublewrite buffer.",
      GENERIC,
      ...DICTIONARY,
    ],
    "the redo log": [
      "[MY-013089] [InnoDB] Invalid redo log header checksum.",
      "[MY-013859] [InnoDB] Failed to read header of the redo log file ./#innodb_redo/#ib_redo6",
      GENERIC,
      ...DICTIONARY,
    ],
  };
  for (const [what, lines] of Object.entries(broken)) {
    it(`is broken data where it says so of ${what}`, () => {
      const refusal = refusalFrom(log(...lines));
      assert.equal(refusal?.blames, "data");
      assert.match(refusal.words, /corrupt|checksum/i);
    });
  }

  const mistakes: Record<string, [string[], RegExp]> = {
    "a name that it does not know": [
      ["[MY-000067] [Server] unknown variable 'max_conections=500'."],
      /unknown variable 'max_conections=500'/,
    ],
    "a value of a wrong type": [
      [
        "[MY-000058] [Server] Unknown suffix 'a' used for variable 'max_connections' (value 'abc').",
        "[MY-000077] [Server] /usr/sbin/mysqld: Error while setting value 'abc' to 'max_connections'.",
      ],
      /Unknown suffix 'a'/,
    ],
    "a time zone": [
      ["[MY-010361] [Server] Fatal error: Illegal or unknown default time zone 'Europe/Berln'"],
      /Europe\/Berln/,
    ],
    "names of tables in another case": [
      [
        "[MY-011087] [Server] Different lower_case_table_names settings for server ('1') and data dictionary ('0').",
        ...DICTIONARY,
      ],
      /lower_case_table_names/,
    ],
  };
  for (const [what, [lines, words]] of Object.entries(mistakes)) {
    it(`is a mistake in the settings: ${what}`, () => {
      const refusal = refusalFrom(log(...lines));
      assert.equal(refusal?.blames, "settings");
      assert.match(refusal.words, words);
    });
  }

  const others: Record<string, string[]> = {
    "an older version": [
      "[MY-014061] [Server] Invalid MySQL server downgrade: Cannot downgrade from 90700 to 80400. Downgrade is only permitted between patch releases.",
      "[MY-010334] [Server] Failed to initialize DD Storage Engine",
    ],
    "an older version that cannot read the redo log": [
      "[MY-013090] [InnoDB] Unsupported redo log format (v6). The redo log was created with MySQL 9.7.4",
      GENERIC,
      ...DICTIONARY,
    ],
    "a missing right": [
      "[MY-012592] [InnoDB] Operating system error number 13 in a file operation.",
      "[MY-012595] [InnoDB] The error means mysqld does not have the access rights to the directory.",
      GENERIC,
    ],
    "files that are not where they are looked for": [
      "[MY-013862] [InnoDB] Neither found #innodb_redo subdirectory, nor ib_logfile* files in ./",
      GENERIC,
      ...DICTIONARY,
    ],
    "a page that is read with the wrong key": [
      "[MY-012226] [InnoDB] Encryption information in datafile: ./app/t.ibd can't be decrypted, please check if a keyring is loaded and initialized successfully.",
      "[MY-011906] [InnoDB] Database page corruption on disk or a failed file read of page [page id: space=2, page number=4].",
    ],
    "a port that is taken": [
      "[MY-010262] [Server] Can't start server: Bind on TCP/IP port: Address already in use",
    ],
  };
  for (const [what, lines] of Object.entries(others)) {
    it(`is no broken data: ${what}`, () => {
      const refusal = refusalFrom(log(...lines));
      assert.notEqual(refusal?.blames, "data");
      assert.ok(refusal && refusal.words.length > 0);
    });
  }

  it("is not known where it says no error", () => {
    assert.equal(refusalFrom(log().replaceAll("[ERROR]", "[System]")), undefined);
    assert.equal(refusalFrom(""), undefined);
  });
});
