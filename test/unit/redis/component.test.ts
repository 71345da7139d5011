import assert from "node:assert/strict";
import { Durability, InvalidArgsError, Redis, type RedisArgs, RedisMode } from "../../../components";
import { redisEngine } from "../../../components/redis/engine";
import type { VersionedInputs } from "../../../components/common/version-guard";
import { modeRefusal } from "../../../components/redis/mode-guard";
import { resolveRedis } from "../../../components/redis/resolve";
import { versionRefusal } from "../../../components/redis/version-refusal";
import { recordDatabase } from "../support/database";
import { type Recording, valueOf } from "../support/recording";

const base: RedisArgs = { namespace: "databases", storage: "20Gi" };

async function redis(args: Partial<RedisArgs> = {}): Promise<{ recording: Recording; database: Redis }> {
  return recordDatabase(() => new Redis("cart", { ...base, ...args }));
}

/** The server's file, as lines. */
async function file(args: Partial<RedisArgs> = {}): Promise<string[]> {
  const { recording } = await redis(args);
  return (recording.one("ConfigMap", "cart-config").inputs["data"]["server.conf"] as string).split("\n");
}

function problems(args: Partial<RedisArgs>): { key: string; text: string }[] {
  try {
    new Redis("cart", { ...base, ...args });
  } catch (error) {
    assert.ok(error instanceof InvalidArgsError, String(error));
    return error.problems.map((problem) => ({
      key: problem.key.replace(/^cart\.?/, ""),
      text: JSON.stringify(problem),
    }));
  }
  return [];
}

