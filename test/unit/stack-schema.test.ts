import assert from "node:assert/strict";
import { Durability } from "../../components/database/args";
import { DATABASE_DEFAULTS } from "../../components/database/defaults";
import { ENGINE_NAMES, ENGINES } from "../../stacks/engines";
import { database } from "./bad-inputs/stacks";
import { mistakes, read } from "./support/stack";

describe("the schema of a stack file's database", () => {
  it("offers what its engine takes, and nothing that only another one does", () => {
    for (const engine of ENGINE_NAMES) {
      const own = Object.keys(ENGINES[engine].schema.shape);
      const [unknown] = mistakes(database({ engine, replica: 3 }));
      assert.deepEqual(unknown?.allowed.split(", ").sort(), own.sort(), engine);
    }
    const [typo] = mistakes(database({ engine: "mysql", poler: {} }));
    assert.doesNotMatch(`${typo!.allowed} ${typo!.fix}`, /pooler/);
    assert.match(mistakes(database({ engine: "postgresql", poler: {} }))[0]!.fix, /did you mean "pooler"/);
  });

  it("says whose a key is that only another engine has, and checks the rest", () => {
    const found = mistakes(database({ engine: "mysql", pooler: {}, storage: "20GB" }));
    assert.deepEqual(found.map(({ key, fix }) => `${key.split(".").at(-1)!}: ${fix}`).sort(), [
      "pooler: remove it: mysql has no pooler",
      "storage: write it like 20Gi",
    ]);
  });

  it("names the choices that its engine has", () => {
    const allowed = (engine: string) => mistakes(database({ engine, durability: "some" }))[0]!.allowed;
    assert.equal(allowed("mysql"), "majority, all");
    assert.equal(allowed("postgresql"), Object.values(Durability).join(", "));
  });

  it("checks what every engine has also where the engine is a mistake", () => {
    const found = mistakes(database({ engine: "mysq", replicas: "two" }));
    assert.deepEqual(found.map(({ key }) => key.split(".").at(-1)).sort(), ["engine", "replicas"]);
  });

  it("tells of a short form's mistake what was written, and checks on", () => {
    const found = mistakes(database({ exposure: "public", storage: "20GB" }));
    assert.deepEqual(found.map(({ key, value }) => [key.split(".orders.")[1], value]).sort(), [
      ["exposure.type", "public"],
      ["storage", "20GB"],
    ]);
  });

  it("has every default filled in once it is read", () => {
    const [orders] = read(database({ storage: undefined })).databases;
    const { args } = orders!;
    assert.equal(args.storage, DATABASE_DEFAULTS.storage);
    assert.equal(args.replicas, DATABASE_DEFAULTS.replicas);
    assert.equal(args.resources.memory, DATABASE_DEFAULTS.memory);
  });
});

describe("storage in the cloud", () => {
  const typeOf = (storage: object) => {
    const config = read({ target: "cloud", storage, databases: { orders: { engine: "mysql" } } }, []);
    return config.target === "cloud" ? config.storage.type : "on bare metal";
  };

  it("is gp3 without being asked, where a class is made at all", () => {
    assert.equal(typeOf({ className: "fast" }), "gp3");
    assert.equal(typeOf({ iops: 4000 }), "gp3");
    assert.equal(typeOf({ type: "gp3" }), "gp3");
    assert.equal(typeOf({}), undefined);
    assert.equal(typeOf({ deletionProtection: false }), undefined);
    assert.equal(typeOf({ className: "premium-rwo", existing: true }), undefined);
  });
});
