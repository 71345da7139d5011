import assert from "node:assert/strict";
import { load } from "js-yaml";
import type { CassandraArgs } from "../../../components/cassandra";
import { checkCassandra } from "../../../components/cassandra/checks";
import { resolveCassandra } from "../../../components/cassandra/resolve";
import { serverConfig } from "../../../components/cassandra/server-config";
import { cassandraLanguage } from "../../../components/cassandra/settings/language";
import { Problems } from "../../../components/common/problems";

const base: CassandraArgs = { namespace: "databases", storage: "20Gi" };

function problems(args: Partial<CassandraArgs>): { key: string; text: string }[] {
  const all = new Problems("");
  checkCassandra("events", { ...base, ...args }, all);
  return all.found.map((problem) => ({ key: problem.key, text: JSON.stringify(problem) }));
}

function file(args: Partial<CassandraArgs>): Record<string, unknown> {
  return load(serverConfig(resolveCassandra({ ...base, ...args }))) as Record<string, unknown>;
}

describe("Cassandra's settings", () => {
  it("are refused where the ring's agreement rests on them, with the reason, and by names of another time", () => {
    const settings = {
      seed_provider: "SimpleSeedProvider",
      "Listen-Address": "198.18.0.1",
      num_tokens: "256",
      commitlog_sync: "periodic",
      hinted_handoff_enabled: "false",
      authenticator: "AllowAllAuthenticator",
      default_keyspace_rf: "1",
      sai_options: "x",
      max_hint_window: "10m",
      read_request_timeout_in_ms: "5000",
      read_request_timeot: "5s",
      enable_user_defined_functions: "true",
    };
    const all = problems({ settings });
    assert.deepEqual(
      all.map(({ key }) => key),
      Object.keys(settings).map((key) => `settings.${key}`),
    );
    const text = (key: string): string => all.find((one) => one.key === `settings.${key}`)?.text ?? "";
    assert.match(text("commitlog_sync"), /durability says it/);
    assert.match(text("max_hint_window"), /at least 3h/);
    assert.match(text("read_request_timeout_in_ms"), /write read_request_timeout instead/);
    assert.match(text("read_request_timeot"), /read_request_timeout/);
  });

  it("are refused where the server cannot read them, with how it is meant", () => {
    const settings: Record<string, [string, RegExp]> = {
      read_request_timeout: ["5000", /write it as \\"5000ms\\"/],
      write_request_timeout: ["2 s", /write it as \\"2s\\"/],
      index_summary_resize_interval: ["60s", /right behind it: m, h, d/],
      file_cache_size: ["64MB", /write it as \\"64MiB\\"/],
      column_index_size: ["4096B", /KiB, MiB, GiB/],
      compaction_throughput: ["64MB/s", /write it as \\"64MiB\/s\\"/],
      stream_throughput_outbound: ["64MiB", /write it as \\"64MiB\/s\\"/],
      gc_warn_threshold: ["36d", /up to|to 2147483646 ms|from 0/],
      auto_snapshot: ["yes", /write it as \\"true\\"/],
      concurrent_reads: ["1.5", /whole number/],
      phi_convict_threshold: ["high", /a number/],
      internode_compression: ["DC", /write it as \\"dc\\"/],
      read_consistency_levels_disallowed: ["ANY, ON", /some of ANY/],
    };
    const all = problems({
      settings: Object.fromEntries(Object.entries(settings).map(([key, [value]]) => [key, value])),
    });
    for (const [key, [, expected]] of Object.entries(settings)) {
      assert.match(all.find((one) => one.key === `settings.${key}`)?.text ?? "", expected, key);
    }
    assert.equal(all.length, Object.keys(settings).length);
  });

  it("are taken in the server's own ways of writing, over ours where they may be", () => {
    const config = file({
      settings: {
        "read-request-timeout": "5s",
        auto_snapshot: "FALSE",
        concurrent_reads: "64",
        phi_convict_threshold: "12",
        compaction_throughput: "0MiB/s",
        internode_compression: "dc",
        commitlog_compression: "ZstdCompressor",
        write_consistency_levels_disallowed: "ANY, ONE",
        native_transport_max_concurrent_connections: "9223372036854775807",
      },
    });
    assert.equal(config["read_request_timeout"], "5s");
    assert.equal(config["auto_snapshot"], false);
    assert.equal(config["concurrent_reads"], 64);
    assert.equal(config["phi_convict_threshold"], 12);
    assert.equal(config["compaction_throughput"], "0MiB/s");
    assert.equal(config["commitlog_compression"], "ZstdCompressor");
    assert.deepEqual(config["write_consistency_levels_disallowed"], ["ANY", "ONE"]);
    assert.equal(config["native_transport_max_concurrent_connections"], "9223372036854775807");
  });

  it("have a table that takes what the server starts with, and reasons for those that there are", () => {
    const { table, reserved, restricted, replaced, mistakeOf } = cassandraLanguage("5.0");
    for (const setting of table.values()) {
      if (setting.default === "" || setting.name in reserved) continue;
      const { name, default: value } = setting;
      assert.equal(mistakeOf(setting, value) ?? restricted[name]?.(value), undefined, name);
    }
    for (const name of [...Object.keys(reserved), ...Object.keys(restricted)]) {
      assert.ok(table.has(name), name);
    }
    for (const [old, advice] of Object.entries(replaced)) {
      assert.ok(!table.has(old), old);
      const [, instead] = /^write (\w+) instead/.exec(advice) ?? [];
      if (instead === undefined) continue;
      assert.ok(table.has(instead) && !(instead in reserved), instead);
    }
  });
});
