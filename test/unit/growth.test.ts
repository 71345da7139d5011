import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { Cassandra, InvalidArgsError, MongoDb, MySql, PostgreSql, Redis } from "../../components";
import { record, type Recording } from "./support/recording";

const ENGINES = { Cassandra, MongoDb, MySql, PostgreSql, Redis };
const GIB = 1024 ** 3;
const GROWTH = { upTo: "100Gi", atPercent: 70 };

interface Given {
  storage?: string;
  storageGrowth?: { upTo: string };
  storageExpandable?: boolean;
  backup?: object;
}

/** The database `orders` of three, with what its agents have written down of its volumes so far. */
async function made(Database: typeof MySql, given: Given, written?: string): Promise<Recording> {
  return record(
    () => {
      const retainingProvider = new k8s.Provider("retaining", { upsertExistingObjects: true });
      const shared = { namespace: "shop", replicas: 3, resources: { memory: "2Gi" }, storage: "20Gi" };
      new Database("orders", { ...shared, retainingProvider, ...given });
    },
    {
      answers: ({ type, name }) => {
        if (type.endsWith(":RandomPassword")) return { result: "generated" };
        if (name !== "orders-growth-found") return undefined;
        return { data: written === undefined ? undefined : { "storage-size": written } };
      },
    },
  );
}

const sizes = (recording: Recording): string[] =>
  recording.all("PersistentVolumeClaim").map(({ inputs }) => inputs["spec"].resources.requests.storage);
const template = (recording: Recording) => recording.one("StatefulSet").inputs["spec"].template;

describe("volumes that grow by themselves", () => {
  for (const [engine, Database] of Object.entries(ENGINES) as [string, typeof MySql][]) {
    it(`are told of to the agents of ${engine} by a file, and nothing restarts when that changes`, async () => {
      const one = await made(Database, { storageGrowth: GROWTH });
      const { data } = one.one("ConfigMapPatch", "orders-growth-data").inputs;
      assert.deepEqual(JSON.parse(data["growth.json"]), {
        upToBytes: 100 * GIB,
        atPercent: 70,
        byPercent: 25,
      });
      assert.deepEqual(sizes(one), ["20Gi", "20Gi", "20Gi"], "nothing has grown yet");
      for (const given of [{ storageGrowth: { upTo: "50Gi" } }, {}]) {
        assert.deepEqual(template(await made(Database, given)), template(one));
      }
    });
  }

  it("keep the size that they have grown to: no deployment asks for less, and a new replica has it too", async () => {
    assert.deepEqual(sizes(await made(MySql, { storageGrowth: GROWTH }, "25Gi")), ["25Gi", "25Gi", "25Gi"]);
    const raised = await made(MySql, { storageGrowth: GROWTH, storage: "30Gi" }, "25Gi");
    assert.deepEqual(sizes(raised), ["30Gi", "30Gi", "30Gi"]);
    const nonsense = await made(MySql, { storageGrowth: GROWTH }, "large");
    assert.deepEqual(sizes(nonsense), ["20Gi", "20Gi", "20Gi"]);
  });

  it("have their size written down where it outlives the stack, as they do", async () => {
    const { opts, provider, inputs } = (await made(MySql, { storageGrowth: GROWTH })).one(
      "ConfigMap",
      "orders-growth",
    );
    assert.equal(opts.retainOnDelete, true);
    assert.equal(provider, "retaining");
    assert.equal(inputs["data"], undefined, "what agents have written is not applied over");
  });

  it("take back a size that agents own, where the program asks for more", async () => {
    const { annotations } = (await made(MySql, { storageGrowth: GROWTH })).one(
      "PersistentVolumeClaim",
      "orders-data-0",
    ).inputs["metadata"];
    assert.equal(annotations["pulumi.com/patchForce"], "true");
    assert.equal(annotations["stateful/grows-up-to"], "100Gi");
  });

  it("are what the account may change, by name and size, and only where they grow", async () => {
    const of = async (given: Given) => {
      const recording = await made(MySql, given);
      const rules = recording.one("Role").inputs["rules"] as {
        resources: string[];
        resourceNames: string[];
      }[];
      return {
        claims: rules.filter(({ resources }) => resources.includes("persistentvolumeclaims")),
        policy: JSON.stringify(recording.one("ValidatingAdmissionPolicy").inputs["spec"]),
      };
    };
    const without = await of({});
    assert.deepEqual(without.claims, []);
    assert.doesNotMatch(without.policy, /persistentvolumeclaims|growth/);
    const { claims, policy } = await of({ storageGrowth: GROWTH });
    assert.equal(claims.length, 1);
    for (const name of claims[0]!.resourceNames) assert.match(name, /^data-orders-\d$/);
    assert.match(policy, /persistentvolumeclaims/);
    assert.match(policy, /100Gi/);
  });

  it("give a full copy as much room as one of them may come to have", async () => {
    const backup = { destination: { s3: { bucket: "backups", identity: "pod" } } };
    const scratch = async (given: Given) =>
      /"ephemeral":.*?"storage":"([^"]*)"/.exec(
        JSON.stringify((await made(MySql, { backup, ...given })).all("CronJob")[0]!.inputs),
      )?.[1];
    assert.equal(await scratch({}), "20Gi");
    assert.equal(await scratch({ storageGrowth: GROWTH }), "100Gi");
  });

  it("are refused where their class lets none grow", async () => {
    await assert.rejects(
      made(MySql, { storageGrowth: GROWTH, storageExpandable: false }),
      (error: Error) => error instanceof InvalidArgsError && /allowVolumeExpansion/.test(error.message),
    );
  });
});
