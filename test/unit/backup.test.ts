import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import {
  DrillInterval,
  HostPathStorage,
  MySql,
  type MySqlArgs,
  type RestoreFromArgs,
} from "../../components";
import { restoredFrom, restoreRefusal } from "../../components/backup/restore-guard";
import { backupGuarantees } from "../../components/backup/guarantees";
import { cronOf, drillCron } from "../../components/backup/schedule";
import { parseWindow } from "../../components/protocol/windows";
import { cronMistake } from "../../components/common/cron";
import { backupOf, onScratch } from "../../stacks/backup";
import { recordDatabase } from "./support/database";
import { record, type Recording } from "./support/recording";
import { read, validStack } from "./support/stack";

const s3 = {
  bucket: "acme",
  prefix: "prod",
  endpoint: "https://s3.acme:9000/",
  caSecret: "s3-ca",
  credentials: { existingSecret: "s3-writer" },
};
const backup = { destination: { s3 } };

async function mysql(args: Partial<MySqlArgs> = {}): Promise<Recording> {
  const { recording } = await recordDatabase(
    () => new MySql("orders", { namespace: "databases", storage: "20Gi", replicas: 3, ...args }),
  );
  return recording;
}

const templateOf = (recording: Recording) => recording.one("StatefulSet").inputs["spec"].template;
const volumesOf = (pod: any): any[] => pod.spec.volumes;
const cronOfName = (recording: Recording, name: string) => recording.one("CronJob", name).inputs["spec"];
const jobPodOf = (recording: Recording) => cronOfName(recording, "orders-backup").jobTemplate.spec.template;
const modeOf = (template: any): string =>
  template.spec.containers[0].env.find(({ name }: any) => name === "STATEFUL_MODE").value;

