import { checkChoice, checkDuration } from "../common/checks";
import { cronMistake } from "../common/cron";
import type { Problems } from "../common/problems";
import { timeZoneAdvice } from "../common/time-zone";
import { ConcurrencyPolicy, type ScheduleArgs, type StatelessAppArgs } from "./args";
import { SCHEDULE_DEFAULTS } from "./schedule-defaults";

/** What is of no use to what does not run all the time, and what to do instead. */
const OF_WHAT_RUNS_ON = {
  port: "nobody reaches a run: remove it, or remove schedule",
  servicePort: "nobody reaches a run: remove it, or remove schedule",
  replicas:
    "each time has one run: remove it; several that share their work are an application without a schedule",
  probe:
    "a run has done its work when its program ends with 0: remove it; schedule.activeDeadline ends one that hangs",
  exposure: "nobody reaches a run: remove it, or remove schedule",
  autoscaling: "each time has one run: remove it; how much a run may use stands in resources",
} as const;

/** Finds what is wrong with an application's schedule, and what of its arguments has no sense with one. */
export function checkSchedule(args: Omit<StatelessAppArgs, "namespace">, problems: Problems): void {
  const { schedule } = args;
  if (schedule === undefined) return;
  for (const [key, fix] of Object.entries(OF_WHAT_RUNS_ON) as [keyof typeof OF_WHAT_RUNS_ON, string][]) {
    if (args[key] === undefined) continue;
    problems.add(key, { allowed: "nothing, for an application with a schedule", fix });
  }
  const at = problems.at("schedule");
  checkTimes(schedule, at);
  checkChoice("concurrencyPolicy", schedule.concurrencyPolicy, Object.values(ConcurrencyPolicy), at);
  const { startingDeadline, activeDeadline, retries, history = {} } = schedule;
  // Kubernetes looks every ten seconds: what may be no later than that may never begin.
  checkDuration(
    "startingDeadline",
    startingDeadline,
    { least: "10s", most: "365d", usual: SCHEDULE_DEFAULTS.startingDeadline },
    at,
  );
  checkDuration("activeDeadline", activeDeadline, { least: "1s", most: "365d", example: "2h" }, at);
  checkNumber("retries", retries, at);
  checkNumber("history.succeeded", history.succeeded, at);
  checkNumber("history.failed", history.failed, at);
}

function checkTimes({ cron, timeZone }: ScheduleArgs, problems: Problems): void {
  const mistake = cronMistake(cron);
  if (mistake !== undefined) {
    const zone = /TZ=(\S+)/.exec(cron)?.[1];
    const fix =
      zone === undefined ? mistake.fix : `remove it, and write it as \`timeZone: ${zone}\` beside cron`;
    problems.add("cron", { value: cron, allowed: mistake.allowed, fix });
  }
  const advice = timeZone === undefined ? undefined : timeZoneAdvice(timeZone);
  if (advice === undefined) return;
  problems.add("timeZone", {
    value: timeZone,
    allowed: "a time zone by IANA's name, in its capitals",
    fix: advice,
  });
}

function checkNumber(key: string, value: number | undefined, problems: Problems): void {
  if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= 100)) return;
  problems.add(key, {
    value,
    allowed: "a whole number from 0 to 100",
    fix: "choose one of these, or leave it out for 3",
  });
}
