import assert from "node:assert/strict";
import type { Manifest } from "../../e2e/support/engines/engine";
import { mysql } from "../../e2e/support/engines/mysql";
import { stackConfig } from "../../e2e/support/deploy/measured-database";
import { faults } from "../../e2e/support/faults/faults";
import { faultNames } from "../../e2e/support/faults/names";
import { readOptions } from "../../e2e/support/options";
import { calm } from "../../e2e/support/run";
import { resolveMySql } from "../../../components/mysql/resolve";
import { serverConfig } from "../../../components/mysql/server-config";
import { ms, silent, standby } from "./logs";
import { ENGINE_NAMES } from "../../../stacks/engines";

describe("the options of npm run failures", () => {
  it("measure every fault ten times, on local volumes", () => {
    const options = readOptions(["--engine", "mysql"])!;
    assert.deepEqual(options.faults, faultNames);
    assert.deepEqual([options.runs, options.resume, options.storageClass], [10, false, "local"]);
  });

  it("take the fault of a guarantee that is switched off, once", () => {
    const options = readOptions(["--engine", "mysql", "--without", "durable-commit"]);
    assert.deepEqual([options?.faults, options?.runs], [["node-stopped"], 1]);
  });

  it("record the course of one run of one fault", () => {
    const options = readOptions(["--engine", "mysql", "--fault", "server-killed", "--timeline"]);
    assert.deepEqual([options?.timeline, options?.faults, options?.runs], [true, ["server-killed"], 1]);
    for (const faults of [
      [],
      ["--fault", "partition", "--fault", "disk-full"],
      ["--fault", "volumes-lost"],
    ]) {
      assert.throws(
        () => readOptions(["--engine", "mysql", "--timeline", ...faults]),
        /--timeline needs one --fault of pod-deleted/,
      );
    }
  });

  it("need no cluster for the matrix alone", () => {
    assert.equal(readOptions(["--matrix"]), undefined);
  });

  it("are refused with every mistake at once, and what is allowed", () => {
    const mistakes = ["--engine", "mysq", "--fault", "fire", "--runs", "0"];
    assert.throws(
      () => readOptions(mistakes),
      ({ message }: Error) => {
        assert.ok(message.includes(`--engine is one of ${ENGINE_NAMES.join(", ")}, not \`mysq\``), message);
        assert.match(message, /--fault is one of pod-deleted.*, not `fire`/);
        assert.match(message, /--runs is a number from 1, not `0`/);
        return true;
      },
    );
    assert.throws(() => readOptions(["--engine"]), /Usage:/);
    const twice = ["--engine", "mysql", "--without", "replicas", "--fault", "partition"];
    assert.throws(() => readOptions(twice), /--without has a fault of its own/);
    assert.throws(
      () => readOptions(["--engine", "mysql", "--without", "x"]),
      /one of durable-commit.*, not `x`/,
    );
  });
});

describe("a guarantee of MySQL that is switched off", () => {
  const setup = { nodes: ["n1", "n2", "n3"], storageClass: "local", database: {}, toolsImage: "tools" };

  it("changes the measured database in that alone", () => {
    const database = (without?: string) => {
      const guarantee = without === undefined ? undefined : mysql.guarantees[without];
      const all = stackConfig("db", mysql, setup, guarantee)["stateful:databases"];
      return (all as Record<string, Record<string, unknown>>)["db"] ?? {};
    };
    assert.deepEqual(database("replicas"), { ...database(), replicas: 1 });
  });

  it("changes an option that the stack file refuses to change, and says so when there is none", () => {
    const file: Manifest = {
      kind: "ConfigMap",
      metadata: { name: "config" },
      data: { "my.cnf": serverConfig(resolveMySql({ namespace: "databases" })) },
    };
    mysql.guarantees["expel-timeout"]?.adapt?.(file);
    const { "my.cnf": changed } = file["data"] as Record<string, string>;
    assert.match(changed ?? "", /^loose_group_replication_member_expel_timeout = 30$/m);
    const empty: Manifest = {
      kind: "ConfigMap",
      metadata: { name: "config" },
      data: { "my.cnf": "[mysqld]\n" },
    };
    assert.throws(() => mysql.guarantees["expel-timeout"]?.adapt?.(empty), /no loose_group.* to change/);
  });

  it("has a fault under which a figure is asked, where a gap is expected", () => {
    for (const { fault, expected } of Object.values(mysql.guarantees)) {
      assert.ok(expected !== "gap" || mysql.asked[fault].writeGapSeconds !== undefined, fault);
    }
  });
});

describe("the end of a recovery", () => {
  it("is when a member has answered for a while since the fault", () => {
    const before = standby(80, 120, "db-0");
    assert.equal(calm(before, "db-0", "node1", ms(100)), true);
    assert.equal(calm(before, "db-0", "node1", ms(110)), false);
    assert.equal(calm(before, "db-1", "node1", ms(100)), false);
    assert.equal(calm(before, "db-0", "node2", ms(100)), false);
  });

  it("is put off by each attempt without an answer", () => {
    const away = [...standby(80, 99, "db-0"), ...silent(100, 110, "db-0"), ...standby(111, 120, "db-0")];
    assert.equal(calm(away, "db-0", "node1", ms(100)), false);
    assert.equal(calm([...away, ...standby(121, 127, "db-0")], "db-0", "node1", ms(100)), true);
  });
});

describe("faults", () => {
  it("leave nodes and the API server of others alone", () => {
    const onBedOnly = faultNames.filter((name) => faults[name].onBedOnly);
    assert.deepEqual(onBedOnly, ["node-stopped", "partition", "disk-hung", "api-server-down"]);
  });
});