describe("a database with a backup", () => {
  let recording: Recording;
  before(async () => {
    recording = await mysql({ backup });
  });

  it("tells its agents what is wanted", () => {
    const { data } = recording.one("ConfigMapPatch", "orders-backup-data").inputs;
    assert.deepEqual(JSON.parse(data["backup.json"]), {
      destination: {
        kind: "s3",
        bucket: "acme",
        region: "us-east-1",
        endpoint: "https://s3.acme:9000",
        prefix: "prod",
        credentials: "keys",
      },
      recoveryPointSeconds: 10,
      retentionSeconds: 14 * 86_400,
      keepLogsPercent: 25,
      drillSeconds: 7 * 86_400,
    });
  });

  it("mounts settings and Secrets at one place, in the agent alone", () => {
    const template = templateOf(recording);
    const { sources } = volumesOf(template).find(({ name }) => name === "backup").projected;
    const names = sources.map(({ configMap, secret }: any) => (configMap ?? secret).name);
    assert.deepEqual(names, ["orders-backup", "orders-backup-key", "s3-writer", "s3-ca"]);
    const [agent] = template.spec.initContainers;
    assert.ok(
      agent.volumeMounts.some((one: any) => one.mountPath === "/etc/stateful/backup" && one.readOnly),
    );
    const [server] = template.spec.containers;
    assert.ok(!server.volumeMounts.some(({ name }: any) => name === "backup"));
  });

  it("restarts no member for another retention", async () => {
    const longer = await mysql({ backup: { ...backup, retention: "30d" } });
    assert.deepEqual(templateOf(longer), templateOf(recording));
    assert.notDeepEqual(
      longer.one("ConfigMapPatch", "orders-backup-data").inputs,
      recording.one("ConfigMapPatch", "orders-backup-data").inputs,
    );
  });

  it("keeps its key, whatever becomes of the database", async () => {
    const deleted = await mysql({ backup, dataPolicy: "delete" as never });
    for (const made of [recording, deleted]) {
      const key = made.one("Secret", "orders-backup-key");
      assert.equal(key.opts.retainOnDelete, true);
      assert.equal(key.inputs["metadata"].labels["app.kubernetes.io/component"], "backup");
      const patch = made.one("SecretPatch", "orders-backup-key-values");
      assert.equal(patch.inputs["stringData"]["encryption-key"], "generated");
    }
  });

  it("makes full copies by an account that can change nothing but its lease, its report, and how many it is", () => {
    const rules = recording.one("Role", "orders-backup-role").inputs["rules"];
    const changes = rules.filter(({ verbs }: any) => verbs.some((verb: string) => verb !== "get"));
    assert.deepEqual(
      changes.map(({ resources, resourceNames, verbs }: any) => [resources[0], resourceNames, verbs]),
      [
        ["configmaps", ["orders-backups"], ["get", "patch"]],
        ["deployments/scale", ["orders-backup-upkeep"], ["patch"]],
        ["leases", ["orders-backup"], ["get", "update"]],
      ],
    );
    assert.ok(
      rules.every(
        ({ resources, resourceNames }: any) => resourceNames.length > 0 && !resources.includes("secrets"),
      ),
    );
    assert.equal(jobPodOf(recording).spec.serviceAccountName, "orders-backup");
    const report = recording.one("ConfigMap", "orders-backup-report").inputs;
    assert.equal("data" in report, false, "what is applied leaves what Jobs wrote as it is");
  });

  it("lets its members' account have a copy made, by a number and nothing else, and read how copies ended", () => {
    const rules: any[] = recording.one("Role", "orders-role").inputs["rules"];
    const own = rules.filter(({ resourceNames = [] }) => /-backup/.test(resourceNames.join()));
    assert.deepEqual(own, [
      { apiGroups: [""], resources: ["configmaps"], resourceNames: ["orders-backups"], verbs: ["get"] },
      {
        apiGroups: ["apps"],
        resources: ["deployments/scale"],
        resourceNames: ["orders-backup-upkeep"],
        verbs: ["patch"],
      },
    ]);
  });

  it("puts out where it lies, its key, and what its Jobs have written down; and nothing of what they have not", async () => {
    const put = async (data?: Record<string, string>): Promise<object> => {
      let made: { backup: pulumi.Output<object> } | undefined;
      await record(
        () => {
          made = new MySql("orders", { namespace: "shop", storage: "1Gi", backup });
        },
        { answers: ({ id }) => (id ? { data } : undefined) },
      );
      return await (made!.backup as unknown as { promise: () => Promise<object> }).promise();
    };
    const known = {
      ...{ enabled: true, destination: "s3://acme/prod at https://s3.acme:9000", retention: "14d" },
      ...{ recoveryPoint: "10s", keySecretName: "orders-backup-key" },
    };
    assert.deepEqual(await put(), known);
    assert.deepEqual(await put({ "copies.json": "nonsense" }), known);
    const at = Date.parse("2026-11-26T02:00:00Z");
    const report = { copies: 3, last: { finished: at }, windows: [{ from: at - 1000, to: at + 1000 }] };
    assert.deepEqual(await put({ "copies.json": JSON.stringify(report) }), {
      ...known,
      ...{ copies: 3, lastCopy: "2026-11-26T02:00:00Z" },
      ...{ restorableFrom: "2026-11-26T01:59:59Z", restorableUntil: "2026-11-26T02:00:01Z" },
    });
  });

  it("runs one copy at a time, ends one that takes too long, and tries again one that fails", () => {
    const spec = cronOfName(recording, "orders-backup");
    assert.equal(spec.concurrencyPolicy, "Forbid");
    assert.equal(spec.schedule, cronOf("orders"));
    assert.ok(spec.jobTemplate.spec.activeDeadlineSeconds > 0 && spec.jobTemplate.spec.backoffLimit > 0);
  });

  it("is no member while it copies one, and reaches it as a client", () => {
    const { labels } = jobPodOf(recording).metadata;
    const selector = recording.one("StatefulSet").inputs["spec"].selector.matchLabels;
    assert.ok(Object.entries(selector).some(([key, value]) => labels[key] !== value));
    assert.equal(labels["orders-client"], "true");
  });

  it("makes the copy on a volume of its own, and ends with the agent", () => {
    const { spec } = jobPodOf(recording);
    const scratch = spec.volumes.find(({ name }: any) => name === "data").ephemeral.volumeClaimTemplate.spec;
    assert.equal(scratch.resources.requests.storage, "20Gi");
    assert.deepEqual(
      spec.containers.map(({ name }: any) => name),
      ["agent"],
    );
    const server = spec.initContainers.at(-1);
    assert.deepEqual([server.name, server.restartPolicy], ["mysql", "Always"]);
    assert.equal(spec.restartPolicy, "Never");
  });

  it("makes the first one at once, and one whenever it is asked for: how many there are is not the stack's to say", () => {
    const { metadata, spec } = recording.one("Deployment", "orders-backup-upkeep").inputs;
    assert.equal("replicas" in spec, false);
    assert.equal(metadata.annotations["pulumi.com/skipAwait"], "true");
    assert.equal(modeOf(spec.template), "upkeep");
    assert.equal(spec.template.spec.restartPolicy, "Always");
    assert.equal(spec.strategy.type, "Recreate");
    for (const [key, value] of Object.entries(spec.selector.matchLabels)) {
      assert.equal(spec.template.metadata.labels[key], value);
    }
    assert.deepEqual(recording.all("Job"), []);
  });

  it("tries a restore each week, at another minute than copies, by the same account", () => {
    const spec = cronOfName(recording, "orders-drill");
    assert.equal(spec.schedule, drillCron("orders", {}, DrillInterval.Weekly));
    assert.notEqual(spec.schedule.split(" ")[0], cronOf("orders").split(" ")[0]);
    assert.equal(spec.concurrencyPolicy, "Forbid");
    const { template } = spec.jobTemplate.spec;
    assert.equal(modeOf(template), "drill");
    assert.equal(template.spec.serviceAccountName, "orders-backup");
  });

  it("tries none where none is wanted, and asks what is to be asked", async () => {
    const none = await mysql({ backup: { ...backup, drill: { enabled: false } } });
    assert.deepEqual(
      none.all("CronJob").map(({ name }) => name),
      ["orders-backup"],
    );
    const drill = { every: DrillInterval.Daily, query: "SELECT COUNT(*) > 0 FROM app.orders" };
    const daily = await mysql({ backup: { ...backup, drill } });
    const settings = JSON.parse(
      daily.one("ConfigMapPatch", "orders-backup-data").inputs["data"]["backup.json"],
    );
    assert.deepEqual([settings.drillSeconds, settings.drillQuery], [86_400, drill.query]);
    assert.match(cronOfName(daily, "orders-drill").schedule, /^\d+ \d+ \* \* \*$/);
    assert.match(drillCron("orders", {}, DrillInterval.Monthly), /^\d+ [1-4] \d+ \* \*$/);
    assert.equal(cronMistake(drillCron("orders", {}, DrillInterval.Weekly)), undefined);
  });

  it("takes a volume, a claim for copies, limits and an identity", async () => {
    const made = await mysql({
      backup: {
        destination: { volume: { claim: "backups", prefix: "a" } },
        scratch: { claim: "scratch" },
        limits: { cpu: "1", memory: "2Gi", bandwidth: "50Mi" },
        encryption: { existingSecret: "keys" },
      },
    });
    assert.equal(
      made.all("Secret").some(({ name }) => name === "orders-backup-key"),
      false,
    );
    const { spec } = jobPodOf(made);
    const claims = spec.volumes.flatMap(({ persistentVolumeClaim: claim }: any) => claim?.claimName ?? []);
    assert.deepEqual(claims, ["scratch", "backups"]);
    const [agent] = spec.containers;
    assert.deepEqual([agent.resources.limits.cpu, agent.resources.limits.memory], ["1", "2Gi"]);
    assert.ok(
      agent.env.some(({ name, value }: any) => name === "STATEFUL_BASE_KIB_PER_SECOND" && value === "51200"),
    );
    const own = await mysql({
      backup: { destination: { s3: { bucket: "acme", identity: "pod" } } },
    });
    const settings = JSON.parse(
      own.one("ConfigMapPatch", "orders-backup-data").inputs["data"]["backup.json"],
    );
    assert.equal(settings.destination.credentials, "identity");
  });
});

