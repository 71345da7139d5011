import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { load } from "js-yaml";
import { Cassandra, type CassandraArgs } from "../../../components/cassandra";
import { checkCassandra } from "../../../components/cassandra/checks";
import { cassandraEngine } from "../../../components/cassandra/engine";
import { Racks } from "../../../components/cassandra/protocol";
import { racksRefusal } from "../../../components/cassandra/racks";
import { resolveCassandra } from "../../../components/cassandra/resolve";
import { cassandraLanguage } from "../../../components/cassandra/settings/language";
import { sizeRefusal } from "../../../components/cassandra/size-guard";
import { versionRefusal } from "../../../components/cassandra/version-refusal";
import type { VersionedInputs } from "../../../components/common/version-guard";
import { InvalidArgsError, Problems } from "../../../components/common/problems";
import { Durability } from "../../../components/database/args";
import { describeMemory } from "../../../components/database/memory";
import type { PausedInputs } from "../../../components/database/pause";
import { recordDatabase } from "../support/database";
import { type Recording, valueOf } from "../support/recording";

const base: CassandraArgs = { namespace: "databases", storage: "20Gi", agentConfigMap: "agent" };

async function cassandra(
  args: Partial<CassandraArgs> = {},
): Promise<{ recording: Recording; database: Cassandra }> {
  return recordDatabase(() => new Cassandra("events", { ...base, ...args }));
}

/** The data of the ConfigMap. */
async function configOf(args: Partial<CassandraArgs> = {}): Promise<Record<string, string>> {
  const { recording } = await cassandra(args);
  return recording.one("ConfigMap", "events-config").inputs["data"] as Record<string, string>;
}

/** The server's file, as the agent finds it. */
async function file(args: Partial<CassandraArgs> = {}): Promise<Record<string, unknown>> {
  return load((await configOf(args))["cassandra.yaml"] ?? "") as Record<string, unknown>;
}

/** What the virtual machine is started with. */
async function command(args: Partial<CassandraArgs> = {}): Promise<string[]> {
  const { recording } = await cassandra(args);
  return recording.one("StatefulSet").inputs["spec"].template.spec.containers[0].command as string[];
}

function problems(args: Partial<CassandraArgs>): { key: string; text: string }[] {
  const all = new Problems("events");
  checkCassandra("events", { ...base, ...args }, all);
  return all.found.map((problem) => ({
    key: problem.key.replace(/^events\.?/, ""),
    text: JSON.stringify(problem),
  }));
}

const found = (args: Partial<CassandraArgs>): string[] => problems(args).map(({ key }) => key);

