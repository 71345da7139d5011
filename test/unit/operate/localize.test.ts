import assert from "node:assert/strict";
import { refuseProtected } from "../../../operate/deploy/removal-checks";
import { localize, type LocalCluster } from "../../../operate/local/localize";
import { configOf, PROJECT } from "../../../operate/deploy/stack-config";
import { placeholders } from "../../../render/secrets";
import { readStackFile, type StackFile } from "../../../render/stack-file";
import { runProgram } from "../../../render/program";

const CLUSTER: LocalCluster = {
  nodes: ["node1", "node2", "node3"],
  images: [
    "stateful.test/cassandra:5.0",
    "stateful.test/mysql:9.7",
    "stateful.test/node:20",
    "stateful.test/postgresql:17",
    "stateful.test/postgresql:18",
    "stateful.test/tools:1",
    "stateful.test/valkey:8.1",
  ],
};

const example = (name: string) => readStackFile(name, PROJECT, placeholders);

function stack(databases: object, storage: object = {}): StackFile {
  const config = {
    "stateful:target": "bare-metal",
    "stateful:storage": JSON.stringify(storage),
    "stateful:databases": JSON.stringify(databases),
  };
  return { stack: "mine", file: "Pulumi.mine.yaml", path: "", config, secretKeys: [] };
}

