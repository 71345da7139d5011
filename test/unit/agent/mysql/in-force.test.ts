import * as assert from "node:assert/strict";
import { settingsTrouble } from "../../../../agent/mysql/in-force";

const trouble = (file: string, variables: [string, string, string?][]) =>
  [
    ...settingsTrouble(
      `[mysqld]\n${file}\n`,
      variables.map(([name, value, source = "EXPLICIT"]) => ({ name, value, source })),
    ).values(),
  ].map(({ severity, text }) => ({ severity, text }));

describe("what a MySQL server makes of its settings", () => {
  it("is what was asked for, however that is written", () => {
    const file = `max-connections = 200
      innodb_buffer_pool_size = 128M
      skip_name_resolve
      require_secure_transport = OFF
      sql_mode = "NO_ZERO_DATE,STRICT_TRANS_TABLES"
      default_time_zone = Europe/Berlin
      secure_file_priv = NULL
      loose_group_replication_consistency = AFTER
      binlog_do_db = app`;
    const variables: [string, string][] = [
      ["max_connections", "200"],
      ["innodb_buffer_pool_size", "134217728"],
      ["skip_name_resolve", "ON"],
      ["require_secure_transport", "OFF"],
      ["sql_mode", "STRICT_TRANS_TABLES,NO_ZERO_DATE"],
      ["time_zone", "Europe/Berlin"],
      ["secure_file_priv", ""],
      ["group_replication_consistency", "AFTER"],
    ];
    assert.deepEqual(trouble(file, variables), []);
  });

  it("is told where it was set otherwise since, and is then a problem", () => {
    const [one, other] = trouble("max_connections = 200\nsync_binlog = 1", [
      ["max_connections", "10", "DYNAMIC"],
      ["sync_binlog", "0", "PERSISTED"],
    ]);
    assert.equal(one?.severity, "problem");
    assert.match(one.text, /max_connections is 10 and not 200.*SET GLOBAL/);
    assert.match(other?.text ?? "", /sync_binlog is 0 and not 1.*SET PERSIST/);
  });

  it("is told where the server has adjusted a number, and where it knows no loose one", () => {
    const found = trouble("max_connections = 9000\nloose_audit_log = ON", [["max_connections", "8000"]]);
    assert.deepEqual(
      found.map(({ severity }) => severity),
      ["notice", "notice"],
    );
    assert.match(found[0]?.text ?? "", /8000 and not 9000.*adjusted/);
    assert.match(found[1]?.text ?? "", /leaves loose_audit_log out/);
  });

  it("does not take texts that the server writes otherwise for others", () => {
    assert.deepEqual(trouble("sql_mode = ANSI", [["sql_mode", "REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI"]]), []);
    assert.deepEqual(trouble("tmpdir = /tmp/", [["tmpdir", "/tmp"]]), []);
    assert.deepEqual(trouble("slow_query_log = 1", [["slow_query_log", "ON"]]), []);
    assert.deepEqual(trouble("event_scheduler = 2", [["event_scheduler", "DISABLED"]]), []);
    assert.deepEqual(trouble("long_query_time = .25", [["long_query_time", "0.250000"]]), []);
  });

  it("does not take a number that was left to the server for one that it has adjusted", () => {
    const sizes: [string, string][] = [["performance_schema_digests_size", "10000"]];
    assert.deepEqual(trouble("performance_schema_digests_size = -1", sizes), []);
    const set: [string, string, string][] = [["performance_schema_digests_size", "5", "DYNAMIC"]];
    assert.equal(trouble("performance_schema_digests_size = -1", set).length, 1);
  });
});