describe("Cassandra", () => {
  it("runs the official image as a Java program, and is not asked to dump its heap or to speak one family of addresses", async () => {
    const { recording } = await cassandra();
    const pod = recording.one("StatefulSet").inputs["spec"].template.spec;
    assert.equal(pod.containers[0].name, "cassandra");
    assert.equal(pod.containers[0].image, "docker.io/library/cassandra:5.0");
    assert.equal(pod.terminationGracePeriodSeconds, 120);
    const words = (await command()).slice(2);
    assert.equal(words[0], "java");
    assert.deepEqual(words.slice(-3), [
      "-cp",
      "/opt/cassandra/lib/*",
      "org.apache.cassandra.service.CassandraDaemon",
    ]);
    for (const option of [
      "-Dcassandra.config=file:///run/server/cassandra.yaml",
      "-Dcassandra-rackdc.properties=file:///run/server/rackdc.properties",
      "-Dlogback.configurationFile=/run/server/logback.xml",
      "-Dcassandra.storagedir=/var/lib/cassandra/data",
      "-Dcassandra.jmx.local.port=7199",
      "-Dcassandra-foreground=yes",
      "-XX:+ExitOnOutOfMemoryError",
      "--add-opens=java.base/java.lang=ALL-UNNAMED",
    ]) {
      assert.ok(words.includes(option), option);
    }
    assert.equal(new Set(words).size, words.length);
    assert.doesNotMatch(words.join("\n"), /preferIPv4Stack|HeapDump|AlwaysPreTouch|password/i);
  });

  it("has one name for a first connection, and all members as contact points", async () => {
    const { recording, database } = await cassandra({ replicas: 3 });
    assert.equal(await valueOf(database.nodeHost), "events.databases.svc");
    assert.equal(await valueOf(database.port), 9042);
    assert.equal((await valueOf(database.podHosts)).length, 3);
    assert.match(
      await valueOf(database.connectionString),
      /^cassandra:\/\/app_a:.+@events\.databases\.svc:9042\/app$/,
    );
    assert.deepEqual(Object.keys(database.connection.hosts ?? {}), ["contactPoints"]);
    assert.deepEqual(recording.one("StatefulSet").inputs["spec"].replicas, 3);
  });

  it("has a Service for each member, before it is ready, which stays when the stack goes, and which its agents may read", async () => {
    const { recording, database } = await cassandra({ replicas: 3 });
    const hosts = [0, 1, 2].map((ordinal) => `events-${ordinal}.databases.svc`).join(",");
    assert.equal(await valueOf(pulumi.output(database.connection.hosts?.["contactPoints"] ?? "")), hosts);
    for (const ordinal of [0, 1, 2]) {
      const service = recording.one("Service", `events-member-${ordinal}`);
      const { metadata, spec } = service.inputs as {
        metadata: { name: string };
        spec: Record<string, unknown>;
      };
      assert.equal(metadata.name, `events-${ordinal}`);
      assert.equal(spec["publishNotReadyAddresses"], true);
      assert.equal(
        (spec["selector"] as Record<string, string>)["statefulset.kubernetes.io/pod-name"],
        `events-${ordinal}`,
      );
      assert.deepEqual(
        (spec["ports"] as { port: number }[]).map(({ port }) => port),
        [9042, 7000],
      );
    }
    const rules = recording.one("Role").inputs["rules"] as {
      resources: string[];
      resourceNames: string[];
      verbs: string[];
    }[];
    // A list without a name in it is for every object.
    assert.ok(rules.every(({ resourceNames }) => !Array.isArray(resourceNames) || resourceNames.length > 0));
    assert.ok(!rules.some(({ resources }) => resources.includes("endpointslices")));
    const rule = rules.find(({ resources }) => resources.includes("services"));
    assert.deepEqual(rule?.verbs, ["get"]);
    assert.ok(rule.resourceNames.includes("events-8") && !rule.resourceNames.includes("events"));
  });

  it("has a certificate that members may show to one another, as servers and as clients", async () => {
    const { recording } = await cassandra();
    const { inputs } = recording.one("LocallySignedCert");
    assert.deepEqual(inputs["allowedUses"], ["digital_signature", "server_auth", "client_auth"]);
  });

  it("gives its agents the names of user and keyspace, and the server nothing to read of the ConfigMap", async () => {
    const config = await configOf({ database: "clicks", username: "shop" });
    assert.deepEqual(Object.keys(config).sort(), ["cassandra.yaml", "database", "owner"]);
    assert.equal(config["owner"], "shop");
    assert.equal(config["database"], "clicks");
    const { recording } = await cassandra();
    const [server] = recording.one("StatefulSet").inputs["spec"].template.spec.containers;
    assert.ok(!server.volumeMounts.some(({ name }: { name: string }) => name === "config"));
  });

  it("writes a line for each setting, the value in JSON, and leaves to the agent what differs from member to member", async () => {
    const lines = ((await configOf({ replicas: 3 }))["cassandra.yaml"] ?? "").trimEnd().split("\n");
    for (const line of lines) {
      const [, name, value] = /^([a-z_]+): (.*)$/.exec(line) ?? [];
      assert.ok(name !== undefined && value !== undefined, line);
      JSON.parse(value);
    }
    const config = await file({ replicas: 3 });
    for (const name of [
      "cluster_name",
      "listen_address",
      "broadcast_address",
      "broadcast_rpc_address",
      "seed_provider",
    ]) {
      assert.ok(!(name in config), name);
    }
    assert.deepEqual(config["data_file_directories"], ["/var/lib/cassandra/data/data"]);
    assert.equal(config["commitlog_directory"], "/var/lib/cassandra/data/commitlog");
    assert.equal(config["num_tokens"], 16);
    assert.equal(config["simplestrategy_enabled"], false);
  });

  it("writes only what the server has, by the server's own names", async () => {
    const { table } = cassandraLanguage("5.0");
    for (const replicas of [1, 3]) {
      for (const name of Object.keys(await file({ replicas }))) assert.ok(table.has(name), name);
    }
  });

  it("keeps three copies of each row, or one where there is one member", async () => {
    const ring = await file({ replicas: 5 });
    assert.equal(ring["default_keyspace_rf"], 3);
    assert.equal(ring["minimum_replication_factor_fail_threshold"], 3);
    const one = await file();
    assert.equal(one["default_keyspace_rf"], 1);
    assert.ok(!("minimum_replication_factor_fail_threshold" in one));
  });

  it("has a write on the disk before it is acknowledged, unless less is asked for", async () => {
    const majority = await file();
    assert.equal(majority["commitlog_sync"], "group");
    assert.equal(majority["commitlog_sync_group_window"], "10ms");
    const preferred = await file({ durability: Durability.Preferred });
    assert.equal(preferred["commitlog_sync"], "periodic");
    assert.equal(preferred["commitlog_sync_period"], "10000ms");
    assert.ok(!("commitlog_sync_group_window" in preferred));
  });

  it("encrypts among members in any case, and lets clients in without TLS only where they may", async () => {
    const open = await file();
    const servers = open["server_encryption_options"] as Record<string, unknown>;
    assert.equal(servers["internode_encryption"], "all");
    assert.equal(servers["optional"], false);
    assert.equal(servers["require_client_auth"], true);
    assert.equal(servers["keystore"], "/run/server/server.pem");
    assert.equal(servers["truststore"], "/etc/stateful/tls/ca.crt");
    const clients = (config: Record<string, unknown>) =>
      config["client_encryption_options"] as Record<string, unknown>;
    assert.equal(clients(open)["enabled"], true);
    assert.equal(clients(open)["optional"], true);
    assert.equal(clients(await file({ tls: { required: true } }))["optional"], false);
  });

  it("divides its memory between heap, buffers and the cache of files", async () => {
    const sized = async (args: Partial<CassandraArgs>): Promise<string> =>
      (await command(args))
        .filter((option) => /^-Xm|MaxDirect/.test(option))
        .join(" ")
        .replace("-XX:MaxDirectMemorySize", "direct");
    assert.equal(await sized({}), "-Xms1024m -Xmx1024m direct=512m");
    assert.equal(await sized({ resources: { memory: "16Gi" } }), "-Xms8192m -Xmx8192m direct=4096m");
    assert.equal(await sized({ resources: { memory: "96Gi" } }), "-Xms31744m -Xmx31744m direct=24576m");
    assert.equal(
      await sized({ resources: { memory: "8Gi" }, settings: { file_cache_size: "3GiB" } }),
      "-Xms4096m -Xmx4096m direct=3072m",
    );
    const resolved = resolveCassandra(base);
    assert.equal(resolved.resources.memory, "2Gi");
    assert.match(
      describeMemory(cassandraEngine.memory(resolved), "2Gi"),
      /^at most 1836 MiB of 2Gi: the heap 1024 MiB, .*; 212 MiB for the cache of files$/,
    );
  });

  it("refuses settings for which there is no memory", () => {
    assert.deepEqual(found({ settings: { file_cache_size: "1GiB" } }), ["settings.file_cache_size"]);
    assert.deepEqual(found({ settings: { "memtable-allocation-type": "offheap_objects" } }), [
      "settings.memtable-allocation-type",
    ]);
    assert.deepEqual(
      found({
        settings: { memtable_allocation_type: "offheap_objects" },
        resources: { memory: "8Gi" },
      }),
      [],
    );
    assert.deepEqual(found({ settings: { row_cache_size: "512MiB" } }), ["settings.row_cache_size"]);
  });

  it("says what survives and what can be lost, of which consistency", () => {
    const promised = (args: Partial<CassandraArgs>): string => {
      const { survives, canBeLost } = cassandraEngine.guarantees(resolveCassandra({ ...base, ...args }));
      return [...survives, "|", ...canBeLost].join("; ");
    };
    const three = promised({ replicas: 3 });
    assert.match(three, /any one member, with its volume: every write acknowledged at LOCAL_QUORUM.*\|/);
    assert.match(three, /\|.*acknowledged at ONE.*clocks/);
    assert.doesNotMatch(three, /power/);
    assert.match(promised({ replicas: 9 }), /any one member/);
    assert.match(promised({ replicas: 3, durability: Durability.Preferred }), /\|.*10 s of each member's/);
    assert.match(promised({}), /\|.*everything, with the volume: there is one copy/);
    assert.match(promised({ durability: Durability.Preferred }), /\|.*10 s of acknowledged writes/);
  });

  it("refuses what cannot be run, all of it at once", () => {
    assert.deepEqual(
      found({
        replicas: 2,
        version: "4.1",
        database: "system_auth",
        durability: Durability.All,
        tls: { verifyMembers: false },
        resources: { memory: "1Gi" },
        username: "stateful_agent",
        users: { reader: {} },
        backup: { schedule: "@daily" } as CassandraArgs["backup"],
        pod: { env: { JAVA_TOOL_OPTIONS: "-Xmx1g" } },
      }).sort(),
      [
        "backup",
        "database",
        "durability",
        "pod.env.JAVA_TOOL_OPTIONS",
        "replicas",
        "resources.memory",
        "tls.verifyMembers",
        "username",
        "users",
        "version",
      ],
    );
    assert.deepEqual(found({ restoreFrom: {} as NonNullable<CassandraArgs["restoreFrom"]> }), [
      "restoreFrom",
    ]);
    assert.throws(() => new Cassandra("events", { ...base, replicas: 2 }), InvalidArgsError);
  });

  it("is one member or at least three, up to nine, odd or even", () => {
    for (const replicas of [1, 3, 4, 5, 6, 7, 8, 9]) assert.deepEqual(found({ replicas }), [], `${replicas}`);
    const text = (replicas: number): string => problems({ replicas })[0]?.text ?? "";
    assert.match(text(2), /choose 3: with two members no row survives the loss of one at LOCAL_QUORUM/);
    assert.match(text(10), /choose 9"/);
    assert.match(text(0), /choose 1"/);
    assert.doesNotMatch(text(10) + text(2), /elect/);
  });

  it("refuses names that are the server's, or that a keyspace cannot have", () => {
    for (const database of ["system", "system_views", "Clicks", "9lives", "a".repeat(49), "a-b"]) {
      assert.deepEqual(found({ database }), ["database"], database);
    }
    for (const username of ["cassandra", "admin", "stateful_agent", "Shop"]) {
      assert.deepEqual(found({ username }), ["username"], username);
    }
    assert.deepEqual(found({ database: "a".repeat(48), username: "b".repeat(48) }), []);
  });

  it("has the API server refuse fewer pods than its ring has members", async () => {
    const { recording } = await cassandra();
    const policies = recording.all("ValidatingAdmissionPolicy").map(({ inputs }) => inputs);
    const size = policies.find(({ metadata }) => metadata.name === "events.databases.size.stateful");
    assert.deepEqual(size?.["spec"].matchConstraints.resourceRules, [
      {
        apiGroups: ["apps"],
        apiVersions: ["v1"],
        operations: ["UPDATE"],
        resources: ["statefulsets", "statefulsets/scale"],
        resourceNames: ["events"],
      },
    ]);
    const bindings = recording.all("ValidatingAdmissionPolicyBinding").map(({ inputs }) => inputs["spec"]);
    assert.deepEqual(
      bindings.find(({ policyName }) => policyName === "events.databases.size.stateful"),
      {
        policyName: "events.databases.size.stateful",
        validationActions: ["Deny"],
      },
    );
    const without = await cassandra({ admissionPolicy: false });
    assert.deepEqual(without.recording.all("ValidatingAdmissionPolicy"), []);
  });

  it("becomes smaller only down to three, and where the API server sees to it that nothing is lost", () => {
    const of = (replicas: number, paused?: number): PausedInputs => ({
      metadata: { annotations: paused === undefined ? {} : { "stateful/paused": String(paused) } },
      spec: { replicas },
    });
    const refusal = (before: PausedInputs, after: PausedInputs, policed = true): string =>
      sizeRefusal("events", before, after, policed) ?? "";
    assert.equal(refusal(of(3), of(4)), "");
    assert.equal(refusal(of(3), of(0, 3)), "");
    assert.equal(refusal(of(5), of(3)), "");
    assert.match(refusal(of(5), of(3), false), /from 5 to 3: .*streamed to the others/);
    assert.match(refusal(of(0, 3), of(1)), /from 3 to 1: each row has 3 copies/);
    assert.match(refusal(of(1), of(3)), /from 1 to 3: .*one copy/);
  });

  it("with zones as racks spreads its members evenly over them, and tells their agents", async () => {
    const args = { replicas: 6, racks: Racks.Zones };
    const { recording } = await cassandra(args);
    const { metadata, spec } = recording.one("StatefulSet").inputs;
    assert.equal(metadata.annotations["stateful/racks"], "zones");
    const [constraint] = spec.template.spec.topologySpreadConstraints;
    assert.equal(constraint.topologyKey, "topology.kubernetes.io/zone");
    assert.equal(constraint.whenUnsatisfiable, "DoNotSchedule");
    assert.equal((await configOf(args))["racks"], "zones");
    const files = JSON.stringify(spec.template.spec.volumes);
    assert.match(files, /"key":"racks"/);
  });

  it("without them keeps no member from running, and tells nobody", async () => {
    const { recording } = await cassandra({ replicas: 6, racks: Racks.One });
    const { metadata, spec } = recording.one("StatefulSet").inputs;
    assert.equal(metadata.annotations["stateful/racks"], undefined);
    assert.equal(spec.template.spec.topologySpreadConstraints[0].whenUnsatisfiable, "ScheduleAnyway");
    assert.doesNotMatch(JSON.stringify(spec.template.spec.volumes), /"key":"racks"/);
  });

  it("says what the loss of a zone costs, with racks and without", () => {
    const said = (args: Partial<CassandraArgs>): string => {
      const resolved = resolveCassandra({ ...base, ...args });
      return JSON.stringify(cassandraEngine.guarantees(resolved));
    };
    assert.match(said({ replicas: 6, racks: Racks.Zones }), /the loss of a whole zone/);
    assert.match(said({ replicas: 6 }), /with a zone: `racks: zones` keeps them apart/);
    assert.doesNotMatch(said({ replicas: 3 }), /zone/);
  });

  it("refuses racks that could keep nothing", () => {
    assert.deepEqual(found({ replicas: 1, racks: Racks.Zones }), ["racks"]);
    assert.deepEqual(found({ replicas: 3, racks: Racks.Zones, zones: ["a", "b"] }), ["zones"]);
    assert.deepEqual(found({ replicas: 3, racks: Racks.Zones, zones: ["a", "b", "c"] }), []);
    assert.deepEqual(found({ replicas: 3, racks: "hosts" as unknown as Racks }), ["racks"]);
  });

  it("refuses other racks for a ring that there is", () => {
    const of = (racks?: string): VersionedInputs => ({
      metadata: { annotations: racks === undefined ? {} : { "stateful/racks": racks } },
    });
    assert.equal(racksRefusal("events", of(), of()), undefined);
    assert.equal(racksRefusal("events", of("zones"), of("zones")), undefined);
    assert.match(
      racksRefusal("events", of(), of("zones")) ?? "",
      /from one to zones: by them the ring has placed/,
    );
    assert.match(racksRefusal("events", of("zones"), of()) ?? "", /from zones to one/);
  });

  it("refuses an older version on the same data", () => {
    const of = (version: string) => ({ metadata: { annotations: { "stateful/version": version } } });
    assert.equal(versionRefusal("events", of("5.0"), of("5.0")), undefined);
    assert.equal(versionRefusal("events", of("5.0"), of("5.1")), undefined);
    assert.match(versionRefusal("events", of("5.1"), of("5.0")) ?? "", /older server/);
  });
});
