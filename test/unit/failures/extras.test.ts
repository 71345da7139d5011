import assert from "node:assert/strict";
import { extras } from "../../e2e/support/deploy/extras";
import { LOCAL, stackConfig } from "../../e2e/support/deploy/measured-database";
import { engines } from "../../e2e/support/engines/registry";
import { mistakes } from "../support/stack";

const IMAGES = { tools: "registry.example/tools:1.0", pgbouncer: "registry.example/pgbouncer:1.24" };

describe("what failures are measured with beside the servers", () => {
  for (const engine of Object.values(engines)) {
    it(`is a stack that ${engine.name} can have`, () => {
      const beside = extras(engine, IMAGES, engine.exporter?.image);
      const config = stackConfig(engine.name, engine, {
        nodes: Array.from({ length: engine.replicas }, (_, index) => `node-${index + 1}`),
        storageClass: LOCAL,
        database: engine.images.bed.database ?? {},
        toolsImage: IMAGES.tools,
        ...beside,
      });
      const keys = Object.entries(config).map(([key, value]) => [key.replace("stateful:", ""), value]);
      assert.deepEqual(mistakes(Object.fromEntries(keys) as Record<string, unknown>), []);
      assert.match(beside.what, /^a sidecar\b/);
    });
  }

  it("has a database that follows where it says so", () => {
    const beside = extras(engines.postgresql, IMAGES, undefined);
    const setup = {
      nodes: ["node-1"],
      storageClass: LOCAL,
      database: {},
      toolsImage: IMAGES.tools,
      ...beside,
    };
    const databases = stackConfig("db", engines.postgresql, setup)["stateful:databases"] as Record<
      string,
      { replicas?: number; follow?: { host: string } }
    >;
    assert.match(beside.what, /follows it/);
    const { replicas, follow } = databases["db-follower"] ?? {};
    assert.deepEqual([replicas, follow?.host], [1, "db.e2e-failures.svc"]);
  });

  it("is told in words, as far as there is of it", () => {
    assert.equal(extras({}, IMAGES, undefined).what, "a sidecar");
    assert.equal(extras({}, IMAGES, "exporter:1").what, "a sidecar and an exporter");
    const own = { what: "a second user", args: () => ({ users: {} }) };
    assert.equal(
      extras({ extras: own }, IMAGES, "exporter:1").what,
      "a sidecar, an exporter and a second user",
    );
  });
});