describe("a database that begins with another one's backup", () => {
  const restoreFrom = { database: "shop", time: "2026-01-31T10:15:00Z" };

  it("tells its agents of whose, and until when, with that one's key", async () => {
    const recording = await mysql({ backup, restoreFrom });
    const { data } = recording.one("ConfigMapPatch", "orders-backup-data").inputs;
    assert.deepEqual(JSON.parse(data["restore.json"]), restoreFrom);
    const { sources } = volumesOf(templateOf(recording)).find(({ name }) => name === "backup").projected;
    const keys = sources.flatMap(({ secret }: any) =>
      secret ? [[secret.name, secret.items[0].path, secret.optional]] : [],
    );
    assert.deepEqual(
      keys.find(([name]: string[]) => name === "shop-backup-key"),
      ["shop-backup-key", "restore-encryption-key", true],
    );
    const [restic, agent] = templateOf(recording).spec.initContainers;
    assert.equal(restic.name, "restic");
    assert.ok(agent.volumeMounts.some(({ mountPath }: any) => mountPath === "/opt/restic"));
  });

  it("reads with the key that all share, or that is named", async () => {
    const keyOf = async (args: Partial<MySqlArgs>) =>
      JSON.stringify(volumesOf(templateOf(await mysql(args))).find(({ name }) => name === "backup"));
    const shared = { ...backup, encryption: { existingSecret: "keys" } };
    const path = '"path":"restore-encryption-key"}],"name"';
    assert.ok((await keyOf({ backup: shared, restoreFrom })).includes(`${path}:"keys"`));
    const named = { ...restoreFrom, encryptionSecret: "theirs" };
    assert.ok((await keyOf({ backup, restoreFrom: named })).includes(`${path}:"theirs"`));
  });

  it("is refused for one that exists, and the line may go once it is there", async () => {
    const annotated = (from?: RestoreFromArgs) => ({ metadata: { annotations: restoredFrom(from) } });
    assert.match(
      restoreRefusal("orders", annotated(), annotated(restoreFrom)) ?? "",
      /nothing is ever restored over data/,
    );
    const later = { ...restoreFrom, time: "2026-01-31T11:15:00Z" };
    assert.match(restoreRefusal("orders", annotated(restoreFrom), annotated(later)) ?? "", /this one exists/);
    assert.equal(restoreRefusal("orders", annotated(restoreFrom), annotated(restoreFrom)), undefined);
    assert.equal(restoreRefusal("orders", annotated(restoreFrom), annotated()), undefined);
    assert.equal(restoreRefusal("orders", {}, {}), undefined);
    const { metadata } = (await mysql({ backup, restoreFrom })).one("StatefulSet").inputs;
    assert.deepEqual(metadata.annotations, restoredFrom(restoreFrom));
  });
});

