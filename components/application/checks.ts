import {
  checkBytes,
  checkProcessors,
  checkImage,
  checkKeys,
  checkLabels,
  checkName,
  checkPullSecrets,
} from "../common/checks";
import { isDnsLabel } from "../common/names";
import type { Problems } from "../common/problems";
import { checkVariables, checkWords } from "../common/variables";
import { checkScheduling } from "../database/scheduling-checks";
import { checkExposure } from "../network/checks";
import { ConcurrencyPolicy, type StatelessAppArgs } from "./args";
import { checkConnections } from "./connections";
import { checkSchedule } from "./schedule-checks";

/** Finds everything that is wrong with an application's name and arguments. */
export function checkStatelessApp(
  name: string,
  args: Omit<StatelessAppArgs, "namespace">,
  problems: Problems,
): void {
  checkName(name, problems);
  checkPort("port", args.port, problems);
  checkPort("servicePort", args.servicePort, problems);
  checkCount("replicas", args.replicas, problems);
  checkProcessors({ cpu: "100m", ...args.resources }, problems);
  checkBytes("resources.memory", args.resources?.memory, "256Mi", problems);
  checkAutoscaling(args, problems);
  checkVolume(args, problems);
  checkImage("image", args.image, problems);
  checkScheduling(args, problems);
  checkPullSecrets(args.imagePullSecrets, problems);
  checkVariables(args, problems);
  checkWords("command", args.command, problems);
  checkWords("args", args.args, problems);
  checkInitContainers(args, problems);
  checkConnections(args, problems);
  checkSchedule(args, problems);
  checkWithoutPort(args, problems);
  checkExposure(args.exposure, problems.at("exposure"));
  checkLabels("labels", args.labels, problems);
  checkKeys("annotations", args.annotations, problems);
}

/** Nobody reaches what listens on no port. */
function checkWithoutPort(args: Omit<StatelessAppArgs, "namespace">, problems: Problems): void {
  // With a schedule these have been told of.
  if (args.port !== undefined || args.schedule !== undefined) return;
  for (const key of ["servicePort", "probe", "exposure"] as const) {
    if (args[key] === undefined) continue;
    problems.add(key, {
      allowed: "only with a port",
      fix: `set port to the one that the program listens on, or remove ${key}`,
    });
  }
}

function checkInitContainers(
  { initContainers = [] }: Pick<StatelessAppArgs, "initContainers">,
  problems: Problems,
): void {
  const seen = new Set(["application"]);
  initContainers.forEach((one, index) => {
    const at = problems.at(`initContainers[${index}]`);
    if (!isDnsLabel(one.name) || seen.has(one.name)) {
      at.add("name", {
        value: one.name,
        allowed:
          "a name of at most 63 lower-case letters, digits and '-', which no other container of the pod has",
        fix: "rename it",
      });
    }
    seen.add(one.name);
    checkImage("image", one.image, at);
    checkVariables(one, at);
    checkWords("command", one.command, at);
    checkWords("args", one.args, at);
    if (one.resources === undefined) return;
    checkProcessors({ cpu: "100m", ...one.resources }, at);
    checkBytes("resources.memory", one.resources.memory, "256Mi", at);
  });
}

function checkPort(key: string, port: number | undefined, problems: Problems): void {
  if (port === undefined || (Number.isInteger(port) && port >= 1 && port <= 65535)) return;
  problems.add(key, {
    value: port,
    allowed: "a whole number from 1 to 65535",
    fix: "choose the port that the program listens on",
  });
}

function checkCount(key: string, count: number | undefined, problems: Problems): void {
  if (count === undefined || (Number.isInteger(count) && count >= 1)) return;
  problems.add(key, { value: count, allowed: "a whole number from 1", fix: "choose 1 or more" });
}

function checkAutoscaling(
  { autoscaling, replicas = 2 }: Pick<StatelessAppArgs, "autoscaling" | "replicas">,
  problems: Problems,
): void {
  if (autoscaling === undefined) return;
  const { minReplicas = replicas, maxReplicas, targetCpuPercent } = autoscaling;
  checkCount("autoscaling.minReplicas", minReplicas, problems);
  if (!Number.isInteger(maxReplicas) || maxReplicas < minReplicas) {
    problems.add("autoscaling.maxReplicas", {
      value: maxReplicas,
      allowed: `a whole number of at least minReplicas (${minReplicas})`,
      fix: `choose ${minReplicas} or more`,
    });
  }
  if (
    targetCpuPercent !== undefined &&
    (!Number.isInteger(targetCpuPercent) || targetCpuPercent < 1 || targetCpuPercent > 100)
  ) {
    problems.add("autoscaling.targetCpuPercent", {
      value: targetCpuPercent,
      allowed: "a whole number from 1 to 100",
      fix: "choose a number in that range, or leave it out for 70",
    });
  }
}

function checkVolume(
  args: Pick<StatelessAppArgs, "volume" | "replicas" | "autoscaling" | "schedule">,
  problems: Problems,
): void {
  const { volume, schedule } = args;
  if (volume === undefined) return;
  checkBytes("volume.storage", volume.storage, "5Gi", problems);
  const { accessMode = "ReadWriteOnce" } = volume;
  if (!["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany"].includes(accessMode)) {
    problems.add("volume.accessMode", {
      value: accessMode,
      allowed: "ReadWriteOnce, ReadWriteOncePod, ReadWriteMany",
      fix: "choose one of these",
    });
  } else if (accessMode !== "ReadWriteMany" && podsOf(args) > 1) {
    problems.add("volume.accessMode", {
      value: accessMode,
      allowed: "ReadWriteMany, where more than one pod shares the volume",
      fix: `set ${schedule ? "schedule.concurrencyPolicy: forbid" : "replicas: 1"}, or use a class that can be mounted by many (NFS, EFS, CephFS)`,
    });
  }
}

/** How many pods an application may have at a time; two stand for any number. */
function podsOf({
  replicas = 2,
  autoscaling,
  schedule,
}: Pick<StatelessAppArgs, "replicas" | "autoscaling" | "schedule">): number {
  if (schedule !== undefined) return schedule.concurrencyPolicy === ConcurrencyPolicy.Allow ? 2 : 1;
  return Math.max(replicas, autoscaling?.maxReplicas ?? 0);
}
