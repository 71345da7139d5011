import assert from "node:assert/strict";
import type { CronJob, Job, Pod } from "../../../operate/kube/objects";
import type { Observed } from "../../../operate/status/observe";
import { describeStatus, statusOf } from "../../../operate/status/status";
import { observed } from "./observed";

/** When the healthy database was looked at. */
const AT = Date.parse(observed("healthy").at);
const before = (minutes: number): string => new Date(AT - minutes * 60_000).toISOString();

const namespace = "shop";
const of = (uid: string, kind: string, name: string) => ({ ownerReferences: [{ uid, kind, name }] });

function cronJob(spec: object = {}, status: object = {}, metadata: object = {}): CronJob {
  return {
    ...{ apiVersion: "batch/v1", kind: "CronJob" },
    metadata: {
      ...{ name: "report", namespace, uid: "c", creationTimestamp: before(9000) },
      labels: { "app.kubernetes.io/instance": "report", "app.kubernetes.io/component": "application" },
      ...metadata,
    },
    spec: {
      schedule: "0 * * * *",
      timeZone: "Etc/UTC",
      concurrencyPolicy: "Forbid",
      suspend: false,
      ...spec,
    },
    status,
  };
}

function run(minutes: number, condition?: { type: string; reason?: string }, more: object = {}): Job {
  return {
    ...{ apiVersion: "batch/v1", kind: "Job" },
    metadata: {
      ...{ name: `report-${minutes}`, namespace, uid: `j${minutes}`, creationTimestamp: before(minutes) },
      ...of("c", "CronJob", "report"),
      labels: { "app.kubernetes.io/instance": "report" },
    },
    status: {
      startTime: before(minutes),
      ...(condition ? { conditions: [{ status: "True", ...condition }] } : { active: 1 }),
      ...more,
    },
  };
}

/** The healthy stack, with an application that runs by a schedule. */
function status(seen: Partial<Observed>, paused = false) {
  const all = { ...observed("healthy"), schedules: [{ name: "report", paused }], ...seen };
  return statusOf({ ...all, pods: [...observed("healthy").pods, ...(seen.pods ?? [])] });
}

const problems = (seen: Partial<Observed>, paused = false): string[] =>
  status(seen, paused).findings.map(({ severity, about, problem }) => `${severity} ${about}: ${problem}`);

