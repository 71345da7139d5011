import assert from "node:assert/strict";
import { Cassandra, type LogsArgs, MongoDb, MySql, PostgreSql, Redis } from "../../components";
import { parseMilliseconds } from "../../components/common/quantity";
import { sharedKeys } from "../../stacks/schema/database";
import { recordDatabase } from "./support/database";
import type { Recording } from "./support/recording";

const ENGINES = { Cassandra, MongoDb, MySql, PostgreSql, Redis };
const OF_LOGS = { name: "orders-logs", optional: true };

const recorded = async (Database: typeof MySql, logs?: LogsArgs): Promise<Recording> =>
  (
    await recordDatabase(
      () =>
        new Database("orders", {
          namespace: "shop",
          resources: { memory: "2Gi" },
          ...(logs ? { logs } : {}),
        }),
    )
  ).recording;

function podOf(recording: Recording): { volumes: Record<string, any>[] } {
  return recording.one("StatefulSet").inputs["spec"].template.spec;
}

describe("what is logged of a database", () => {
  for (const [engine, Database] of Object.entries(ENGINES) as [string, typeof MySql][]) {
    it(`comes to the agents of ${engine} by a file that changes while they run`, async () => {
      const one = await recorded(Database, { slowQueries: "500ms" });
      const data = one.one("ConfigMapPatch", "orders-logs-data").inputs["data"]["logs.json"];
      assert.deepEqual(JSON.parse(data), { slowQueriesMilliseconds: 500 });
      const { projected } = podOf(one).volumes.find(({ name }) => name === "credentials") ?? {};
      assert.ok(
        projected.sources.some(({ configMap = {} }) => JSON.stringify(configMap) === JSON.stringify(OF_LOGS)),
      );
      for (const logs of [{ slowQueries: "2s" }, { slowQueries: "off" }, undefined]) {
        assert.deepEqual(podOf(await recorded(Database, logs)), podOf(one), "no pod restarts");
      }
    });
  }

  it("is nothing that is said where nothing is asked for", async () => {
    const without = await recorded(MySql);
    assert.deepEqual(without.all("ConfigMapPatch"), []);
    assert.deepEqual((await recorded(MySql, {})).all("ConfigMapPatch"), []);
  });

  it("can be turned off", async () => {
    const patch = (await recorded(Redis, { slowQueries: "off" })).one("ConfigMapPatch", "orders-logs-data");
    assert.equal(patch.inputs["data"]["logs.json"], '{"slowQueriesMilliseconds":false}');
  });

  it("is what a stack file calls it", () => {
    const read = (slowQueries: unknown): unknown => sharedKeys.logs.parse({ slowQueries });
    assert.deepEqual(read(false), { slowQueries: "off" });
    assert.deepEqual(read(true), { slowQueries: undefined });
    assert.deepEqual(read("1s"), { slowQueries: "1s" });
    assert.throws(() => read(1));
  });

  it("counts in milliseconds, seconds, minutes and hours", () => {
    assert.deepEqual(
      ["250ms", "2s", "1m", "1h", "0ms", "1.5s", "1", "-1s", "1 s", ""].map(parseMilliseconds),
      [250, 2_000, 60_000, 3_600_000, 0, undefined, undefined, undefined, undefined, undefined],
    );
  });
});
