import assert from "node:assert/strict";
import { PoolMode, type PostgreSqlArgs } from "../../../components";
import { patroniLabels } from "../../../agent/postgresql/settings";
import { deployStack } from "../../../stacks/stack";
import { localize } from "../../../operate/local/localize";
import { postgresql, problemsOf } from "./support";
import { record, type Recording, valueOf } from "../support/recording";
import { mistakes, read, validStack } from "../support/stack";

const POOLER = "orders-pooler";

/** A database with a pooler, by default of default settings. */
const pooled = async (pooler: PostgreSqlArgs["pooler"] = {}, args: Partial<PostgreSqlArgs> = {}) =>
  (await postgresql({ ...args, pooler })).recording;

function template(recording: Recording): Record<string, any> {
  return recording.one("Deployment", POOLER).inputs["spec"].template as Record<string, any>;
}

/** PgBouncer's settings, by name. */
function ini(recording: Recording): Record<string, string> {
  const text = recording.one("ConfigMapPatch", `${POOLER}-config-data`).inputs["data"][
    "pgbouncer.ini"
  ] as string;
  return Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line.includes(" = "))
      .map((line) => [line.slice(0, line.indexOf(" = ")), line.slice(line.indexOf(" = ") + 3)]),
  );
}

const problems = (pooler: PostgreSqlArgs["pooler"], args: Partial<PostgreSqlArgs> = {}) =>
  problemsOf({ ...args, pooler });
const keys = (...args: Parameters<typeof problems>) => problems(...args).map(({ key }) => key);