describe("status of applications with a schedule", () => {
  it("says when it runs, when it ran, and that all is well", () => {
    const last = {
      active: [{ name: "report-1" }],
      lastScheduleTime: before(1),
      lastSuccessfulTime: before(60),
    };
    const seen = { cronJobs: [cronJob({}, last)], jobs: [run(1), run(61, { type: "Complete" })] };
    const found = status(seen);
    assert.equal(found.healthy, true);
    assert.deepEqual(found.findings, []);
    assert.deepEqual(found.schedules, [
      {
        ...{ name: "report", cron: "0 * * * *", timeZone: "Etc/UTC", paused: false, running: 1 },
        ...{ lastRun: before(1), lastSuccess: before(60) },
      },
    ]);
    assert.match(
      describeStatus(found),
      /APPLICATION +RUNS AT +TIME ZONE +RUNNING +LAST RUN +LAST SUCCESS\nreport +0 \* \* \* \* +Etc\/UTC +1 +20/,
    );
  });

  it("says that it is not deployed, and what runs by an earlier kind of it", () => {
    assert.match(problems({ cronJobs: [] })[0]!, /problem report: .* has no CronJob report/);
    // Without the right to look, nothing is said but that.
    assert.deepEqual(problems({ cronJobs: [], unavailable: { cronjobs: "forbidden" } }), [
      "notice kind: could not look at cronjobs: forbidden".replace("kind", observed("healthy").stack),
    ]);
    const { deployments } = observed("healthy");
    const former = { ...deployments[0]!, metadata: { ...deployments[0]!.metadata, name: "report" } };
    const left = problems({ cronJobs: [cronJob()], deployments: [...deployments, former] });
    assert.match(left[0]!, /notice report: a Deployment of this name runs in the namespace/);
    const theOther = problems({ schedules: [], cronJobs: [cronJob({}, {}, { name: "shop" })] });
    assert.match(theOther[0]!, /notice shop: a CronJob of this name runs in the namespace/);
    const backup = {
      name: "orders-backup",
      labels: { "app.kubernetes.io/component": "backup", "app.kubernetes.io/instance": "orders" },
    };
    assert.deepEqual(problems({ cronJobs: [cronJob(), cronJob({}, {}, backup)] }), []);
    const theirs = cronJob({}, {}, { labels: { "stateful/stack": "theirs" } });
    assert.match(problems({ cronJobs: [theirs] })[0]!, /this CronJob is not of the stack .*, but of theirs/);
  });

  it("says that its last run failed and how to see why, until one succeeds", () => {
    const failed = run(10, { type: "Failed", reason: "BackoffLimitExceeded" }, { failed: 4 });
    const seen = status({ cronJobs: [cronJob()], jobs: [failed, run(70, { type: "Complete" })] });
    assert.equal(seen.healthy, false);
    assert.match(seen.findings[0]!.problem, /report-10, failed: 4 pods ended with an error/);
    assert.match(
      seen.findings[0]!.advice!,
      /logs job\/report-10.*create job report-now --from=cronjob\/report/,
    );
    const late = run(10, { type: "Failed", reason: "DeadlineExceeded" });
    late.spec = { activeDeadlineSeconds: 600 };
    assert.match(problems({ cronJobs: [cronJob()], jobs: [late] })[0]!, /activeDeadline lets it, 600 s/);
    assert.deepEqual(problems({ cronJobs: [cronJob()], jobs: [failed, run(1, { type: "Complete" })] }), []);
    // Nor are those of others.
    const theirs = { ...failed, metadata: { ...failed.metadata, ...of("x", "CronJob", "other") } };
    assert.deepEqual(problems({ cronJobs: [cronJob()], jobs: [theirs] }), []);
  });

  it("says that a run goes on for so long that others do not begin", () => {
    const long = { cronJobs: [cronJob()], jobs: [run(90)] };
    assert.match(problems(long)[0]!, /its run report-90 began 2 h ago and goes on/);
    assert.deepEqual(problems({ cronJobs: [cronJob()], jobs: [run(50)] }), []);
    assert.deepEqual(problems({ ...long, cronJobs: [cronJob({ concurrencyPolicy: "Allow" })] }), []);
  });

  it("tells a pause that was asked for from one that was not", () => {
    const suspended = { cronJobs: [cronJob({ suspend: true })] };
    assert.match(problems(suspended, true)[0]!, /^notice report: it is paused/);
    assert.match(problems(suspended)[0]!, /^problem report: somebody has paused it/);
    assert.match(
      problems({ cronJobs: [cronJob()] }, true)[0]!,
      /^problem report: it is to be paused, and runs/,
    );
  });

  it("says why a run does not come to its work, and nothing of one that only begins", () => {
    const pod = (state: object): Pod => ({
      ...{ apiVersion: "v1", kind: "Pod" },
      metadata: {
        ...{ name: "report-1-x", namespace, uid: "p", creationTimestamp: before(1) },
        ...of("j1", "Job", "report-1"),
        labels: { "app.kubernetes.io/instance": "report" },
      },
      spec: {},
      status: {
        phase: "Pending",
        containerStatuses: [
          { name: "application", ready: false, restartCount: 0, image: "shop:1", state: { waiting: state } },
        ],
      },
    });
    const seen = { cronJobs: [cronJob()], jobs: [run(1)] };
    assert.deepEqual(problems({ ...seen, pods: [pod({ reason: "ContainerCreating" })] }), []);
    assert.match(
      problems({ ...seen, pods: [pod({ reason: "ImagePullBackOff", message: "x" })] })[0]!,
      /report-1-x: the image shop:1 cannot be pulled/,
    );
    const event = (kind: string, name: string, message: string) => ({
      ...{ apiVersion: "v1", kind: "Event", type: "Warning", reason: "FailedCreate", message },
      metadata: { name: "e", uid: "e", creationTimestamp: before(1) },
      involvedObject: { kind, name },
    });
    assert.match(
      problems({ ...seen, events: [event("Job", "report-1", "exceeded quota")] })[0]!,
      /problem report: the pod of its run report-1 cannot be made: exceeded quota/,
    );
    assert.match(
      problems({ cronJobs: [cronJob()], events: [event("CronJob", "report", "Missed scheduled time")] })[0]!,
      /notice report: Kubernetes says: Missed scheduled time/,
    );
  });
});