describe("a database without a backup", () => {
  it("has none of it", async () => {
    for (const args of [{}, { backup: { ...backup, enabled: false } }]) {
      const recording = await mysql(args);
      assert.deepEqual([...recording.all("CronJob"), ...recording.all("Deployment")], []);
      assert.deepEqual(recording.all("Lease"), []);
      assert.ok(!JSON.stringify(recording.one("Role", "orders-role").inputs).includes("-backup"));
      assert.ok(!volumesOf(templateOf(recording)).some(({ name }) => name.startsWith("backup")));
    }
  });

  it("is said to lose everything with its volumes", () => {
    assert.match(backupGuarantees(undefined).canBeLost.join(), /there is no backup/);
    assert.match(backupGuarantees(backup).canBeLost.join(), /the last 10s/);
    assert.match(backupGuarantees({ ...backup, retention: "30d" }).survives.join(), /last 30d/);
  });
});

describe("a stack's backup", () => {
  const backupsOf = (config: object): Record<string, any> =>
    Object.fromEntries(
      read({ ...validStack, ...config }).databases.map(({ name, args }) => [name, args.backup]),
    );
  const databases = {
    a: { engine: "mysql" },
    b: { engine: "mysql", backup: { retention: "30d" } },
    c: { engine: "mysql", backup: { destination: { volume: { claim: "backups" } } } },
    d: { engine: "postgresql", backup: "none" },
  };

  it("lies under each database's own, key by key", () => {
    const found = backupsOf({ backup: { ...backup, retention: "7d" }, databases });
    assert.equal(found["a"].retention, "7d");
    assert.equal(found["b"].retention, "30d");
    assert.deepEqual(found["b"].destination, backup.destination);
    assert.deepEqual(found["c"].destination, { volume: { claim: "backups" } });
    assert.equal(found["d"].enabled, false);
  });

  it("can be none, and then a database may have one", () => {
    const found = backupsOf({
      backup: "none",
      databases: { a: databases.a, e: { engine: "mysql", backup: { enabled: true, ...backup } } },
    });
    assert.equal(found["a"].enabled, false);
    assert.deepEqual(found["e"].destination, backup.destination);
  });

  it("is not there where nobody asks for it", () => {
    assert.deepEqual(backupsOf({}), { orders: undefined });
    assert.equal(backupOf(undefined, undefined), undefined);
  });

  it("makes copies on the claim that the stack has, unless another volume was named", () => {
    assert.deepEqual(onScratch(backup, "orders-scratch")?.scratch, { claim: "orders-scratch" });
    const own = { ...backup, scratch: { storageClassName: "fast" } };
    assert.deepEqual(onScratch(own, "orders-scratch"), own);
    assert.equal(onScratch(undefined, "orders-scratch"), undefined);
  });
});

