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
  more: { settings?: object[]; fileErrors?: object[]; hbaErrors?: object[] } = {},
  log = "",
) => {
  const { settings = SETTINGS, fileErrors = [], hbaErrors = [] } = more;
  const found = settingsTrouble(
    wanted,
    { settings, fileErrors, hbaErrors } as never,
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
      wal_compression: "on",
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

  it("is told where Patroni has left it out: an unknown name, a wrong unit", () => {
    const [unknown, unit] = trouble({ max_conections: "500", shared_buffers: "2Gi" });
    assert.deepEqual([unknown?.severity, unit?.severity], ["problem", "problem"]);
    assert.match(unknown?.text ?? "", /knows no setting max_conections/);
    assert.match(unit?.text ?? "", /shared_buffers is 16384 × 8kB and not 2Gi/);
  });

  it("is told with the server's reason where it refuses a value", () => {
    const log = '2026-11-26 00:00:01 UTC [57] LOG:  invalid value for parameter "TimeZone": "Europe/Berln"\n';
    const fileErrors = [{ name: "TimeZone", setting: "Europe/Berln", error: "setting could not be applied" }];
    const [first] = trouble({ timezone: "Europe/Berln" }, { fileErrors }, log);
    assert.match(first?.text ?? "", /TimeZone|timezone/i);
    assert.match(first?.text ?? "", /invalid value for parameter "TimeZone"/);
  });

  it("says what waits for a restart, once, and how to restart", () => {
    const settings = [row("max_connections", "100", "integer", undefined, { pending_restart: true })];
    const fileErrors = [{ name: "max_connections", setting: "200", error: "setting could not be applied" }];
    const found = trouble({ max_connections: "200" }, { settings, fileErrors });
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
