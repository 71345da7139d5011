import * as assert from "node:assert/strict";
import { settingsTrouble } from "../../../../agent/postgresql/in-force";

const row = (name: string, setting: string, vartype: string, unit?: string, more: object = {}) => ({
  name,
  setting,
  vartype,
  unit: unit ?? null,
  source: "configuration file",
  pending_restart: false,
  ...more,
});

const SETTINGS = [
  row("shared_buffers", "16384", "integer", "8kB"),
  row("work_mem", "4096", "integer", "kB"),
  row("max_connections", "100", "integer"),
  row("wal_receiver_timeout", "10000", "integer", "ms"),
  row("checkpoint_completion_target", "0.9", "real"),
  row("wal_compression", "pglz", "enum"),
  row("synchronous_commit", "on", "enum"),
  row("wal_log_hints", "on", "bool"),
  row("TimeZone", "Etc/UTC", "string"),
  row("DateStyle", "ISO, MDY", "string"),
  row("tcp_keepalives_idle", "0", "integer", "s"),
  row("archive_command", "(disabled)", "string"),
  row("application_name", "stateful-agent", "string", undefined, { source: "client" }),
];

const trouble = (
  wanted: Record<string, string>,
  more: { settings?: object[]; file?: object[]; hbaErrors?: object[] } = {},
  log = "",
) => {
  const { settings = SETTINGS, file = [], hbaErrors = [] } = more;
  const found = settingsTrouble(
    wanted,
    { settings, file, hbaErrors } as never,
    "kubectl rollout restart",
    log,
  );
  return [...found.entries()].map(([about, notice]) => ({ about, ...notice }));
};

describe("what a PostgreSQL server makes of its settings", () => {
  it("is what was asked for, however that is written", () => {
    const same = {
      shared_buffers: "128MB",
      work_mem: "4MB",
      max_connections: "100",
      wal_receiver_timeout: "10s",
      checkpoint_completion_target: "0.90",
      synchronous_commit: "true",
      wal_log_hints: "1",
      timezone: "'etc/utc'",
      datestyle: "iso,mdy",
      tcp_keepalives_idle: "60",
      archive_command: "true",
      application_name: "mine",
      "pg_stat_statements.max": "5000",
    };
    assert.deepEqual(trouble(same), []);
  });

  /** What a server showed of what was written in its file. */
  const SHOWN: [name: string, written: string, shown: string, vartype: string][] = [
    ["datestyle", "german", "German, DMY", "string"],
    ["client_encoding", "utf-8", "UTF8", "string"],
    ["timezone", "-5", "<-05>+05", "string"],
    ["client_min_messages", "debug", "debug2", "enum"],
    ["wal_compression", "on", "pglz", "enum"],
    ["vacuum_cost_limit", "010", "8", "integer"],
    ["search_path", '"$user",   public', '"$user",   public', "string"],
    ["log_file_mode", "0640", "0640", "integer"],
    ["default_transaction_isolation", "READ COMMITTED", "read committed", "enum"],
    ["backslash_quote", "yes", "on", "enum"],
  ];
  for (const [name, written, shown, vartype] of SHOWN) {
    it(`is what was asked for where the server says ${shown} for ${name} = ${written}`, () => {
      const settings = [row(name, shown, vartype)];
      const file = [{ name, setting: written, applied: true, error: null }];
      assert.deepEqual(trouble({ [name]: written }, { settings, file }), []);
    });
  }

  it("is not what was asked for where a number is in the file, and the server has another: it has not read that yet", () => {
    const settings = [row("work_mem", "4096", "integer", "kB"), row("random_page_cost", "4", "real")];
    const asked = { work_mem: "8MB", random_page_cost: "1.1" };
    const file = Object.entries(asked).map(([name, setting]) => ({
      name,
      setting,
      applied: true,
      error: null,
    }));
    assert.deepEqual(
      trouble(asked, { settings, file }).map(({ about }) => about),
      ["work_mem", "random_page_cost"],
    );
  });

  it("is not what was asked for where the file says otherwise, or it was set elsewhere", () => {
    const written = { name: "datestyle", setting: "german", applied: true, error: null };
    const overruled = { name: "DateStyle", setting: "sql", applied: true, error: null };
    const settings = [row("DateStyle", "SQL, DMY", "string")];
    assert.match(trouble({ datestyle: "german" }, { settings })[0]?.text ?? "", /is SQL, DMY and not german/);
    assert.equal(trouble({ datestyle: "german" }, { settings, file: [written, overruled] }).length, 1);
    const refused = { ...written, applied: false, error: "setting could not be applied" };
    assert.equal(trouble({ datestyle: "german" }, { settings, file: [refused] }).length, 1);
    const elsewhere = [row("synchronous_commit", "local", "enum", undefined, { source: "command line" })];
    const asked = { name: "synchronous_commit", setting: "on", applied: true, error: null };
    assert.match(
      trouble({ synchronous_commit: "on" }, { settings: elsewhere, file: [asked] })[0]?.text ?? "",
      /synchronous_commit is local and not on/,
    );
  });

  it("says of what Patroni gave a server at its start that it waits for a restart, not that it is wrong", () => {
    const settings = [row("max_connections", "200", "integer", undefined, { source: "command line" })];
    const [found] = trouble({ max_connections: "100" }, { settings });
    assert.match(found?.text ?? "", /max_connections is 200 and not 100.*after a restart of the members/);
    assert.equal(found?.advice, "kubectl rollout restart");
  });

  it("is told where Patroni has left it out: an unknown name, a wrong unit", () => {
    const [unknown, unit] = trouble({ max_conections: "500", shared_buffers: "2Gi" });
    assert.deepEqual([unknown?.severity, unit?.severity], ["problem", "problem"]);
    assert.match(unknown?.text ?? "", /knows no setting max_conections/);
    assert.match(unit?.text ?? "", /shared_buffers is 16384 × 8kB and not 2Gi/);
  });

  it("is told with the server's reason where it refuses a value", () => {
    const log = '2026-11-26 00:00:01 UTC [57] LOG:  invalid value for parameter "TimeZone": "Europe/Berln"\n';
    const file = [{ name: "TimeZone", setting: "Europe/Berln", error: "setting could not be applied" }];
    const [first] = trouble({ timezone: "Europe/Berln" }, { file }, log);
    assert.match(first?.text ?? "", /TimeZone|timezone/i);
    assert.match(first?.text ?? "", /invalid value for parameter "TimeZone"/);
  });

  it("says what waits for a restart, once, and how to restart", () => {
    const settings = [row("max_connections", "100", "integer", undefined, { pending_restart: true })];
    const file = [{ name: "max_connections", setting: "200", error: "setting could not be applied" }];
    const found = trouble({ max_connections: "200" }, { settings, file });
    assert.equal(found.length, 1);
    assert.match(found[0]?.text ?? "", /max_connections is 100 and not 200.*after a restart/);
    assert.equal(found[0]?.advice, "kubectl rollout restart");
  });

  it("tells a line of pg_hba.conf that the server does not understand", () => {
    const [line] = trouble(
      {},
      { hbaErrors: [{ line_number: 12, error: 'invalid IP mask "scram-sha-256"' }] },
    );
    assert.match(line?.text ?? "", /line 12 of pg_hba\.conf.*invalid IP mask/);
  });
});
