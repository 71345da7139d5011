import assert from "node:assert/strict";
import { clientHosts } from "../../../agent/core/hosts";
import type { PoolerArgs, PostgreSqlArgs } from "../../../components";
import { postgresqlTopology } from "../../../components/postgresql/topology";
import { deployStack } from "../../../stacks/stack";
import { record, type Recording, valueOf } from "../support/recording";
import { mistakes, read, validStack } from "../support/stack";
import { postgresql, problemsOf } from "./support";

const POOLER = "orders-replicas-pooler";
/** Room for both. */
const settings = { max_connections: "147" };

const pooled = async (replicasPooler: PoolerArgs = {}, args: Partial<PostgreSqlArgs> = {}) =>
  postgresql({ replicas: 3, settings, ...args, replicasPooler });

function linesOf(recording: Recording, pooler = POOLER): string {
  return recording.one("ConfigMapPatch", `${pooler}-config-data`).inputs["data"]["pgbouncer.ini"] as string;
}

/** What the agents are told. */
function wanted(recording: Recording): Record<string, unknown> {
  const { data } = recording.one("ConfigMapPatch", "orders-config-data").inputs;
  return (JSON.parse(data["settings.json"]) as { pooler: Record<string, unknown> }).pooler;
}

const problems = (args: Partial<PostgreSqlArgs>) => problemsOf({ replicas: 3, ...args });

