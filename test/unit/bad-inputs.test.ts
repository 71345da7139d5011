import assert from "node:assert/strict";
import { BAD_BACKUPS } from "./bad-inputs/backup";
import { BAD_FOLLOWS } from "./bad-inputs/follow";
import { BAD_DATABASES } from "./bad-inputs/databases";
import { BAD_NODE_AGENTS } from "./bad-inputs/node-agents";
import { BAD_PODS } from "./bad-inputs/pods";
import { BAD_SCHEDULES } from "./bad-inputs/schedules";
import { BAD_STACKS } from "./bad-inputs/stack-wide";
import { database } from "./bad-inputs/stacks";
import { BAD_STORAGE } from "./bad-inputs/storage";
import { mistakes, validStack } from "./support/stack";

const BAD_INPUTS = [
  ...BAD_STACKS,
  ...BAD_NODE_AGENTS,
  ...BAD_DATABASES,
  ...BAD_PODS,
  ...BAD_BACKUPS,
  ...BAD_FOLLOWS,
  ...BAD_STORAGE,
  ...BAD_SCHEDULES,
];

describe("bad inputs", () => {
  for (const [what, stack, key, advice] of BAD_INPUTS) {
    it(`refuses ${what}`, () => {
      const { plain, ...config } = stack;
      const found = mistakes(config, plain ? [] : ["passwords"]);
      const problem = found.find((candidate) => candidate.key === key && advice.test(candidate.fix));
      assert.ok(problem, `no problem at ${key} with ${advice} among ${JSON.stringify(found, null, 2)}`);
      assert.ok(problem.allowed.length > 0);
    });
  }

  it("reports all of them at once", () => {
    const found = mistakes({
      target: "cloud",
      storage: { path: "/x", iops: 1 },
      databases: { A: { engine: "mysql" }, orders: { engine: "mysql", storage: "1GB", replicas: 2 }, b: [] },
      unknown: 1,
    });
    assert.deepEqual(found.map(({ key }) => key).sort(), [
      "stateful:databases.A",
      "stateful:databases.b",
      "stateful:databases.orders.replicas",
      "stateful:databases.orders.storage",
      "stateful:storage.iops",
      "stateful:storage.path",
      "stateful:unknown",
    ]);
  });

  it("reports all of them within one database too, whatever their kind", () => {
    const found = mistakes(
      database({ replica: 3, storage: "20GB", replicas: "two", settings: { port: 1 }, dataPolicy: "keep" }),
    );
    assert.deepEqual(found.map(({ key }) => key.replace("stateful:databases.orders.", "")).sort(), [
      "dataPolicy",
      "replica",
      "replicas",
      "settings.port",
      "storage",
    ]);
  });

  it("never repeats a secret in a message", () => {
    const found = mistakes(database({ password: "hunter2" }));
    assert.ok(!JSON.stringify(found).includes("hunter2"));
  });

  it("refuses a secret outside stateful:passwords, which would hide the rest of the stack", () => {
    assert.deepEqual(
      mistakes(validStack, ["databases"]).map(({ key }) => key),
      ["stateful:databases"],
    );
  });
});
