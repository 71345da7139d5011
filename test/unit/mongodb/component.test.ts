import assert from "node:assert/strict";
import { Durability, InvalidArgsError, MongoDb, type MongoDbArgs } from "../../../components";
import { mongoDbEngine } from "../../../components/mongodb/engine";
import { resolveMongoDb } from "../../../components/mongodb/resolve";
import { recordDatabase } from "../support/database";
import { type Recording, valueOf } from "../support/recording";

const base: MongoDbArgs = { namespace: "databases", storage: "20Gi" };

async function mongodb(
  args: Partial<MongoDbArgs> = {},
): Promise<{ recording: Recording; database: MongoDb }> {
  return recordDatabase(() => new MongoDb("orders", { ...base, ...args }));
}

function problems(args: Partial<MongoDbArgs>): { key: string; text: string }[] {
  try {
    new MongoDb("orders", { ...base, ...args });
  } catch (error) {
    assert.ok(error instanceof InvalidArgsError, String(error));
    return error.problems.map((problem) => ({
      key: problem.key.replace(/^orders\.?/, ""),
      text: JSON.stringify(problem),
    }));
  }
  return [];
}

const promised = (args: Partial<MongoDbArgs>): string => {
  const { survives, canBeLost } = mongoDbEngine.guarantees(resolveMongoDb({ ...base, ...args }));
  return [...survives, "|", ...canBeLost].join("; ");
};

describe("MongoDB", () => {
  it("runs the official image of the version that is named, by its file alone", async () => {
    for (const [version, image] of [
      [undefined, "docker.io/library/mongo:8.0"],
      ["7.0", "docker.io/library/mongo:7.0"],
    ] as const) {
      const { recording } = await mongodb(version === undefined ? {} : { version });
      const { spec } = recording.one("StatefulSet").inputs["spec"].template;
      const [server] = spec.containers;
      assert.equal(server.image, image);
      assert.deepEqual(server.command.slice(2), ["mongod", "--config", "/etc/stateful/config/mongod.conf"]);
      assert.equal(spec.terminationGracePeriodSeconds, 300);
    }
  });

  it("gives clients every member, the set's name, and a majority's acknowledgement", async () => {
    const { database } = await mongodb({ replicas: 3, database: "shop" });
    const text = await valueOf(database.connectionString);
    const [, , user, hosts, path] = /^(mongodb):\/\/([^@]*)@([^/]*)\/(.*)$/.exec(text) ?? [];
    assert.match(user ?? "", /^app(_[ab])?:/);
    assert.deepEqual(
      hosts?.split(","),
      [0, 1, 2].map((ordinal) => `orders-${ordinal}.orders-headless.databases.svc:27017`),
    );
    const url = new URL(`x://h/${path ?? ""}`);
    assert.equal(url.pathname, "/shop");
    assert.deepEqual(Object.fromEntries(url.searchParams), {
      replicaSet: "orders",
      authSource: "admin",
      w: "majority",
      retryWrites: "true",
    });
    const tls = await mongodb({ replicas: 3, tls: { required: true } });
    assert.match(await valueOf(tls.database.connectionString), /[?&]tls=true(&|$)/);
  });

  it("gives them one by the members' SRV records, too, whose default is TLS", async () => {
    const { recording, database } = await mongodb({ replicas: 3, database: "shop" });
    const text = await valueOf(database.srvConnectionString);
    assert.match(text, /^mongodb\+srv:\/\/[^@]+@orders-headless\.databases\.svc\.cluster\.local\/shop\?/);
    assert.match(text, /replicaSet=orders.*&tls=false$/);
    const { ports } = recording.one("Service", "orders-headless").inputs["spec"];
    assert.equal(
      ports.find(({ port }: { port: number }) => port === 27017).name,
      "mongodb",
      "of _mongodb._tcp",
    );
    const tls = await mongodb({ tls: { required: true } });
    assert.match(await valueOf(tls.database.srvConnectionString), /&tls=true$/);
  });

  it("names its set as itself, and shows the port to clients and to members", async () => {
    const { recording, database } = await mongodb({ replicas: 3 });
    assert.equal(await valueOf(database.primaryHost), "orders.databases.svc");
    assert.equal(await valueOf(database.replicasHost), "orders-replicas.databases.svc");
    assert.equal(await valueOf(database.port), 27017);
    const file = recording.one("ConfigMap", "orders-config").inputs["data"]["mongod.conf"] as string;
    const read = JSON.parse(file.slice(file.indexOf("\n"))) as Record<string, Record<string, unknown>>;
    assert.deepEqual(
      [read["replication"]?.["replSetName"], read["net"]?.["port"], read["security"]?.["authorization"]],
      ["orders", 27017, "enabled"],
    );
  });

  it("keeps two accounts of the application by turns, so that a password changes without a moment of refusal", async () => {
    const { database } = await mongodb({ replicas: 3 });
    assert.match(await valueOf(database.username), /^app/);
    assert.equal(await valueOf(database.secretName), "orders-credentials");
  });

  it("promises what a majority has, and says what a client gives away that asks for less", () => {
    assert.match(promised({ replicas: 3 }), /any one member, with the volumes.*\|.*w: 1 or less/);
    assert.match(promised({ replicas: 7 }), /any 3 members.*fewer than 4 of 7/);
    assert.match(promised({ replicas: 1 }), /\|; everything, with the volume/);
  });

  it("refuses what cannot be run, all of it at once", () => {
    const found = problems({
      replicas: 4,
      database: "admin",
      durability: Durability.All,
      tls: { verifyMembers: false },
      resources: { memory: "512Mi" },
      storage: "1Gi",
      username: "admin",
    });
    assert.deepEqual(
      found.map(({ key }) => key).sort(),
      [
        "database",
        "durability",
        "replicas",
        "resources.memory",
        "storage",
        "tls.verifyMembers",
        "username",
      ].sort(),
    );
    assert.match(found.find(({ key }) => key === "replicas")?.text ?? "", /choose 5/);
  });
});