describe("PostgreSql with a pooler", function () {
  this.timeout(20_000);

  it("changes nothing where there is none", async () => {
    const { recording, database } = await postgresql();
    assert.equal(database.poolerHost, undefined);
    assert.doesNotMatch(JSON.stringify(recording.resources), /pooler/i);
  });

  it("makes pods, a Service and a disruption budget of its own, by an empty block", async () => {
    const { recording, database } = await postgresql({ pooler: {} });
    assert.equal(await valueOf(database.poolerHost!), `${POOLER}.databases.svc`);
    assert.equal(recording.one("Deployment", POOLER).inputs["spec"].replicas, 2);
    const { metadata, spec } = recording.one("Service", `${POOLER}-service`).inputs;
    assert.equal(metadata.name, POOLER);
    assert.equal(spec.ports[0].port, 5432);
    const labels = template(recording)["metadata"].labels as Record<string, string>;
    for (const [key, value] of Object.entries(spec.selector)) assert.equal(labels[key], value);
    recording.one("PodDisruptionBudget", `${POOLER}-disruption-budget`);
    const [only] = (await pooled({ replicas: 1 })).resources.filter(
      ({ name }) => name === `${POOLER}-disruption-budget`,
    );
    assert.equal(only, undefined);
  });

  it("keeps its pods apart from the members, wherever those are looked for", async () => {
    const recording = await pooled();
    const labels = template(recording)["metadata"].labels as Record<string, string>;
    const members = recording.one("StatefulSet").inputs["spec"].selector.matchLabels as object;
    for (const [key, value] of Object.entries({ ...members, ...patroniLabels("orders") })) {
      assert.notEqual(labels[key], value, key);
    }
    assert.notEqual(labels["app.kubernetes.io/component"], "database");
    assert.equal(labels["role"], undefined);
  });

  it("admits the database's clients, and is a client of the database", async () => {
    const cidr = "10.0.0.0/8";
    const recording = await pooled({}, { allowedClients: [{ cidr }] });
    const { ingress, podSelector } = recording.one("NetworkPolicy", `${POOLER}-network-policy`).inputs[
      "spec"
    ];
    assert.deepEqual(
      podSelector.matchLabels,
      recording.one("Deployment", POOLER).inputs["spec"].selector.matchLabels,
    );
    const ofDatabase = recording.one("NetworkPolicy", "orders-network-policy").inputs["spec"].ingress[1];
    assert.deepEqual(ingress, [ofDatabase]);
    assert.equal(template(recording)["metadata"].labels["orders-client"], "true");
  });

  it("runs as the strictest standard asks, where the database may run, with a password from the Secret", async () => {
    const recording = await pooled(
      { userId: 1000, resources: { memory: "128Mi" } },
      { tolerations: [{ key: "databases" }], zones: ["a"], imagePullSecrets: ["registry"] },
    );
    const { spec } = template(recording);
    assert.equal(spec.securityContext.runAsNonRoot, true);
    assert.equal(spec.securityContext.runAsUser, 1000);
    assert.equal(spec.automountServiceAccountToken, false);
    assert.deepEqual(spec.imagePullSecrets, [{ name: "registry" }]);
    assert.equal(spec.tolerations[0].key, "databases");
    assert.match(JSON.stringify(spec.affinity.nodeAffinity), /topology\.kubernetes\.io\/zone/);
    const [container] = spec.containers;
    assert.equal(container.securityContext.readOnlyRootFilesystem, true);
    // It runs on one thread.
    const { cpu, memory } = container.resources.limits;
    assert.deepEqual({ cpu, memory }, { cpu: "1", memory: "128Mi" });
    assert.equal(container.resources.requests.memory, "128Mi");
    assert.doesNotMatch(JSON.stringify(container), /generated/);
    const { sources } = spec.volumes.find(({ name }: { name: string }) => name === "credentials").projected;
    const name = "orders-credentials-members";
    const item = (key: string) => [{ key, path: key }];
    assert.deepEqual(sources, [
      { secret: { name, items: item("pooler-password") } },
      { secret: { name, items: item("pooler-username"), optional: true } },
    ]);
  });

  it("gives the agent the password, and tells it of the database that is pooled", async () => {
    const recording = await pooled({}, { database: "shop" });
    const patch = recording.one("SecretPatch", "orders-credentials-members-values").inputs;
    assert.ok("pooler-password" in patch["stringData"]);
    const members = recording.one("StatefulSet").inputs["spec"].template.spec;
    const { sources } = members.volumes.find(
      ({ name }: { name: string }) => name === "credentials",
    ).projected;
    const projected = (key: string) =>
      sources.find(({ secret }: { secret?: { items: { key: string }[] } }) =>
        secret?.items.some((item) => item.key === key),
      ).secret;
    assert.equal(projected("pooler-password").optional, undefined);
    // A Secret of somebody else's need not have it.
    assert.equal(projected("pooler-username").optional, true);
    const { data } = recording.one("ConfigMapPatch", "orders-config-data").inputs;
    assert.deepEqual(JSON.parse(data["settings.json"]).pooler, { database: "shop", before: ["pooler"] });
  });

  it("shows a certificate that has its names", async () => {
    const { dnsNames } = (await pooled()).one("CertRequest").inputs;
    assert.ok(dnsNames.includes(POOLER) && dnsNames.includes(`${POOLER}.databases.svc.cluster.local`));
  });

  it("brings new pods with another script, and none with other settings", async () => {
    const annotations = async (pooler: PostgreSqlArgs["pooler"]) =>
      template(await pooled(pooler))["metadata"].annotations as Record<string, string>;
    assert.match((await annotations({}))["stateful/script"]!, /^[0-9a-f]{16}$/);
    assert.deepEqual(await annotations({}), await annotations({ poolSize: 5 }));
    const name = (recording: Recording) =>
      recording.one("ConfigMap", `${POOLER}-config`).inputs["metadata"].name as string;
    assert.equal(name(await pooled()), name(await pooled({ poolSize: 5 })));
  });

  it("may be taken away while the database is protected", async () => {
    const recording = await pooled({}, { deletionProtection: true });
    assert.equal(recording.one("StatefulSet").opts.protect, true);
    const own = recording.resources.filter(({ name }) => name.startsWith(POOLER));
    assert.ok(own.length >= 5);
    for (const { name, opts } of own) assert.equal(opts.protect, false, name);
  });

  describe("tells PgBouncer", () => {
    it("to lead one database to the primary, and to hold no connection to another member", async () => {
      const settings = ini(await pooled({}, { database: "shop" }));
      assert.match(settings["shop"]!, /^host=orders\.databases\.svc port=5432 connect_query='/);
      assert.match(
        settings["shop"]!,
        /pg_terminate_backend\(pg_backend_pid\(\)\) WHERE pg_is_in_recovery\(\)/,
      );
      assert.equal(settings["*"], undefined);
    });

    it("how many connections there are, of all users together", async () => {
      const settings = ini(await pooled({ poolSize: 7, maxClients: 300 }));
      assert.equal(settings["default_pool_size"], "7");
      assert.equal(settings["max_db_connections"], "9");
      assert.equal(settings["stateful_pooler"], "max_user_connections=2");
      assert.equal(settings["max_client_conn"], "300");
    });

    it("when a connection goes back, and to keep prepared statements where it then must", async () => {
      const [transaction, session] = [ini(await pooled()), ini(await pooled({ mode: PoolMode.Session }))];
      assert.equal(transaction["pool_mode"], "transaction");
      assert.equal(transaction["max_prepared_statements"], "100");
      assert.equal(session["pool_mode"], "session");
      assert.equal(session["max_prepared_statements"], "0");
    });

    it("whom to trust: the primary by its authority and its name, clients by their password, as the database does", async () => {
      const usual = ini(await pooled());
      assert.equal(usual["auth_type"], "scram-sha-256");
      assert.equal(usual["client_tls_sslmode"], "prefer");
      assert.equal(usual["server_tls_sslmode"], "verify-full");
      const other = ini(await pooled({}, { tls: { required: true, verifyMembers: false } }));
      assert.equal(other["client_tls_sslmode"], "require");
      assert.equal(other["server_tls_sslmode"], "require");
    });
  });

  describe("refuses", () => {
    it("what are no numbers of anything, and what it does not know", () => {
      assert.deepEqual(keys({ replicas: 0, poolSize: 1.5, maxClients: -1 }), [
        "orders.pooler.replicas",
        "orders.pooler.poolSize",
        "orders.pooler.maxClients",
      ]);
      assert.deepEqual(keys({ mode: "statement" as unknown as PoolMode }), ["orders.pooler.mode"]);
      assert.deepEqual(keys({ image: "No Image" }), ["orders.pooler.image"]);
      assert.deepEqual(keys({ userId: 0 }), ["orders.pooler.userId"]);
      assert.deepEqual(keys({ resources: { cpu: "much", memory: "64MB" } }), [
        "orders.pooler.resources.cpu",
        "orders.pooler.resources.memory",
      ]);
    });

    it("more connections than the server has, while an update adds a pod", () => {
      const [found] = problems({ poolSize: 27 });
      assert.equal(found?.key, "orders.pooler.poolSize");
      assert.match(found.allowed, /^at most 26: 3 pods.* share the 100 connections/);
      assert.match(found.fix, /max_connections to 102 or more/);
      assert.deepEqual(keys({ poolSize: 26 }), []);
      assert.deepEqual(keys({ poolSize: 27 }, { settings: { max_connections: "102" } }), []);
      assert.deepEqual(keys({ replicas: 4 }), ["orders.pooler.poolSize"]);
      assert.deepEqual(keys({}, { settings: { "max-connections": "60" } }), ["orders.pooler.poolSize"]);
    });

    it("more clients than its memory is enough for", () => {
      const [found] = problems({ maxClients: 5000 });
      assert.equal(found?.key, "orders.pooler.resources.memory");
      assert.match(found.fix, /raise it to 329Mi or more/);
      assert.deepEqual(keys({ maxClients: 5000, resources: { memory: "512Mi" } }), []);
      assert.deepEqual(keys({ resources: { memory: "64Mi" } }), ["orders.pooler.resources.memory"]);
    });

    it("a name that PgBouncer has for itself, and a user that it has", () => {
      assert.deepEqual(keys({}, { database: "pgbouncer" }), ["orders.pooler"]);
      assert.deepEqual(keys(undefined, { database: "pgbouncer" }), []);
      for (const username of ["stateful_pooler", "stateful_pooler_a", "stateful_pooler_b"])
        assert.deepEqual(keys(undefined, { username }), ["orders.username"], username);
    });
  });
});

describe("a stack with a pooler", () => {
  const stack = (pooler: unknown, more: object = {}) => ({
    ...validStack,
    databases: { orders: { engine: "postgresql", pooler }, ...more },
  });

  it("takes its keys, and knows no others", () => {
    const { databases } = read(stack({ poolSize: 10, mode: "session", resources: { cpu: "50m" } }));
    assert.equal((databases[0]!.args as PostgreSqlArgs).pooler?.poolSize, 10);
    assert.deepEqual(
      mistakes(stack({ poolsize: 10 })).map(({ key, fix }) => [key, fix]),
      [["stateful:databases.orders.pooler.poolsize", 'did you mean "poolSize"?']],
    );
  });

  it("tells an application of it", async () => {
    const image = "registry.example/shop:1";
    const config = read({
      ...stack({}),
      namespace: "shop",
      applications: { web: { image, port: 80, database: "orders" } },
    });
    const recording = await record(() => deployStack(config));
    const { env } = recording.one("Deployment", "web").inputs["spec"].template.spec.containers[0];
    const host = env.find(({ name }: { name: string }) => name === "DATABASE_POOLER_HOST");
    assert.equal(host.value, "orders-pooler.shop.svc");
  });

  it("refuses one of an engine that has none", () => {
    const databases = { orders: { engine: "mysql", pooler: {} } };
    assert.deepEqual(
      mistakes({ ...validStack, databases }).map(({ fix }) => fix),
      ["remove it: mysql has no pooler"],
    );
  });

  it("refuses another database of the pooler's name, and only then", () => {
    const other = { "orders-pooler": { engine: "mysql" } };
    assert.match(mistakes(stack({}, other))[0]?.fix ?? "", /both have a Service "orders-pooler"/);
    assert.deepEqual(mistakes(stack(undefined, other)), []);
  });

  it("gets the local cluster's image on the local cluster", () => {
    const config = Object.fromEntries(
      Object.entries(stack({ image: "registry.example/pgbouncer:1.25", userId: 70 })).map(([key, value]) => [
        `stateful:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    );
    const file = { file: "Pulumi.test.yaml", path: "", stack: "test", config, secretKeys: [] };
    const images = ["stateful.test/postgresql:17", "stateful.test/pgbouncer:1.24", "stateful.test/node:20"];
    const localized = localize(file, { nodes: ["node1", "node2", "node3"], images });
    const { orders } = JSON.parse(localized.file.config["stateful:databases"]!) as Record<string, any>;
    assert.deepEqual(orders.pooler, { image: "stateful.test/pgbouncer:1.24" });
  });
});
