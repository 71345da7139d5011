import {
  checkBytes,
  checkImage,
  checkLabels,
  checkName,
  checkProcessors,
  checkPullSecrets,
} from "../common/checks";
import { isDnsLabel, isDnsSubdomain, isServiceName } from "../common/names";
import { isKnown } from "../common/outputs";
import type { Problems } from "../common/problems";
import { parseBytes } from "../common/quantity";
import { checkNodeLabels } from "../database/scheduling-checks";
import { checkScraping, checkPrometheusObjects } from "../monitoring/checks";
import type {
  KnownLogCollectionArgs,
  LogCollectionArgs,
  LogFormatArgs,
  NodeAgentArgs,
  NodeMonitoringArgs,
} from "./args";
import { checkLogDestination } from "./destination-checks";

/** The longest name of a DaemonSet, whose pods have a label with it and ten characters more. */
const MAX_NAME_LENGTH = 52;

/** What may wait on a node's disk. Below that it is gone in seconds; above, it is the disk that others live on. */
const [LEAST_BUFFER, MOST_BUFFER] = ["64Mi", "16Gi"] as const;
/** Least memory of a collector: pieces of the buffer that are on their way, and files that are read. */
const LEAST_MEMORY = { collector: "128Mi", exporter: "32Mi" } as const;

/** Finds everything that is wrong with a collector's name and arguments. */
export function checkLogCollection(
  name: string,
  args: Omit<KnownLogCollectionArgs, "podNamespace"> & Partial<Pick<LogCollectionArgs, "podNamespace">>,
  problems: Problems,
): void {
  checkNodeAgent(name, args, LEAST_MEMORY.collector, problems);
  checkLogDestination(args.to, problems.at("to"));
  checkBytes("buffer", args.buffer, "512Mi", problems);
  const bytes = parseBytes(args.buffer ?? LEAST_BUFFER);
  if (
    bytes !== undefined &&
    (bytes < (parseBytes(LEAST_BUFFER) ?? 0) || bytes > (parseBytes(MOST_BUFFER) ?? 0))
  ) {
    problems.add("buffer", {
      value: args.buffer,
      allowed: `from ${LEAST_BUFFER} to ${MOST_BUFFER}: it is on the disk of each node, which others live on as well`,
      fix: "choose a size in that range, or leave it out for 512Mi",
    });
  }
  for (const key of ["databases", "applications"] as const) {
    args[key]?.forEach((one, index) => {
      if (isServiceName(one)) return;
      problems.add(`${key}[${index}]`, {
        value: one,
        allowed: "the name that it was made with",
        fix: "correct it",
      });
    });
  }
  checkFormats(args.formats ?? [], problems);
  const { podNamespace, namespace } = args;
  if (podNamespace === undefined || !isKnown(podNamespace) || podNamespace !== (namespace ?? "stateful-logs"))
    return;
  problems.add("namespace", {
    value: namespace,
    allowed:
      "another namespace than the pods' own: in that of the collector, pods may mount directories of the node",
    fix: "leave it out for stateful-logs, or name another one",
  });
}

/** Finds everything that is wrong with an exporter's name and arguments. */
export function checkNodeMonitoring(name: string, args: NodeMonitoringArgs, problems: Problems): void {
  checkNodeAgent(name, args, LEAST_MEMORY.exporter, problems);
}

function checkNodeAgent(
  name: string,
  args: NodeAgentArgs & { namespace?: string },
  leastMemory: string,
  problems: Problems,
): void {
  checkName(name, problems, MAX_NAME_LENGTH);
  const { namespace, image, imagePullSecrets, resources, priorityClassName, nodeLabels, monitoring } = args;
  if (namespace !== undefined && !isDnsLabel(namespace)) {
    problems.add("namespace", {
      value: namespace,
      allowed: "at most 63 lower-case letters, digits and '-', a letter or digit first and last",
      fix: "rename it",
    });
  }
  checkImage("image", image, problems);
  checkPullSecrets(imagePullSecrets, problems);
  checkProcessors({ cpu: "50m", ...resources }, problems);
  checkMemory(resources?.memory, leastMemory, problems);
  if (priorityClassName !== undefined && isKnown(priorityClassName) && !isDnsSubdomain(priorityClassName)) {
    problems.add("priorityClassName", {
      value: priorityClassName,
      allowed: "a name of lower-case letters, digits, '-' and '.'",
      fix: "write it as the cluster has it: kubectl get priorityclasses",
    });
  }
  checkNodeLabels(nodeLabels, problems.at("nodeLabels"));
  checkMaxUnavailable(args.maxUnavailable, problems);
  checkScraping(monitoring, problems.at("monitoring"));
  if (monitoring?.podMonitor) {
    checkPrometheusObjects({ podMonitor: monitoring.podMonitor }, problems.at("monitoring"));
  }
  checkLabels("labels", args.labels, problems);
}

function checkMemory(memory: string | undefined, least: string, problems: Problems): void {
  checkBytes("resources.memory", memory, least, problems);
  const bytes = parseBytes(memory ?? least);
  if (bytes === undefined || bytes >= (parseBytes(least) ?? 0)) return;
  problems.add("resources.memory", {
    value: memory,
    allowed: `at least ${least}`,
    fix: `choose ${least} or more, or leave it out`,
  });
}

/** With none, and with `0%`, no pod would ever be replaced. */
function checkMaxUnavailable(value: string | undefined, problems: Problems): void {
  if (value === undefined || /^(100|[1-9]\d?)%$|^[1-9]\d{0,3}$/.test(value)) return;
  problems.add("maxUnavailable", {
    value,
    allowed: "a whole number from 1, or a share from 1% to 100%",
    fix: 'write it like "1" or "10%", or leave it out for 10%',
  });
}

function checkFormats(formats: readonly LogFormatArgs[], problems: Problems): void {
  formats.forEach((format, index) => {
    const at = problems.at(`formats[${index}]`);
    checkFormat(format, at);
    if (formats.findIndex(({ container }) => container === format.container) === index) return;
    at.add("container", {
      value: format.container,
      allowed: "one format for each container",
      fix: "remove one of the two",
    });
  });
}

function checkFormat({ container, firstLine, fields }: LogFormatArgs, problems: Problems): void {
  if (!isDnsLabel(container)) {
    problems.add("container", {
      value: container,
      allowed: "the name of a container: at most 63 lower-case letters, digits and '-'",
      fix: "write it as the pod has it",
    });
  }
  if (firstLine !== undefined && !isPattern(firstLine))
    problems.add("firstLine", { value: firstLine, ...PATTERN });
  if (fields === undefined || (fields.startsWith("^") && isPattern(fields))) return;
  problems.add("fields", { value: fields, ...PATTERN, allowed: `${PATTERN.allowed}, which begins with ^` });
}

const PATTERN = { allowed: "a regular expression without ${…}", fix: "correct it" };

/** Fluent Bit puts variables where `${…}` stands, and so would take a pattern for what it is not. */
function isPattern(text: string): boolean {
  if (text === "" || text.includes("${")) return false;
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
}