describe("the schedule of full copies", () => {
  it("lies within the window, also past midnight, and not at one minute for all", () => {
    const at = (name: string, window: string) => {
      const [minute = 0, hour = 0] = cronOf(name, { window }).split(" ").map(Number);
      return hour * 60 + minute;
    };
    const names = Array.from({ length: 100 }, (_, index) => `db-${index}`);
    assert.ok(names.every((name) => at(name, "01:00-05:00") >= 60 && at(name, "01:00-05:00") < 300));
    assert.ok(names.every((name) => at(name, "23:00-01:00") >= 23 * 60 || at(name, "23:00-01:00") < 60));
    const perMinute = new Map<number, number>();
    for (const name of names)
      perMinute.set(at(name, "01:00-05:00"), (perMinute.get(at(name, "01:00-05:00")) ?? 0) + 1);
    assert.ok(Math.max(...perMinute.values()) <= 5);
    assert.equal(cronOf("orders", { cron: "5 4 * * 0" }), "5 4 * * 0");
  });

  it("reads windows as strictly as they are used", () => {
    assert.deepEqual(parseWindow("23:30-00:15"), { start: 1410, end: 1455 });
    for (const text of ["1:00-2:00", "01:00 - 02:00", "24:00-01:00", ""])
      assert.equal(parseWindow(text), undefined);
  });
});

describe("volumes on nodes for full copies", () => {
  it("are made where no class makes them, and go with the stack", async () => {
    const recording = await record(() => {
      new HostPathStorage("storage", {
        path: "/mnt/data",
        nodes: ["n1", "n2", "n3"],
        databases: [
          {
            name: "orders",
            namespace: "databases",
            replicas: 3,
            storage: "20Gi",
            userId: 10_001,
            scratch: "25Gi",
          },
        ],
      });
    });
    const volume = recording.one("PersistentVolume", "storage-orders-scratch");
    assert.equal(volume.inputs["spec"].local.path, "/mnt/data/databases/orders-scratch");
    assert.equal(volume.opts.retainOnDelete, undefined);
    const claim = recording.one("PersistentVolumeClaim", "storage-orders-scratch-claim");
    assert.equal(claim.inputs["spec"].resources.requests.storage, "25Gi");
    const { directories } = recording.one("ConfigMap", "storage-nodes-config").inputs["data"];
    assert.match(directories, /databases\/orders-scratch 10001/);
  });
});