describe("Redis", () => {
  it("runs the official image of the version that is named, by the program of its brand", async () => {
    for (const [version, image, program] of [
      [undefined, "docker.io/valkey/valkey:8.1", "valkey-server"],
      ["9.1", "docker.io/valkey/valkey:9.1", "valkey-server"],
      ["8.0", "docker.io/library/redis:8.0", "redis-server"],
    ] as const) {
      const { recording } = await redis(version === undefined ? {} : { version });
      const [server] = recording.one("StatefulSet").inputs["spec"].template.spec.containers;
      assert.equal(server.image, image);
      assert.deepEqual(server.command.slice(2), [program, "/etc/stateful/config/server.conf"]);
    }
  });

  it("has a name for the primary, for replicas, and for who asks by Sentinel's protocol", async () => {
    const { recording, database } = await redis({ replicas: 3 });
    assert.equal(await valueOf(database.primaryHost), "cart.databases.svc");
    assert.equal(await valueOf(database.replicasHost), "cart-replicas.databases.svc");
    assert.equal(await valueOf(database.sentinelHost), "cart-sentinel.databases.svc");
    assert.equal(await valueOf(database.port), 6379);
    const portsOf = (name: string): number[] =>
      recording.one("Service", name).inputs["spec"].ports.map(({ port }: { port: number }) => port);
    assert.deepEqual(portsOf("cart-primary"), [6379, 6380]);
    assert.deepEqual(portsOf("cart-sentinel"), [26379]);
    assert.deepEqual(
      recording.one("EndpointSlice", "cart-route").inputs["ports"].map(({ name }: { name: string }) => name),
      ["redis", "redis-tls"],
    );
  });

  it("has no port without TLS where clients must use it", async () => {
    const { recording, database } = await redis({ tls: { required: true } });
    assert.equal(await valueOf(database.port), 6380);
    assert.match(await valueOf(database.connectionString), /^rediss:\/\/app:.*:6380\/0$/);
    const service = recording.one("Service", "cart-primary").inputs["spec"];
    assert.deepEqual(
      service.ports.map(({ port }: { port: number }) => port),
      [6380],
    );
    assert.ok((await file({ tls: { required: true } })).includes("#stateful plain false"));
  });

  it("makes the Lease that its agents elect by, keeps it, and gives them no right to make one", async () => {
    const { recording } = await redis({ replicas: 3 });
    const lease = recording.one("Lease");
    assert.equal(lease.inputs["metadata"].name, "cart-primary");
    assert.equal("spec" in lease.inputs, false, "what agents write is not the stack's to apply");
    const rules = recording.one("Role").inputs["rules"] as Record<string, string[]>[];
    assert.deepEqual(
      rules.filter(({ resources }) => resources?.includes("leases")),
      [
        {
          apiGroups: ["coordination.k8s.io"],
          resources: ["leases"],
          resourceNames: ["cart-primary"],
          verbs: ["get", "update"],
        },
      ],
    );
  });

  it("goes on alone at the price of what nobody else had, unless a majority is asked for", async () => {
    const preferred = await file({ replicas: 3 });
    assert.ok(preferred.includes("appendfsync everysec") && preferred.includes("#stateful mayLose true"));
    const majority = await file({ replicas: 3, durability: Durability.Majority });
    assert.ok(majority.includes("appendfsync always") && majority.includes("#stateful mayLose false"));
  });

  it("leaves room in its memory for pages that are there twice while data is written out", async () => {
    const lines = await file({ resources: { memory: "1088Mi" } });
    const gibibyte = 2 ** 30;
    assert.ok(lines.includes(`maxmemory ${Math.floor(gibibyte * 0.6)}`));
    assert.ok(lines.includes("maxmemory-policy noeviction"));
    assert.ok(lines.includes('save ""'));
  });

  it("says what can be lost, and what a client that waits does not lose", () => {
    const promised = (args: Partial<RedisArgs>): string => {
      const { survives, canBeLost } = redisEngine.guarantees(resolveRedis({ ...base, ...args }));
      return [...survives, "|", ...canBeLost].join("; ");
    };
    assert.match(promised({ replicas: 3 }), /\|.*acknowledged writes that no other member had received/);
    const majority = promised({ replicas: 3, durability: Durability.Majority });
    assert.match(majority, /every write for which a client has called WAIT 1 … and got 1.*\|/);
    assert.match(promised({ replicas: 1 }), /everything, with the volume/);
  });

  it("refuses what cannot be run, all of it at once", () => {
    const found = problems({
      replicas: 4,
      database: "app",
      durability: Durability.All,
      tls: { verifyMembers: false },
      resources: { memory: "128Mi" },
      username: "default",
    });
    assert.deepEqual(
      found.map(({ key }) => key).sort(),
      ["database", "durability", "replicas", "resources.memory", "tls.verifyMembers", "username"].sort(),
    );
    assert.match(found.find(({ key }) => key === "replicas")?.text ?? "", /choose 5/);
  });

  it("refuses settings that the members' agreement rests on, with the reason, and names that are misspelled", () => {
    const settings = {
      "min-replicas-to-write": "0",
      min_slaves_to_write: "0",
      REPLICAOF: "198.18.0.1 6379",
      appendfsync: "no",
      save: "60 1",
      "rename-command": "CONFIG x",
      "cluster-enabled": "yes",
      "maxmemory-polcy": "allkeys-lru",
      timeout: "ten",
    };
    const found = problems({ settings });
    assert.deepEqual(
      found.map(({ key }) => key),
      Object.keys(settings).map((key) => `settings.${key}`),
    );
    const text = (key: string): string => found.find((one) => one.key === `settings.${key}`)?.text ?? "";
    assert.match(text("min-replicas-to-write"), /election/);
    assert.match(text("maxmemory-polcy"), /maxmemory-policy/);
    assert.match(text("timeout"), /whole number/);
  });

  it("takes settings in the server's own ways of writing", async () => {
    const lines = await file({
      settings: { MAXMEMORY_POLICY: "allkeys-lfu", maxmemory: "100mb", "io-threads": "2" },
    });
    for (const line of ["maxmemory-policy allkeys-lfu", "maxmemory 100mb", "io-threads 2"])
      assert.ok(lines.includes(line), line);
    assert.equal(lines.filter((line) => line.startsWith("maxmemory ")).length, 1);
  });

  it("refuses data for which there is no room in memory, or on the volume", () => {
    assert.deepEqual(
      problems({ settings: { maxmemory: "0" } }).map(({ key }) => key),
      ["settings.maxmemory"],
    );
    assert.match(problems({ settings: { maxmemory: "1gb" } })[0]?.text ?? "", /four fifths/);
    assert.match(problems({ storage: "1Gi", resources: { memory: "4Gi" } })[0]?.text ?? "", /three times/);
  });

  it("refuses the other brand and an older version on the same data", () => {
    const of = (version: string) => ({ metadata: { annotations: { "stateful/version": version } } });
    assert.equal(versionRefusal("cart", of("8.1"), of("9.1")), undefined);
    assert.equal(versionRefusal("cart", of("8.1"), of("8.1")), undefined);
    assert.match(versionRefusal("cart", of("9.1"), of("8.1")) ?? "", /older server/);
    assert.match(versionRefusal("cart", of("8.0"), of("8.1")) ?? "", /other brand/);
    assert.match(versionRefusal("cart", of("8.1"), of("8.0")) ?? "", /other brand/);
  });

  describe("as a cache", () => {
    const cache: Partial<RedisArgs> = { mode: RedisMode.Cache, replicas: 3, resources: { memory: "1088Mi" } };
    const bare: RedisArgs = { namespace: "databases" };
    const made = async (): Promise<Recording> => {
      const { recording } = await recordDatabase(() => new Redis("cart", { ...bare, ...cache }));
      return recording;
    };

    it("has no volumes: what lies on a node's disk goes with the pod, and has an end", async () => {
      const recording = await made();
      assert.equal(recording.all("PersistentVolumeClaim").length, 0);
      const { spec } = recording.one("StatefulSet").inputs;
      assert.equal("volumeClaimTemplates" in spec, false);
      const volumes = spec.template.spec.volumes as { name: string; emptyDir?: object }[];
      assert.deepEqual(volumes.find(({ name }) => name === "data")?.emptyDir, { sizeLimit: "2176Mi" });
      const [server] = spec.template.spec.containers;
      assert.equal(server.resources.limits["ephemeral-storage"], "3200Mi");
    });

    it("gives up what was not used for longest, and says that nothing is kept", async () => {
      const recording = await made();
      const lines = (recording.one("ConfigMap", "cart-config").inputs["data"]["server.conf"] as string).split(
        "\n",
      );
      assert.ok(lines.includes("maxmemory-policy allkeys-lru"));
      assert.ok(lines.includes(`maxmemory ${Math.floor(2 ** 30 * 0.8)}`));
      assert.ok(lines.includes("#stateful volatile true"));
      assert.ok((await file({ replicas: 3 })).includes("#stateful volatile false"));
    });

    it("refuses what only data has that is kept", () => {
      const found = (args: Partial<RedisArgs>): string[] => problems(args).map(({ key }) => key);
      assert.deepEqual(found({ ...cache, durability: Durability.Majority }), ["storage", "durability"]);
      assert.deepEqual(found(JSON.parse('{"mode":"memory"}') as Partial<RedisArgs>), ["mode"]);
    });

    it("says what is lost with whom", () => {
      const { canBeLost } = redisEngine.guarantees(resolveRedis({ ...bare, ...cache }));
      assert.match(
        canBeLost.join("; "),
        /with all members' pods or servers: it begins again, empty, by itself/,
      );
      const one = redisEngine.guarantees(resolveRedis({ ...bare, mode: RedisMode.Cache }));
      assert.deepEqual(one.survives, []);
    });

    it("stays what it was made for", () => {
      const of = (mode?: string): VersionedInputs => ({
        metadata: { annotations: mode === undefined ? {} : { "stateful/mode": mode } },
      });
      assert.equal(modeRefusal("cart", of("cache"), of("cache")), undefined);
      assert.equal(modeRefusal("cart", of(), of("store")), undefined);
      assert.match(modeRefusal("cart", of(), of("cache")) ?? "", /cannot go from mode store to cache/);
      assert.match(modeRefusal("cart", of("cache"), of("store")) ?? "", /second database/);
    });
  });
});
