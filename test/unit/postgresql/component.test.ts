import assert from "node:assert/strict";
import { Durability, HugePageSize, type PostgreSqlArgs } from "../../../components";
import { resolvePostgreSql } from "../../../components/postgresql/resolve";
import { postgresqlEngine } from "../../../components/postgresql/engine";
import { usersFile } from "../../../components/postgresql/pod";
import { VERSION } from "../../../components/protocol/annotations";
import { versionRefusal } from "../../../components/postgresql/version-refusal";
import { base, postgresql, problemsOf } from "./support";
import { type Recording, valueOf } from "../support/recording";
import { mistakes, read, validStack } from "../support/stack";

function podSpec(recording: Recording): Record<string, any> {
  return recording.one("StatefulSet").inputs["spec"].template.spec as Record<string, any>;
}

function settings(recording: Recording): Record<string, any> {
  const { data } = recording.one("ConfigMapPatch", "orders-config-data").inputs;
  return JSON.parse(data["settings.json"]) as Record<string, any>;
}

/** The keys of the arguments that are wrong. */
const problems = (args: Partial<PostgreSqlArgs>): string[] => problemsOf(args).map(({ key }) => key);

describe("PostgreSql", function () {
  this.timeout(20_000);
  it("runs Patroni as the agent orders, and both find data, socket and certificate", async () => {
    const { recording } = await postgresql();
    const [server] = podSpec(recording)["containers"];
    const [agent] = podSpec(recording)["initContainers"];
    assert.deepEqual(server.command.slice(-1), ["patroni"]);
    for (const { volumeMounts } of [server, agent]) {
      const at = Object.fromEntries(
        volumeMounts.map(({ name, mountPath }: Record<string, string>) => [name, mountPath]),
      );
      assert.equal(at["data"], "/var/lib/postgresql");
      assert.equal(at["run"], "/var/run/postgresql");
      assert.equal(at["tls"], "/etc/stateful/tls");
      assert.equal(at["api-access"], "/var/run/secrets/kubernetes.io/serviceaccount");
    }
    const { data } = recording.one("ConfigMap", "orders-agent").inputs;
    assert.match(data["engine.sh"], /patroni\.yml/);
    assert.match(data["supervise.sh"], /\. "\$\{0%\/\*\}\/engine\.sh"/);
  });

  it("keeps passwords out of everything but Secrets", async () => {
    const { recording } = await postgresql({ password: "s3cret", adminPassword: "t0psecret" });
    const others = recording.resources.filter(({ type }) => !/Secret|RandomPassword/.test(type));
    assert.doesNotMatch(JSON.stringify(others), /s3cret|t0psecret/);
  });

  it("gives Patroni no more than its own objects, as far as Kubernetes can tell them apart", async () => {
    const { recording } = await postgresql();
    const rules: Record<string, string[]>[] = recording.one("Role").inputs["rules"];
    const unlimited = rules.filter(({ resourceNames }) => resourceNames === undefined);
    for (const { verbs, resources } of unlimited) {
      assert.deepEqual(
        verbs!.filter((verb) => !["create", "list", "watch"].includes(verb)),
        [],
        `${resources!.join()} can be changed whatever their name`,
      );
    }
    const endpoints = rules.find(
      ({ resources, resourceNames }) => resources![0] === "endpoints" && resourceNames,
    );
    assert.deepEqual(endpoints!["resourceNames"], [
      "orders",
      "orders-config",
      "orders-sync",
      "orders-failover",
    ]);
    const secrets = rules.filter(({ resources }) => resources!.includes("secrets"));
    assert.deepEqual(
      secrets.map(({ resourceNames }) => resourceNames),
      [["orders-login"]],
    );
  });

  it("keeps Kubernetes from taking Patroni's state for leftovers, by a Service for each part of it", async () => {
    const { recording } = await postgresql();
    for (const name of ["orders-config", "orders-sync", "orders-failover"]) {
      const { spec } = recording.one("Service", name).inputs;
      assert.equal(spec.clusterIP, "None");
      assert.equal(spec.selector, undefined, "its endpoints would be overwritten");
    }
  });

  it("changes nothing but a patch for a setting: a ConfigMap whose data changes is replaced, and the set with it", async () => {
    const others = async (args: Partial<PostgreSqlArgs>) =>
      (await postgresql(args)).recording.resources
        .filter(({ type }) => !type.endsWith("ConfigMapPatch"))
        .map(({ type, name, inputs }) => ({ type, name, inputs }));
    assert.deepEqual(await others({ settings: { work_mem: "8MB" } }), await others({}));
    const { inputs } = (await postgresql()).recording.one("ConfigMap", "orders-config");
    assert.equal(inputs["data"], undefined);
  });

  it("derives memory settings from the replica's memory, and lets the user's settings win", async () => {
    const { recording } = await postgresql({
      resources: { memory: "8Gi" },
      settings: { work_mem: "64MB", "log-checkpoints": "on" },
    });
    const { parameters } = settings(recording);
    assert.equal(parameters.shared_buffers, "2048MB");
    assert.equal(parameters.effective_cache_size, "4096MB");
    assert.equal(parameters.maintenance_work_mem, "512MB");
    assert.equal(parameters.work_mem, "64MB");
    assert.equal(parameters.log_checkpoints, "on");
    assert.equal(parameters.max_slot_wal_keep_size, "5120MB", "a quarter of the volume");
  });

  it("asks for huge pages where they are wanted, and fills them with what the server shares", async () => {
    const { recording } = await postgresql({
      resources: { memory: "4Gi" },
      hugePages: { size: "8Gi", pageSize: HugePageSize.OneGibibyte },
    });
    const [server] = podSpec(recording)["containers"];
    for (const kind of ["requests", "limits"]) {
      assert.equal(server.resources[kind]["hugepages-1Gi"], "8Gi", kind);
      assert.equal(server.resources[kind].memory, "4Gi", kind);
    }
    const { parameters } = settings(recording);
    assert.deepEqual([parameters.huge_pages, parameters.huge_page_size], ["on", "1GB"]);
    const buffers = Number(/^(\d+)MB$/.exec(parameters.shared_buffers)?.[1]);
    assert.ok(buffers > 7_800 && buffers < 7_960, `${buffers} MB in 8192`);
    const divided = postgresqlEngine.memory(
      resolvePostgreSql({ ...base, resources: { memory: "4Gi" }, hugePages: { size: "8Gi" } }),
    );
    assert.ok(!divided.some(({ what }) => what === "shared buffers"), "they take none of the memory");
  });

  it("tells servers without huge pages of their own to take none of the node's", async () => {
    for (const given of [{}, { settings: { huge_pages: "try" } }]) {
      const { recording } = await postgresql(given);
      assert.equal(settings(recording)["parameters"].huge_pages, "off");
      assert.doesNotMatch(JSON.stringify(podSpec(recording)), /hugepages/);
    }
  });

  it("passes on what commits wait for, and who may connect how", async () => {
    const { recording } = await postgresql({
      durability: Durability.Preferred,
      clientHba: ["hostssl all app 10.0.0.0/8 scram-sha-256"],
      extensions: ["pg_trgm"],
      tls: { required: true },
      version: "18",
      image: "registry.example/postgresql:18",
    });
    const { durability, clientHba, extensions, requireTls, binaries } = settings(recording);
    assert.equal(durability, "preferred");
    assert.deepEqual(clientHba, ["hostssl all app 10.0.0.0/8 scram-sha-256"]);
    assert.deepEqual(extensions, ["pg_trgm"]);
    assert.equal(requireTls, true);
    assert.equal(binaries, "/usr/lib/postgresql/18/bin");
  });

  it("puts out how to connect", async () => {
    const { database } = await postgresql();
    assert.equal(
      await valueOf(database.connectionString),
      "postgresql://app_a:generated@orders.databases.svc:5432/app",
    );
  });

  it("refuses what its promises rest on, and what would let anybody in", () => {
    assert.deepEqual(problems({ settings: { fsync: "off", synchronous_standby_names: "" } }), [
      "orders.settings.fsync",
      "orders.settings.synchronous_standby_names",
    ]);
    assert.deepEqual(problems({ clientHba: ["host all all all trust"] }), ["orders.clientHba[0]"]);
    assert.deepEqual(problems({ clientHba: ["local all all trust"] }), ["orders.clientHba[0]"]);
    assert.deepEqual(problems({ extensions: ["drop table"] }), ["orders.extensions[0]"]);
    assert.deepEqual(problems({ userId: 0 }), ["orders.userId"]);
    assert.deepEqual(problems({ username: "Orders" }), ["orders.username"]);
    assert.deepEqual(problems({ database: "postgres" }), ["orders.database"]);
    assert.deepEqual(problems({ version: "9.6", replicas: 2 }), ["orders.version", "orders.replicas"]);
  });

  it("refuses another major version on the same data", () => {
    const of = (version: string) => ({ metadata: { annotations: { [VERSION]: version } } });
    assert.match(versionRefusal("orders", of("16"), of("17")) ?? "", /from version 16 to 17 in place/);
    assert.equal(versionRefusal("orders", of("17"), of("17")), undefined);
  });

  it("compares the version of what it deployed", async () => {
    const { recording } = await postgresql({ version: "16" });
    assert.equal(recording.one("ConfigMap", "orders-config").inputs["metadata"].annotations[VERSION], "16");
  });

  it("has an image of each version, and a user of its own, which the server takes for postgres", async () => {
    for (const version of ["16", "17", "18"]) {
      const { image, userId, binaries } = resolvePostgreSql({ ...base, version });
      assert.equal(image, `docker.io/timescale/timescaledb-ha:pg${version}-oss`);
      assert.equal(userId, 10_001);
      assert.equal(binaries, `/usr/lib/postgresql/${version}/bin`);
    }
    assert.match(usersFile(4711), /^postgres:x:4711:4711:.*:\/tmp:/m);
  });

  it("runs as that user in any image, and makes its directory for it", async () => {
    const { recording } = await postgresql({ userId: 20_000 });
    const { spec } = recording.one("StatefulSet").inputs["spec"].template;
    assert.deepEqual([spec.securityContext.runAsUser, spec.securityContext.fsGroup], [20_000, 20_000]);
    const [server] = spec.containers;
    const mount = server.volumeMounts.find(
      ({ mountPath }: { mountPath: string }) => mountPath === "/etc/passwd",
    );
    const volume = spec.volumes.find(({ name }: { name: string }) => name === mount.name);
    const { data } = recording.one("ConfigMapPatch", "orders-config-data").inputs;
    assert.equal(data[volume.configMap.items[0].key], usersFile(20_000));
    assert.equal(postgresqlEngine.userId({ userId: 20_000 } as PostgreSqlArgs), 20_000);
  });

  it("says what can be lost, and what a preference for answers over safety gives up", () => {
    const lost = (args: Partial<PostgreSqlArgs>) =>
      postgresqlEngine
        .guarantees(postgresqlEngine.resolve({ ...base, replicas: 3, ...args }))
        .canBeLost.join();
    assert.match(lost({}), /no write is taken while fewer than 2 of 3/);
    assert.match(lost({ replicas: 5 }), /when fewer than 3 of 5 members were there.*alone takes none/);
    assert.match(lost({ durability: Durability.Preferred }), /no other member to wait for/);
    assert.match(lost({ settings: { synchronous_commit: "off" } }), /synchronous_commit/);
    assert.match(lost({ replicas: 1 }), /there is one copy/);
  });
});

describe("a stack with PostgreSQL", () => {
  const stack = (database: Record<string, unknown>) => ({
    ...validStack,
    databases: { orders: { engine: "postgresql", ...database } },
  });

  it("takes its own arguments", () => {
    const { databases } = read(stack({ extensions: ["hstore"], userId: 101 }));
    assert.equal(databases[0]!.engine, "postgresql");
  });

  it("refuses them for another engine, which would ignore them", () => {
    const found = mistakes({
      ...validStack,
      databases: { orders: { engine: "mysql", extensions: ["hstore"] } },
    });
    assert.deepEqual(
      found.map(({ key, fix }) => [key, fix]),
      [["stateful:databases.orders.extensions", "remove it: mysql has no extensions"]],
    );
  });

  it("refuses a database whose name makes another one's Services", () => {
    const databases = { orders: { engine: "postgresql" }, "orders-sync": { engine: "mysql" } };
    assert.equal(mistakes({ ...validStack, databases }).length, 1);
  });
});