describe("a stack on the local cluster", () => {
  for (const name of ["dev", "bare-metal", "cloud"]) {
    it(`asks for nothing that is not there: the example ${name}`, async () => {
      const { file } = localize(example(name), CLUSTER);
      const { objects, cloudResources } = await runProgram(file, placeholders);
      assert.deepEqual(cloudResources, []);
      const text = JSON.stringify(objects);
      const images = [...text.matchAll(/"image":"([^"]+)"/g)].map(([, image]) => image!);
      assert.deepEqual(
        images.filter((image) => !CLUSTER.images.includes(image)),
        [],
      );
      const nodes = [...text.matchAll(/"kubernetes.io\/hostname","operator":"In","values":(\[[^\]]*\])/g)];
      for (const [, values] of nodes) {
        for (const node of JSON.parse(values!) as string[]) assert.ok(CLUSTER.nodes.includes(node), node);
      }
    });
  }

  it("has no agents on its nodes, of which it has no images, but for those that are named as its own", () => {
    const file = stack({ orders: { engine: "mysql" } });
    file.config["stateful:nodeMonitoring"] = "true";
    file.config["stateful:logCollection"] = JSON.stringify({ to: "stdout", image: "stateful.test/tools:1" });
    const { file: local, replacements } = localize(file, CLUSTER);
    assert.equal(local.config["stateful:nodeMonitoring"], undefined);
    assert.equal(local.config["stateful:logCollection"], file.config["stateful:logCollection"]);
    assert.equal(
      replacements.filter((line) => line.startsWith("nodeMonitoring")).length,
      1,
      replacements.join(),
    );
  });

  it("is not backed up: neither by what the stack says nor by what a database does", () => {
    const backup = { destination: { volume: { claim: "backups" } } };
    const file = stack({ orders: { engine: "mysql", backup } });
    file.config["stateful:backup"] = JSON.stringify(backup);
    const { file: local, replacements } = localize(file, CLUSTER);
    assert.equal(local.config["stateful:backup"], undefined);
    assert.ok(!local.config["stateful:databases"]!.includes("backup"));
    assert.equal(replacements.filter((line) => line.includes("backup")).length, 2);
  });

  it("keeps the version of an engine where there is an image of it, and else takes the first", () => {
    const of = (version?: string) => {
      const { file } = localize(stack({ orders: { engine: "postgresql", version } }), CLUSTER);
      const { orders } = JSON.parse(file.config["stateful:databases"]!) as Record<string, { image: string }>;
      return orders?.image.split(":")[1];
    };
    assert.deepEqual([of("18"), of("17"), of("16"), of()], ["18", "17", "17", "17"]);
  });

  it("tells each replacement in a line, what was and what is", () => {
    const { replacements } = localize(example("bare-metal"), CLUSTER);
    for (const line of [
      'storage.nodes: ["node-1","node-2","node-3"] → ["node1","node2","node3"]',
      "storage.requireMount: true → false",
      "databases.orders.image: the default → stateful.test/mysql:9.7",
      "databases.orders.version: 8.4 → 9.7",
      'databases.orders.nodes: ["node-2","node-3","node-1"] → ["node2","node3","node1"]',
      "databases.orders.deletionProtection: true → false",
      'databases.reports.existingSecret: {"name":"reports-passwords","adminPasswordKey":"root"} → none',
    ]) {
      assert.ok(replacements.includes(line), `${line}\nnot among\n${replacements.join("\n")}`);
    }
  });

  it("says what stands in for a cloud's volumes, and lets nobody out to the cloud", () => {
    const { file, replacements } = localize(example("cloud"), CLUSTER);
    assert.ok(replacements.some((line) => /^storage: ebs-gp3 → class csi-loop/.test(line)));
    assert.equal(file.config["aws:region"], undefined);
    assert.equal(configOf(file).target, "bare-metal");
  });

  it("has passwords made, instead of writing those of the stack file to this machine", () => {
    const own = stack({ orders: { engine: "mysql" } });
    const passwords = JSON.stringify({ orders: { password: "of-the-stack-file" } });
    const { file, replacements } = localize(
      { ...own, config: { ...own.config, "stateful:passwords": passwords } },
      CLUSTER,
    );
    assert.doesNotMatch(JSON.stringify(file), /of-the-stack-file/);
    assert.ok(replacements.includes("passwords: those of the stack file → generated ones"));
  });

  it("leaves alone what is there: nothing is replaced the second time", () => {
    const { file } = localize(example("bare-metal"), CLUSTER);
    assert.deepEqual(localize(file, CLUSTER).replacements, []);
  });

  it("never touches the stack's own configuration", () => {
    const file = example("bare-metal");
    const before = structuredClone(file);
    localize(file, CLUSTER);
    assert.deepEqual(file, before);
  });

  it("keeps a path on the nodes' own disk, and moves another there", () => {
    const storage = { className: "manual", nodes: ["a"], nodeStorageImage: "stateful.test/tools:1" };
    const path = (wanted: string) => {
      const { file } = localize(stack({}, { ...storage, path: wanted }), CLUSTER);
      return (JSON.parse(file.config["stateful:storage"]!) as { path: string }).path;
    };
    assert.equal(path("/srv/db"), "/srv/db");
    assert.equal(path("/mnt/data"), "/mnt/data");
    assert.equal(path("/data"), "/mnt/data");
    assert.equal(path("/mntx/data"), "/mnt/data");
  });

  it("asks for no more than one machine has, and never for more than the stack does", () => {
    const resources = (wanted: object) => {
      const { file } = localize(stack({ orders: { engine: "mysql", resources: wanted } }), CLUSTER);
      const databases = JSON.parse(file.config["stateful:databases"]!) as { orders: { resources: object } };
      return databases.orders.resources;
    };
    assert.deepEqual(resources({ cpu: "2", memory: "8Gi" }), { cpu: "250m", memory: "1Gi" });
    assert.deepEqual(resources({ cpu: "100m", memory: "768Mi" }), { cpu: "100m", memory: "768Mi" });
  });

  it("refuses more replicas than there are nodes, and says how to get more", () => {
    const five = stack({ orders: { engine: "mysql", replicas: 5 } });
    assert.throws(() => localize(five, CLUSTER), /replicas is 5.*3 nodes.*up --nodes 5/s);
  });

  it("takes what describes an image away with it", () => {
    const own = {
      engine: "postgresql",
      image: "registry.example.com/pg:18",
      userId: 26,
      binaries: "/usr/pgsql-18/bin",
    };
    const { file } = localize(stack({ orders: own }), CLUSTER);
    const { orders } = JSON.parse(file.config["stateful:databases"] as string);
    assert.deepEqual(
      [orders.image, orders.version, orders.userId, orders.binaries],
      ["stateful.test/postgresql:17", "17", undefined, undefined],
    );
  });

  it("takes an engine's image by what that is called, which may be another name", () => {
    const { file } = localize(stack({ cart: { engine: "redis" } }), CLUSTER);
    const { cart } = JSON.parse(file.config["stateful:databases"] as string);
    assert.deepEqual([cart.image, cart.version], ["stateful.test/valkey:8.1", "8.1"]);
    const other = localize(stack({ cart: { engine: "redis", version: "8.0" } }), CLUSTER);
    assert.equal(JSON.parse(other.file.config["stateful:databases"] as string).cart.image, undefined);
  });

  it("leaves mistakes for the check of the configuration", () => {
    const { file } = localize(stack({ orders: "mysql" }), CLUSTER);
    assert.throws(() => configOf(file), /stateful:databases\.orders/);
  });
});

describe("down", () => {
  it("refuses while a database is protected, and names the key", async () => {
    const bareMetal = await runProgram(example("bare-metal"), placeholders);
    assert.throws(() => {
      refuseProtected(bareMetal, "Pulumi.bare-metal.yaml");
    }, /orders, reports, billing, cart, events are protected.*stateful:databases\.orders\.deletionProtection.*Pulumi\.bare-metal\.yaml/);
    refuseProtected(await runProgram(example("dev"), placeholders), "Pulumi.dev.yaml");
  });

  it("refuses while the storage is protected, which no database's key sets free", async () => {
    const cloud = example("cloud");
    const databases = JSON.parse(cloud.config["stateful:databases"]!) as Record<string, object>;
    const free = Object.entries(databases).map(([name, args]) => [
      name,
      { ...args, deletionProtection: false },
    ]);
    const config = { ...cloud.config, "stateful:databases": JSON.stringify(Object.fromEntries(free)) };
    const program = await runProgram({ ...cloud, config }, placeholders);
    assert.throws(() => {
      refuseProtected(program, "Pulumi.cloud.yaml");
    }, /^Error: Nothing was removed: the storage is protected.*set stateful:storage\.deletionProtection to false/);
  });
});
