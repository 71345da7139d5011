import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  ConcurrencyPolicy,
  type InvalidArgsError,
  type ScheduleArgs,
  StatelessApp,
  type StatelessAppArgs,
} from "../../components";
import { describeStack } from "../../render/table";
import { deployStack } from "../../stacks/stack";
import { record, type Recording } from "./support/recording";
import { read } from "./support/stack";

const orders = {
  ...{ host: "orders.databases.svc", port: 3306, database: "app", username: "app" },
  ...{ secretName: "orders-login", caSecretName: "orders-tls", clientOf: "orders" },
};

const made = (schedule: ScheduleArgs, more: Partial<StatelessAppArgs> = {}): Promise<Recording> =>
  record(() => new StatelessApp("report", { namespace: "databases", image: "shop:1", schedule, ...more }));

function cronJob(recording: Recording): Record<string, any> {
  return recording.one("CronJob").inputs["spec"] as Record<string, any>;
}

describe("an application with a schedule", function () {
  this.timeout(20_000);

  it("is a CronJob in place of a Deployment, which nobody reaches", async () => {
    const recording = await made({ cron: " 30 2 * * * " });
    const { jobTemplate, ...spec } = cronJob(recording);
    assert.deepEqual(spec, {
      schedule: "30 2 * * *",
      timeZone: "Etc/UTC",
      concurrencyPolicy: "Forbid",
      startingDeadlineSeconds: 3600,
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
    });
    assert.equal(jobTemplate.spec.backoffLimit, 3);
    assert.equal(jobTemplate.spec.activeDeadlineSeconds, undefined);
    assert.equal(jobTemplate.spec.podFailurePolicy.rules[0].onPodConditions[0].type, "DisruptionTarget");
    for (const kind of ["Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"]) {
      assert.deepEqual(recording.all(kind), [], kind);
    }
    assert.deepEqual(recording.one("NetworkPolicy").inputs["spec"].ingress, []);
  });

  it("says what it is told of its times, its tries and what is kept of them", async () => {
    const { jobTemplate, ...spec } = cronJob(
      await made({
        cron: "@hourly",
        timeZone: "Europe/Berlin",
        concurrencyPolicy: ConcurrencyPolicy.Replace,
        startingDeadline: "5m",
        activeDeadline: "2h",
        retries: 0,
        history: { succeeded: 0, failed: 10 },
        paused: true,
      }),
    );
    assert.deepEqual(spec, {
      schedule: "@hourly",
      timeZone: "Europe/Berlin",
      concurrencyPolicy: "Replace",
      startingDeadlineSeconds: 300,
      suspend: true,
      successfulJobsHistoryLimit: 0,
      failedJobsHistoryLimit: 10,
    });
    assert.equal(jobTemplate.spec.activeDeadlineSeconds, 7200);
    assert.equal(jobTemplate.spec.backoffLimit, 0);
    // By that rule a pod would be made again, for what must not run twice.
    assert.equal(jobTemplate.spec.podFailurePolicy, undefined);
  });

  it("has the pod that it would have without one, but for what begins it again", async () => {
    const args = {
      connection: orders,
      connections: { STOCK: { ...orders, clientOf: "stock", caSecretName: "stock-tls" } },
      initContainers: [{ name: "prepare", command: ["true"] }],
      command: ["node", "report.js"],
      env: { MODE: "report" },
      secretEnv: { TOKEN: { secretName: "tokens", key: "report" } },
      userId: 10001,
      volume: { mountPath: "/files", storage: "1Gi" },
      imagePullSecrets: ["registry"],
      annotations: { team: "shop" },
      labels: { team: "shop" },
    };
    const scheduled = await made({ cron: "@daily" }, args);
    const running = await record(
      () => new StatelessApp("report", { namespace: "databases", image: "shop:1", replicas: 1, ...args }),
    );
    const template = cronJob(scheduled)["jobTemplate"].spec.template as Record<string, any>;
    const worker = running.one("Deployment").inputs["spec"].template as Record<string, any>;
    assert.equal(template["metadata"].labels["orders-client"], "true");
    assert.equal(template["metadata"].labels["stock-client"], "true");
    assert.deepEqual(template, { ...worker, spec: { ...worker["spec"], restartPolicy: "Never" } });
    assert.equal(cronJob(scheduled)["jobTemplate"].metadata.labels.team, "shop");
    // Whichever of the two it is, its volume is the same.
    const claim = (recording: Recording) => recording.one("PersistentVolumeClaim").inputs;
    assert.deepEqual(claim(scheduled), claim(running));
  });

  it("takes a connection that is known later", async () => {
    const now = cronJob(await made({ cron: "@daily" }, { connection: orders }));
    const later = cronJob(await made({ cron: "@daily" }, { connection: pulumi.output(orders) }));
    assert.deepEqual(later, now);
  });

  it("keeps the names of what both kinds have, so that one can become the other", async () => {
    const names = (recording: Recording) =>
      ["NetworkPolicy", "PersistentVolumeClaim"].map((kind) => recording.one(kind).name);
    const volume = { mountPath: "/files", storage: "1Gi" };
    const running = await record(
      () => new StatelessApp("report", { namespace: "databases", image: "a", port: 80, replicas: 1, volume }),
    );
    assert.deepEqual(names(await made({ cron: "@daily" }, { volume })), names(running));
  });

  it("is refused with what is of no use to it, all at once", async () => {
    const wrong = made(
      { cron: "0 0 * * 7", timeZone: "europe/berlin", retries: 1.5 },
      { port: 80, replicas: 2, servicePort: 80, probe: { path: "/" } },
    );
    await assert.rejects(wrong, (error: InvalidArgsError) => {
      assert.deepEqual(
        error.problems.map(({ key }) => key),
        ["port", "servicePort", "replicas", "probe"]
          .concat(["schedule.cron", "schedule.timeZone", "schedule.retries"])
          .map((key) => `report.${key}`),
      );
      return true;
    });
  });

  it("of a stack has its database, and a line of its own in what is printed", async () => {
    let outputs: any;
    const recording = await record(async () => {
      outputs = await deployStack(
        read({
          target: "bare-metal",
          namespace: "shop",
          databases: { orders: { engine: "mysql", storage: "10Gi" } },
          applications: {
            report: { image: "shop:1", schedule: "30 2 * * MON", database: "orders" },
            tidy: { image: "shop:1", schedule: { cron: "@hourly", timeZone: "Asia/Kolkata", paused: true } },
          },
        }),
      );
    });
    const { template } = recording.one("CronJob", "report").inputs["spec"].jobTemplate.spec;
    assert.equal(template.metadata.labels["orders-client"], "true");
    assert.deepEqual(outputs.applications, {});
    const printed = describeStack({
      namespace: "shop",
      databases: {},
      applications: {},
      schedules: outputs.schedules,
    });
    assert.match(printed, /APPLICATION +RUNS AT +TIME ZONE\nreport +30 2 \* \* MON +Etc\/UTC\n/);
    assert.match(printed, /tidy +@hourly, paused +Asia\/Kolkata$/);
  });
});