describe("PostgreSql with a pooler before its replicas", function () {
  this.timeout(20_000);

  it("makes pods, a Service, a policy and a disruption budget of its own, beside those of the primary's", async () => {
    const { recording, database } = await pooled({ replicas: 3, poolSize: 5 }, { pooler: {} });
    assert.equal(await valueOf(database.replicasPoolerHost!), `${POOLER}.databases.svc`);
    assert.equal(await valueOf(database.poolerHost!), "orders-pooler.databases.svc");
    for (const [name, pods] of [
      [POOLER, 3],
      ["orders-pooler", 2],
    ] as const) {
      const { replicas, selector, template } = recording.one("Deployment", name).inputs["spec"];
      assert.equal(replicas, pods);
      assert.equal(selector.matchLabels["app.kubernetes.io/instance"], name);
      assert.equal(template.metadata.labels["orders-client"], "true");
      const service = recording.one("Service", `${name}-service`).inputs;
      assert.equal(service["metadata"].name, name);
      assert.deepEqual(service["spec"].selector, selector.matchLabels);
      const policy = recording.one("NetworkPolicy", `${name}-network-policy`).inputs["spec"];
      assert.deepEqual(policy.podSelector.matchLabels, selector.matchLabels);
      recording.one("PodDisruptionBudget", `${name}-disruption-budget`);
    }
    assert.deepEqual(wanted(recording), { database: "app", before: ["pooler", "replicasPooler"] });
  });

  it("leads to where the replicas are, by their name, and stays where that leads to the primary", async () => {
    const { recording } = await pooled();
    assert.match(linesOf(recording), /^app = host=orders-replicas\.databases\.svc port=5432$/m);
    assert.match(linesOf(recording), /^server_tls_sslmode = verify-full$/m);
    const { dnsNames } = recording.one("CertRequest").inputs;
    for (const name of ["orders-replicas.databases.svc", POOLER, `${POOLER}.databases.svc`])
      assert.ok(dnsNames.includes(name), name);
  });

  it("needs none before the primary: it has the account that looks passwords up for itself", async () => {
    const { recording, database } = await pooled();
    assert.equal(database.poolerHost, undefined);
    assert.throws(() => recording.one("Deployment", "orders-pooler"));
    const patch = recording.one("SecretPatch", "orders-credentials-members-values").inputs;
    assert.ok("pooler-password" in patch["stringData"]);
    assert.deepEqual(wanted(recording), { database: "app", before: ["replicasPooler"] });
  });

  it("is known to the agents, who look whether the certificate has its name", async () => {
    const { before } = wanted((await pooled()).recording) as { before: string[] };
    const topology = postgresqlTopology(Object.fromEntries(before.map((key) => [key, {}])));
    assert.deepEqual(clientHosts("orders", "shop", topology), [
      "orders.shop.svc",
      "orders-replicas.shop.svc",
      `${POOLER}.shop.svc`,
    ]);
  });

  it("is in what applications get", async () => {
    const { database } = await pooled();
    assert.deepEqual(Object.keys(database.connection.hosts ?? {}), ["replicas", "replicasPooler"]);
    const image = "registry.example/shop:1";
    const config = read({
      ...validStack,
      namespace: "shop",
      databases: { orders: { engine: "postgresql", replicas: 3, replicasPooler: {} } },
      applications: { web: { image, port: 80, database: "orders" } },
    });
    const recording = await record(() => deployStack(config));
    const { env } = recording.one("Deployment", "web").inputs["spec"].template.spec.containers[0];
    const host = env.find(({ name }: { name: string }) => name === "DATABASE_REPLICASPOOLER_HOST");
    assert.equal(host.value, `${POOLER}.shop.svc`);
  });

  it("has no pods while the database is paused", async () => {
    const { recording } = await pooled({}, { paused: true });
    assert.equal(recording.one("Deployment", POOLER).inputs["spec"].replicas, 0);
  });

  describe("is refused", () => {
    it("with one member, which is the primary", () => {
      const [found] = problems({ replicas: 1, replicasPooler: {} });
      assert.equal(found?.key, "orders.replicasPooler");
      assert.match(found.fix, /use pooler, or choose more replicas/);
      assert.deepEqual(
        problemsOf({ replicasPooler: {} }).map(({ key }) => key),
        ["orders.replicasPooler"],
      );
    });

    it("where the primary would have no connection left while it has those of both", () => {
      const [found, ...more] = problems({ pooler: {}, replicasPooler: {} });
      assert.deepEqual(more, []);
      assert.equal(found?.key, "orders.replicasPooler.poolSize");
      assert.match(found.allowed, /^at most 4: 3 pods.* 66 of which are pooler's/);
      assert.match(found.fix, /max_connections to 147 or more, or lower poolSize or replicas of either/);
      assert.deepEqual(problems({ pooler: {}, replicasPooler: { poolSize: 4 } }), []);
      assert.deepEqual(problems({ pooler: {}, replicasPooler: {}, settings }), []);
      assert.deepEqual(problems({ replicasPooler: {} }), [], "alone it has room");
      const [none] = problems({ pooler: { poolSize: 26 }, replicasPooler: {} });
      assert.match(none?.allowed ?? "", /^none: /);
    });

    it("with numbers that are none, each at its own key, as the other one", () => {
      const keys = problems({
        pooler: { poolSize: 0 },
        replicasPooler: { maxClients: 1.5, userId: 0 },
        database: "pgbouncer",
      }).map(({ key }) => key);
      assert.deepEqual(keys, [
        "orders.pooler.poolSize",
        "orders.pooler",
        "orders.replicasPooler.maxClients",
        "orders.replicasPooler.userId",
        "orders.replicasPooler",
      ]);
    });

    it("of an engine that has none, under a name that it does not have, and beside a database of its name", () => {
      const stack = (databases: object) => mistakes({ ...validStack, databases }).map(({ fix }) => fix);
      assert.deepEqual(stack({ orders: { engine: "mysql", replicasPooler: {} } }), [
        "remove it: mysql has no replicasPooler",
      ]);
      const orders = { engine: "postgresql", replicas: 3, replicasPooler: { poolsize: 1 } };
      assert.deepEqual(stack({ orders }), ['did you mean "poolSize"?']);
      const other = { engine: "postgresql", replicas: 3, replicasPooler: {} };
      const [found] = stack({ orders: other, "orders-replicas-pooler": { engine: "mysql" } });
      assert.match(found ?? "", /both have a Service "orders-replicas-pooler"/);
    });
  });
});
