import { INSTANCE } from "../../components/protocol/labels";
import { longestInterval } from "../../components/common/cron";
import { typed } from "../../render/installation";
import type { CronJob, Job, Pod } from "../kube/objects";
import { ago, warningsOf } from "./events";
import { type Finding, notice, problem } from "./findings";
import type { Observed } from "./observe";
import { podTrouble } from "./pod-trouble";
import { stuckContainer, unscheduled } from "./pod-words";

/** An application that runs by a schedule, in words. */
export interface ScheduleStatus {
  name: string;
  cron: string;
  timeZone: string;
  paused: boolean;
  /** How many of its runs go on. */
  running: number;
  /** When a run began last, as ISO 8601; absent where none ever did. */
  lastRun?: string;
  /** When a run succeeded last, likewise. */
  lastSuccess?: string;
}

/** The applications of a stack that run by a schedule, as far as they are deployed. */
export function schedulesOf({ schedules = [], cronJobs = [] }: Observed): ScheduleStatus[] {
  return cronJobs
    .filter(({ metadata }) => schedules.some(({ name }) => name === metadata.name))
    .map(({ metadata: { name }, spec, status = {} }) => ({
      name,
      cron: spec.schedule,
      timeZone: spec.timeZone ?? "of the cluster",
      paused: spec.suspend === true,
      running: status.active?.length ?? 0,
      ...(status.lastScheduleTime === undefined ? {} : { lastRun: status.lastScheduleTime }),
      ...(status.lastSuccessfulTime === undefined ? {} : { lastSuccess: status.lastSuccessfulTime }),
    }));
}

export const SCHEDULE_HEADING = [
  "APPLICATION",
  "RUNS AT",
  "TIME ZONE",
  "RUNNING",
  "LAST RUN",
  "LAST SUCCESS",
];

/** The cells of one below {@link SCHEDULE_HEADING}. */
export function scheduleRow(one: ScheduleStatus): string[] {
  const { name, cron, timeZone, paused, running, lastRun = "never", lastSuccess = "never" } = one;
  return [name, `${cron}${paused ? ", paused" : ""}`, timeZone, String(running), lastRun, lastSuccess];
}

/** What is to be said of one that is deployed. @param paused whether the stack file has it so */
export function scheduleFindings(cronJob: CronJob, paused: boolean, observed: Observed): Finding[] {
  const runs = runsOf(cronJob, observed);
  const active = runs.filter((run) => endOf(run) === undefined);
  return [
    ...pauseFindings(cronJob, paused, observed),
    ...lastFailure(runs, observed),
    ...overdue(cronJob, active, observed),
    ...leftOut(cronJob, observed),
    ...active.flatMap((run) => troubleOf(run, observed)),
  ];
}

function runsOf({ metadata: { uid } }: CronJob, { jobs = [] }: Observed): Job[] {
  return jobs
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid) === true)
    .sort((a, b) => Date.parse(b.metadata.creationTimestamp) - Date.parse(a.metadata.creationTimestamp));
}

/** How a run ended; nothing while it goes on. */
function endOf({ status }: Job): { failed: boolean; reason?: string } | undefined {
  const end = status?.conditions?.find(
    ({ type, status: is }) => (type === "Failed" || type === "Complete") && is === "True",
  );
  return (
    end && { failed: end.type === "Failed", ...(end.reason === undefined ? {} : { reason: end.reason }) }
  );
}

function pauseFindings(
  { metadata: { name }, spec }: CronJob,
  paused: boolean,
  observed: Observed,
): Finding[] {
  const is = spec.suspend === true;
  const up = typed("up", observed.chosenBy);
  if (paused && is) {
    return [notice(name, "it is paused: no run begins", `to go on: remove schedule.paused, and ${up}`)];
  }
  if (is) return [problem(name, "somebody has paused it: no run begins, and the stack file has it run", up)];
  return paused ? [problem(name, "it is to be paused, and runs", up)] : [];
}

/** A failure that a success came after is history. */
function lastFailure(runs: readonly Job[], { namespace }: Observed): Finding[] {
  const last = runs.find((run) => endOf(run) !== undefined);
  const end = last && endOf(last);
  if (!last || end?.failed !== true) return [];
  const { name, ownerReferences = [] } = last.metadata;
  const [{ name: application } = { name }] = ownerReferences;
  const seconds = last.spec?.activeDeadlineSeconds;
  const tries = last.status?.failed ?? 0;
  const why =
    end.reason === "DeadlineExceeded" && seconds !== undefined
      ? `it took longer than schedule.activeDeadline lets it, ${seconds} s`
      : `${tries} ${tries === 1 ? "pod" : "pods"} ended with an error`;
  return [
    problem(
      application,
      `its last run that is over, ${name}, failed: ${why}`,
      `see what it said: kubectl -n ${namespace} logs job/${name} --all-containers; to run it now: kubectl -n ${namespace} ` +
        `create job ${application}-now --from=cronjob/${application}`,
    ),
  ];
}

/** A run that hangs keeps all others from beginning, and nothing else says so. */
function overdue(
  { metadata: { name }, spec }: CronJob,
  active: readonly Job[],
  observed: Observed,
): Finding[] {
  const every = longestInterval(spec.schedule);
  const oldest = active[active.length - 1];
  if (every === undefined || oldest === undefined || spec.concurrencyPolicy !== "Forbid") return [];
  const since = Date.parse(oldest.status?.startTime ?? oldest.metadata.creationTimestamp);
  if (Date.parse(observed.at) - since <= every) return [];
  return [
    problem(
      name,
      `its run ${oldest.metadata.name} began ${ago(Date.parse(observed.at) - since)} and goes on, so that no other has begun since`,
      `see what it does: kubectl -n ${observed.namespace} logs job/${oldest.metadata.name} --all-containers; ` +
        "schedule.activeDeadline ends one that takes too long",
    ),
  ];
}

/** Kubernetes says of a run that could not begin, or not in time, only by an event. */
function leftOut({ metadata: { name } }: CronJob, { events }: Observed): Finding[] {
  const [event] = warningsOf(events, "CronJob", name);
  return event === undefined ? [] : [notice(name, `Kubernetes says: ${event.message ?? event.reason ?? ""}`)];
}

/** Why a run does not come to its work: its pod cannot be made, or cannot start. */
function troubleOf(run: Job, observed: Observed): Finding[] {
  const pods = observed.pods.filter((pod) => isOf(run, pod));
  const [event] = warningsOf(observed.events, "Job", run.metadata.name);
  if (pods.length === 0 && event) {
    const { [INSTANCE]: application = run.metadata.name } = run.metadata.labels ?? {};
    return [
      problem(application, `the pod of its run ${run.metadata.name} cannot be made: ${event.message ?? ""}`),
    ];
  }
  return pods
    .filter((pod) => stuckContainer(pod) !== undefined || unscheduled(pod) !== undefined)
    .flatMap((pod) => podTrouble(pod, observed) ?? []);
}

function isOf({ metadata: { uid } }: Job, { metadata: { ownerReferences = [] } }: Pod): boolean {
  return ownerReferences.some((owner) => owner.uid === uid);
}
