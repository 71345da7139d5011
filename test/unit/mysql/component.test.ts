import assert from "node:assert/strict";
import { InvalidArgsError, MySql, type MySqlArgs, Spread } from "../../../components";
import { recordDatabase } from "../support/database";
import { isSecret, record, type Recording, valueOf } from "../support/recording";

const base: MySqlArgs = { namespace: "databases", storage: "20Gi" };

async function mysql(args: Partial<MySqlArgs> = {}): Promise<{ recording: Recording; database: MySql }> {
  return recordDatabase(() => new MySql("orders", { ...base, ...args }));
}

function podSpec(recording: Recording): Record<string, any> {
  return recording.one("StatefulSet").inputs["spec"].template.spec as Record<string, any>;
}

describe("MySql", () => {
  it("runs one server, on a volume that Pulumi owns and the StatefulSet adopts", async () => {
    const { recording } = await mysql();
    const { metadata, spec } = recording.one("StatefulSet").inputs;
    assert.equal(metadata.name, "orders");
    assert.equal(spec.replicas, 1);
    assert.equal(spec.serviceName, "orders-headless");
    assert.equal(spec.podManagementPolicy, "Parallel");
    assert.deepEqual(spec.persistentVolumeClaimRetentionPolicy, {
      whenDeleted: "Retain",
      whenScaled: "Retain",
    });
    assert.equal(spec.volumeClaimTemplates[0].metadata.name, "data");

    const claim = recording.one("PersistentVolumeClaim").inputs;
    assert.equal(claim["metadata"].name, "data-orders-0");
    assert.equal(claim["spec"].resources.requests.storage, "20Gi");
    assert.equal(
      "storageClassName" in claim["spec"],
      false,
      "the default class must stay the cluster's choice",
    );
  });

  it("keeps the data below the mount, where lost+found cannot be in the way", async () => {
    const { recording } = await mysql();
    const pod = podSpec(recording);
    const mountOf = ({ volumeMounts }: { volumeMounts: { name: string; mountPath: string }[] }) =>
      volumeMounts.find(({ name }) => name === "data")?.mountPath;
    assert.equal(mountOf(pod["containers"][0]), "/var/lib/mysql");
    assert.equal(mountOf(pod["initContainers"][0]), "/var/lib/mysql");
    const script: string = recording.one("ConfigMap", "orders-agent").inputs["data"]["engine.sh"];
    assert.match(script, /--datadir="\$volume\/data"/);
  });

  it("finds names of other members while a node with one of the cluster's DNS servers is lost, and not yet taken for lost", async () => {
    const { recording } = await mysql();
    assert.deepEqual(podSpec(recording)["dnsConfig"], {
      options: [
        { name: "timeout", value: "1" },
        { name: "attempts", value: "5" },
      ],
    });
  });

  it("meets the Pod Security Standard restricted", async () => {
    const { recording } = await mysql();
    const pod = podSpec(recording);
    assert.equal(pod["securityContext"].runAsNonRoot, true);
    assert.equal(pod["securityContext"].seccompProfile.type, "RuntimeDefault");
    assert.equal(pod["securityContext"].fsGroupChangePolicy, "OnRootMismatch");
    assert.equal(pod["automountServiceAccountToken"], false);
    for (const { securityContext } of [...pod["containers"], ...pod["initContainers"]]) {
      assert.deepEqual(securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    }
  });

  it("never kills a server that recovers, and gives it time to stop", async () => {
    const { recording } = await mysql();
    const pod = podSpec(recording);
    const [server] = pod["containers"];
    assert.equal("startupProbe" in server || "livenessProbe" in server, false);
    assert.deepEqual(server.readinessProbe.httpGet, { path: "/readyz", port: 8390 });
    assert.ok(server.readinessProbe.periodSeconds <= 2, "a pod that is back must be ready at once");
    assert.equal(pod["terminationGracePeriodSeconds"], 300);
    assert.match(server.lifecycle.preStop.exec.command.at(-1), /POST \/v1\/stop/, "hands over first");
  });

  it("reserves the memory that it may use", async () => {
    const { recording } = await mysql({ resources: { memory: "4Gi", cpu: "2" } });
    const [server] = podSpec(recording)["containers"];
    assert.deepEqual([server.resources.requests.cpu, server.resources.requests.memory], ["2", "4Gi"]);
    assert.equal(server.resources.limits.memory, "4Gi");
    assert.match(
      recording.one("ConfigMap", "orders-config").inputs["data"]["my.cnf"],
      /^innodb_buffer_pool_size = 1792M$/m,
    );
  });

  it("refuses a transaction that its members' memory would not hold, and lets queries take theirs from the volume", async () => {
    const config = async (memory: string): Promise<string> => {
      const { recording } = await mysql({ resources: { memory, cpu: "1" } });
      return recording.one("ConfigMap", "orders-config").inputs["data"]["my.cnf"] as string;
    };
    const limit = async (memory: string): Promise<number> =>
      Number(/^loose_group_replication_transaction_size_limit = (\d+)$/m.exec(await config(memory))?.[1]);
    assert.ok((await limit("768Mi")) >= 4 * 1024 ** 2);
    assert.ok((await limit("1Gi")) > (await limit("768Mi")));
    assert.equal(await limit("64Gi"), 150_000_000, "what the group allows by default");
    const small = await config("1Gi");
    assert.match(small, /^tmpdir = \/var\/lib\/mysql\/tmp$/m);
    assert.match(small, /^temptable_max_ram = 33554432$/m);
    assert.equal(
      /^max_binlog_cache_size = (.*)$/m.exec(small)?.[1],
      /^max_binlog_cache_size = (.*)$/m.exec(await config("4Gi"))?.[1],
      "members differ in their memory during an update",
    );
  });

  it("can fill its node's disk no more than its volume", async () => {
    const { recording } = await mysql({});
    const pod = podSpec(recording);
    for (const container of [...pod["containers"], ...pod["initContainers"]]) {
      assert.ok(container.resources.limits["ephemeral-storage"], container.name);
      assert.ok(container.resources.requests["ephemeral-storage"], container.name);
    }
    for (const { name, emptyDir } of pod["volumes"]) {
      if (emptyDir !== undefined) assert.ok(emptyDir.sizeLimit, name);
    }
  });

  it("takes settings over its own, however they are spelled", async () => {
    const { recording } = await mysql({ settings: { "Sync-Binlog": "0", max_connections: "300" } });
    const config: string = recording.one("ConfigMap", "orders-config").inputs["data"]["my.cnf"];
    assert.match(config, /^sync_binlog = 0$/m);
    assert.equal(config.match(/sync.binlog/gi)?.length, 1);
    assert.match(config, /^max_connections = 300$/m);
  });

  it("uses the official image of its version, or the one it is given", async () => {
    const official = await mysql({ version: "9.7" });
    assert.equal(podSpec(official.recording)["containers"][0].image, "docker.io/library/mysql:9.7");
    const own = await mysql({ image: "registry.example.com/mysql:1", imagePullSecrets: ["pull"] });
    assert.equal(podSpec(own.recording)["containers"][0].image, "registry.example.com/mysql:1");
    assert.deepEqual(podSpec(own.recording)["imagePullSecrets"], [{ name: "pull" }]);
  });

  it("has the three names: the primary's, the replicas', each pod's", async () => {
    const { recording, database } = await mysql();
    const services = Object.fromEntries(
      recording.all("Service").map(({ inputs }) => [inputs["metadata"].name, inputs["spec"]]),
    );
    assert.deepEqual(Object.keys(services).sort(), ["orders", "orders-headless", "orders-replicas"]);
    assert.equal(services["orders-headless"].clusterIP, "None");
    assert.equal(services["orders-headless"].publishNotReadyAddresses, true);
    assert.equal(await valueOf(database.primaryHost), "orders.databases.svc");
    assert.equal(await valueOf(database.replicasHost), "orders-replicas.databases.svc");
    assert.deepEqual(await valueOf(database.podHosts), ["orders-0.orders-headless.databases.svc"]);
    assert.equal(await valueOf(database.port), 3306);
  });

  it("puts out a connection string that is secret", async () => {
    const { database } = await mysql({ database: "shop", username: "seller" });
    assert.equal(
      await valueOf(database.connectionString),
      "mysql://seller:generated@orders.databases.svc:3306/shop",
    );
    assert.equal(await isSecret(database.connectionString), true);
    assert.equal(await valueOf(database.secretName), "orders-credentials");
    assert.equal(await valueOf(database.passwordKey), "password");
  });

  it("quotes what a password may hold in a URL", async () => {
    const { database } = await mysql({ password: "a/b@c:d" });
    assert.match(await valueOf(database.connectionString), /app:a%2Fb%40c%3Ad@/);
  });

  it("lets new passwords reach the servers while they run: the pods mount the Secrets, and stay as they are", async () => {
    const template = async (passwordRotation?: string) =>
      (await mysql({ passwordRotation })).recording.one("StatefulSet").inputs["spec"].template as unknown;
    assert.deepEqual(await template("2"), await template());
    const { recording } = await mysql({ existingSecret: { name: "mine", adminPasswordKey: "root" } });
    const { projected } = podSpec(recording)["volumes"].find(
      ({ name }: { name: string }) => name === "credentials",
    );
    assert.deepEqual(projected.sources[0].secret, {
      name: "mine",
      items: [
        { key: "root", path: "root-password" },
        { key: "password", path: "password" },
      ],
    });
    assert.deepEqual(projected.sources[1].secret, {
      name: "mine",
      items: [{ key: "revoke-previous", path: "revoke-previous" }],
      optional: true,
    });
    assert.equal(projected.sources[2].secret.name, "orders-credentials-members");
  });

  it("runs the agent beside each server, before it and after it, with a token that the server does not get", async () => {
    const { recording } = await mysql();
    const pod = podSpec(recording);
    const [agent] = pod["initContainers"];
    assert.equal(agent.restartPolicy, "Always");
    assert.match(agent.image, /^docker\.io\/library\/node:/);
    const mounts = ({ volumeMounts }: { volumeMounts: { mountPath: string }[] }) =>
      volumeMounts.map(({ mountPath }) => mountPath).filter((path) => path.includes("serviceaccount"));
    assert.equal(mounts(agent).length, 1);
    assert.equal(mounts(pod["containers"][0]).length, 0);
  });

  it("gives the agent no right that it does not use", async () => {
    const { recording } = await mysql();
    const rules = recording.one("Role").inputs["rules"] as {
      resources: string[];
      resourceNames?: string[];
      verbs: string[];
    }[];
    const secrets = rules.filter(({ resources }) => resources.includes("secrets"));
    assert.deepEqual(
      secrets.map(({ resourceNames }) => resourceNames),
      [["orders-login"]],
    );
    for (const { resourceNames = [], verbs } of rules) {
      if (resourceNames.length === 0)
        assert.deepEqual(verbs, ["create"], "only create cannot be limited by name");
      for (const name of resourceNames) assert.match(name, /^orders([-.]|$)/);
    }
    assert.equal(recording.one("RoleBinding").inputs["subjects"][0].name, "orders");
    assert.equal(recording.one("StatefulSet").inputs["spec"].template.spec.serviceAccountName, "orders");
  });

  it("shares a program that is there already", async () => {
    const { recording } = await mysql({ agentConfigMap: "mysql-agent" });
    assert.equal(recording.all("AgentBundle").length, 0);
    const bundle = podSpec(recording)["volumes"].find(({ name }: { name: string }) => name === "agent");
    assert.equal(bundle.configMap.name, "mysql-agent");
  });

  it("of three members lets one go at a time, and keeps the names without a selector to the primary's address", async () => {
    const { recording, database } = await mysql({ replicas: 3 });
    assert.equal(recording.one("PodDisruptionBudget").inputs["spec"].maxUnavailable, 1);
    assert.equal(recording.all("PersistentVolumeClaim").length, 3);
    assert.equal((await valueOf(database.podHosts)).length, 3);
    for (const name of ["orders-primary", "orders-replicas"]) {
      assert.equal("selector" in recording.one("Service", name).inputs["spec"], false, name);
    }
  });

  it("runs where it is told to", async () => {
    const { recording } = await mysql({
      zones: ["a", "b"],
      affinity: { nodeLabels: { disk: ["nvme"] }, spread: Spread.Preferred },
      tolerations: [{ key: "dedicated", value: "db", effect: "NoSchedule" }, { key: "spot" }],
    });
    const pod = podSpec(recording);
    const { matchExpressions } =
      pod["affinity"].nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0];
    assert.deepEqual(matchExpressions, [
      { key: "disk", operator: "In", values: ["nvme"] },
      { key: "topology.kubernetes.io/zone", operator: "In", values: ["a", "b"] },
    ]);
    assert.ok(pod["affinity"].podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution);
    assert.deepEqual(pod["tolerations"], [
      { key: "dedicated", value: "db", effect: "NoSchedule", operator: "Equal" },
      { key: "spot", operator: "Exists" },
    ]);
  });

  it("keeps two replicas apart unless told otherwise", async () => {
    const { recording } = await mysql();
    assert.ok(podSpec(recording)["affinity"].podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution);
  });

  it("labels every object by the standard, and with the caller's labels", async () => {
    const { recording } = await mysql({
      agentConfigMap: "mysql-agent",
      labels: { team: "shop" },
      annotations: { contact: "me" },
    });
    for (const { type, inputs } of recording.resources.filter((resource) =>
      resource.type.startsWith("kubernetes:"),
    )) {
      if (type.endsWith("Patch")) continue;
      assert.equal(inputs["metadata"].labels["app.kubernetes.io/instance"], "orders", type);
      assert.equal(inputs["metadata"].labels["team"], "shop", type);
    }
    assert.equal(recording.one("StatefulSet").inputs["spec"].template.metadata.annotations.contact, "me");
    assert.equal("team" in recording.one("StatefulSet").inputs["spec"].selector.matchLabels, false);
  });

  it("has no disruption budget at one replica, which could only block drains", async () => {
    const { recording } = await mysql();
    assert.equal(recording.all("PodDisruptionBudget").length, 0);
  });

  it("refuses every mistake at once, before it makes anything", async () => {
    const recording = await record(() => {
      assert.throws(
        () => new MySql("Orders", { ...base, storage: "20GB", replicas: 4, settings: { datadir: "/x" } }),
        (error: unknown) => {
          assert.ok(error instanceof InvalidArgsError);
          assert.deepEqual(
            error.problems.map(({ key }) => key),
            ["Orders", "Orders.replicas", "Orders.storage", "Orders.settings.datadir"],
          );
          assert.match(error.message, /4 mistakes in the configuration; nothing was changed/);
          return true;
        },
      );
    });
    assert.equal(recording.resources.length, 0);
  });
});
