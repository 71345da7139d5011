import assert from "node:assert/strict";
import {
  LogCollection,
  MySql,
  NodeMonitoring,
  NodeStorage,
  PostgreSql,
  StatelessApp,
} from "../../components";
import { DEFAULT_IMAGES } from "../../components/common/images";
import { IMAGES as MYSQL_IMAGES } from "../../components/mysql/images";
import { IMAGES as POSTGRESQL_IMAGES } from "../../components/postgresql/images";
import { isImageReference } from "../../components/common/names";
import { MYSQL_LIMITS } from "../../components/mysql/limits";
import { POSTGRESQL_LIMITS } from "../../components/postgresql/limits";
import { record, type Recording } from "./support/recording";
import { mistakes, validStack } from "./support/stack";

const DIGEST = `@sha256:${"0123456789abcdef".repeat(4)}`;

/** Every image that a program's pods have. */
function imagesOf(recording: Recording): string[] {
  const found: string[] = [];
  JSON.stringify(recording.resources, (key, value: unknown) => {
    if (key === "image" && typeof value === "string") found.push(value);
    return value;
  });
  return [...new Set(found)].sort();
}

describe("images", function () {
  this.timeout(20_000);

  it("are in a file of each engine and one for all, by a tag that says a version", async () => {
    const known = new Set<string>();
    JSON.stringify([DEFAULT_IMAGES, MYSQL_IMAGES, POSTGRESQL_IMAGES], (_, value: unknown) => {
      if (typeof value === "string") known.add(value);
      return value;
    });
    for (const image of known) {
      assert.ok(isImageReference(image), image);
      assert.match(image, /^[a-z0-9.-]+\.[a-z]+\/.*:[^:]*\d/, image);
    }
    const used = imagesOf(
      await record(() => {
        const args = { namespace: "databases", storage: "10Gi" };
        for (const version of MYSQL_LIMITS.versions) {
          const backup = { destination: { volume: { claim: "backups" } } };
          new MySql(`m${version.replace(".", "")}`, {
            ...args,
            version,
            backup,
            monitoring: { exporter: {} },
          });
        }
        for (const version of POSTGRESQL_LIMITS.versions) {
          new PostgreSql(`p${version}`, { ...args, version, pooler: {}, monitoring: { exporter: {} } });
        }
        new NodeStorage("nodes", {
          namespace: "databases",
          path: "/data",
          nodes: ["node-1"],
          directories: [],
        });
        new LogCollection("logs", { podNamespace: "databases", to: { stdout: true } });
        new NodeMonitoring("monitoring", {});
      }),
    );
    assert.deepEqual(used, [...known].sort());
  });

  it("may be pinned by a digest, wherever one can be named", async () => {
    const named = ["mysql:8.4", "postgresql:17", "pgbouncer:1", "node:24", "web:1"];
    const pinned = (name: string) => `registry.example/${name}${DIGEST}`;
    const recording = await record(() => {
      const args = { namespace: "databases", storage: "10Gi", agentImage: pinned("node:24") };
      new MySql("m", { ...args, image: pinned("mysql:8.4") });
      new PostgreSql("p", {
        ...args,
        image: pinned("postgresql:17"),
        pooler: { image: pinned("pgbouncer:1") },
      });
      new StatelessApp("web", { namespace: "databases", port: 80, image: pinned("web:1") });
    });
    assert.deepEqual(imagesOf(recording), named.map(pinned).sort());
  });

  it("are refused with a digest that cannot be one", () => {
    for (const digest of ["@sha256:abc", "@md5:0123", `${DIGEST}0`, DIGEST.toUpperCase()]) {
      const databases = { orders: { engine: "mysql", image: `registry.example/mysql:8.4${digest}` } };
      const found = mistakes({ ...validStack, databases }).map(({ key }) => key);
      assert.deepEqual(found, ["stateful:databases.orders.image"], digest);
    }
  });
});
