import * as assert from "node:assert/strict";
import { Problems } from "../../../components/common/problems";
import type { MongoDbArgs } from "../../../components/mongodb/args";
import { checkMongoDb } from "../../../components/mongodb/checks";
import { settingsOf } from "../../../components/mongodb/protocol";
import { resolveMongoDb } from "../../../components/mongodb/resolve";
import { serverConfig } from "../../../components/mongodb/server-config";
import { versionRefusal } from "../../../components/mongodb/version-refusal";

/** What is found wrong, each as a line. */
function mistakes(args: Omit<MongoDbArgs, "namespace">): string[] {
  const problems = new Problems("orders");
  checkMongoDb("orders", args, problems);
  return problems.found.map(({ key, value, allowed, fix }) => `${key} ${String(value)}: ${allowed}: ${fix}`);
}

/** The server's file, read as it reads it. */
function fileOf(args: Partial<MongoDbArgs>): Record<string, Record<string, unknown>> {
  const text = serverConfig("orders", resolveMongoDb({ namespace: "shop", ...args }));
  return JSON.parse(text.slice(text.indexOf("{", text.indexOf("\n")))) as Record<
    string,
    Record<string, unknown>
  >;
}

describe("MongoDB's settings", () => {
  it("are taken where the server would take them", () => {
    const settings = {
      "operationProfiling.filter": "{}",
      "storage.wiredTiger.engineConfig.cacheSizeGB": "0.3",
      "net.compression.compressors": "zstd, snappy",
      "security.javascriptEnabled": "false",
      "setParameter.cursorTimeoutMillis": "1000",
    };
    assert.deepEqual(mistakes({ settings }), []);
    const file = fileOf({ settings });
    assert.deepEqual(file["operationProfiling"], { slowOpThresholdMs: 2147483647, filter: "{}" });
    assert.equal(file["security"]?.["javascriptEnabled"], false);
    assert.equal(file["setParameter"]?.["cursorTimeoutMillis"], 1000);
    assert.deepEqual(file["storage"]?.["wiredTiger"], { engineConfig: { cacheSizeGB: 0.3 } });
  });

  it("are refused where it would not start, or start as something else, with what is meant", () => {
    const refused: [name: string, value: string, said: RegExp][] = [
      ["cursorTimeoutMillis", "1000", /write it as setParameter\.cursorTimeoutMillis/],
      ["cacheSizeGB", "1", /write storage\.wiredTiger\.engineConfig\.cacheSizeGB instead/],
      ["wiredTigerCacheSizeGB", "1", /write storage\.wiredTiger\.engineConfig\.cacheSizeGB instead/],
      ["storage.wiredTiger.engineConfig.cacheSizeGb", "1", /cacheSizeGB/],
      [
        "storage.wiredTiger.engineConfig.cacheSizeGB",
        "1Gi",
        /a number of GiB from 0\.25 to 10000, without a unit/,
      ],
      ["operationProfiling.mode", "slow", /off, slowOp, all/],
      ["operationProfiling.mode", "slowOp", /logs\.slowQueries/],
      ["operationProfiling.slowOpThresholdMs", "50", /logs\.slowQueries/],
      ["security.javascriptEnabled", "off", /write it as "false"/],
      ["net.bindIp", "127.0.0.1", /remove it: the Services point at 27017/],
      ["replication.replSetName", "rs0", /remove it/],
      ["security.keyFile", "/x", /accounts are made from the Secret/],
      ["storage.journal.enabled", "false", /there always is a journal/],
      ["setParameter.enableTestCommands", "1", /remove it/],
      ["replication.oplogSizeMB", "100", /from 990/],
      ["no.such.setting", "1", /none of those that can be given here/],
    ];
    for (const [name, value, said] of refused) {
      const found = mistakes({ settings: { [name]: value } });
      assert.equal(found.length, 1, name);
      assert.match(found[0] ?? "", said, name);
    }
  });

  it("are refused where they ask for more memory than a member has", () => {
    const settings = { "storage.wiredTiger.engineConfig.cacheSizeGB": "2" };
    assert.match(mistakes({ settings }).join("\n"), /storage\.wiredTiger\.engineConfig\.cacheSizeGB/);
    assert.deepEqual(mistakes({ settings, resources: { memory: "4Gi" } }), []);
  });
});

describe("MongoDB's arguments", () => {
  it("are refused that no replica set could keep", () => {
    for (const replicas of [2, 4, 6, 9]) assert.equal(mistakes({ replicas }).length, 1, `${replicas}`);
    for (const replicas of [1, 3, 5, 7]) assert.deepEqual(mistakes({ replicas }), []);
    assert.equal(mistakes({ resources: { memory: "512Mi" } }).length, 1);
    assert.equal(mistakes({ version: "6.0" }).length, 1);
    assert.match(mistakes({ storage: "2Gi" }).join(), /at least 4Gi/);
    for (const database of ["admin", "local", "config", "a.b", "a$"])
      assert.equal(mistakes({ database }).length, 1, database);
    for (const username of ["admin", "__system"]) assert.ok(mistakes({ username }).length > 0, username);
  });

  it("become the servers' file: sizes of the memory and the volume, and what no setting changes", () => {
    const file = fileOf({ resources: { memory: "5Gi" }, storage: "100Gi", tls: { required: true } });
    assert.deepEqual(file["storage"], {
      dbPath: "/data/data",
      wiredTiger: { engineConfig: { cacheSizeGB: 2 } },
    });
    assert.deepEqual(file["replication"], { replSetName: "orders", oplogSizeMB: 10_240 });
    assert.equal((file["net"]?.["tls"] as Record<string, unknown>)["mode"], "requireTLS");
    assert.equal(file["security"]?.["authorization"], "enabled");
    assert.equal(file["setParameter"]?.["enableLocalhostAuthBypass"], false);
    const least = fileOf({ resources: { memory: "1Gi" }, storage: "4Gi" });
    assert.equal(least["replication"]?.["oplogSizeMB"], 1024);
    assert.deepEqual(least["storage"]?.["wiredTiger"], { engineConfig: { cacheSizeGB: 0.25 } });
    assert.equal((least["net"]?.["tls"] as Record<string, unknown>)["mode"], "preferTLS");
  });

  it("tell the agents beside that whether the data is to stay as the version before reads it", () => {
    const text = (hold?: boolean): string =>
      serverConfig(
        "orders",
        resolveMongoDb({
          namespace: "shop",
          ...(hold === undefined ? {} : { holdFeatureCompatibility: hold }),
        }),
      );
    assert.deepEqual(settingsOf(text(true)), { holdsFeatures: true });
    assert.deepEqual(settingsOf(text()), { holdsFeatures: false });
    assert.deepEqual(settingsOf("{}"), { holdsFeatures: false });
  });

  it("of another version are refused where the data could not be read", () => {
    const at = (version: string): object => ({ metadata: { annotations: { "stateful/version": version } } });
    const refusal = (had: string, wanted: string): string | undefined =>
      versionRefusal("orders", at(had), at(wanted));
    assert.equal(refusal("7.0", "8.0"), undefined);
    assert.equal(refusal("8.0", "8.0"), undefined);
    assert.match(refusal("8.0", "7.0") ?? "", /an older server does not read/);
  });
});
