import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { parseSeconds } from "../common/quantity";
import { ConcurrencyPolicy, type ScheduleArgs } from "./args";
import { SCHEDULE_DEFAULTS } from "./schedule-defaults";

type JobSpec = k8s.types.input.batch.v1.JobSpec;
type PodTemplate = k8s.types.input.core.v1.PodTemplateSpec;

/** Kubernetes' names for what becomes of a run whose time comes too early. */
const POLICIES = {
  [ConcurrencyPolicy.Forbid]: "Forbid",
  [ConcurrencyPolicy.Replace]: "Replace",
  [ConcurrencyPolicy.Allow]: "Allow",
};

/** What an application's CronJob is made of. */
export interface CronJobSpec {
  name: string;
  namespace: pulumi.Input<string>;
  labels: Record<string, pulumi.Input<string>>;
  schedule: ScheduleArgs;
  /** The pod of each run. */
  template: pulumi.Input<PodTemplate>;
  parent: pulumi.Resource;
}

/** Makes the CronJob by which an application runs. */
export function applicationCronJob(spec: CronJobSpec): k8s.batch.v1.CronJob {
  const { name, namespace, labels, schedule, template, parent } = spec;
  const { succeeded, failed } = schedule.history ?? {};
  return new k8s.batch.v1.CronJob(
    name,
    {
      metadata: { name, namespace, labels },
      spec: {
        schedule: schedule.cron.trim(),
        timeZone: schedule.timeZone ?? SCHEDULE_DEFAULTS.timeZone,
        concurrencyPolicy: POLICIES[schedule.concurrencyPolicy ?? ConcurrencyPolicy.Forbid],
        startingDeadlineSeconds: parseSeconds(
          schedule.startingDeadline ?? SCHEDULE_DEFAULTS.startingDeadline,
        ),
        // Always said: what applied it takes a suspension by hand back.
        suspend: schedule.paused === true,
        successfulJobsHistoryLimit: succeeded ?? SCHEDULE_DEFAULTS.keptRuns,
        failedJobsHistoryLimit: failed ?? SCHEDULE_DEFAULTS.keptRuns,
        jobTemplate: { metadata: { labels }, spec: jobSpec(schedule, template) },
      },
    },
    { parent },
  );
}

function jobSpec(
  { retries = SCHEDULE_DEFAULTS.retries, activeDeadline }: ScheduleArgs,
  template: pulumi.Input<PodTemplate>,
): JobSpec {
  return {
    backoffLimit: retries,
    ...(activeDeadline === undefined ? {} : { activeDeadlineSeconds: parseSeconds(activeDeadline) }),
    // A drained node is no failure of the program. What must not run twice is not begun again even so.
    ...(retries === 0
      ? {}
      : {
          podFailurePolicy: {
            rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
          },
        }),
    template,
  };
}
