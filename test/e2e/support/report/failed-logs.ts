import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stateDir } from "../../../../cluster/layout";
import { kubeconfig, kubectlProgram } from "../cluster/cluster";
import { NAMESPACE_PREFIX } from "../cluster/namespaces";

/** What was kept of a failure. */
export interface Kept {
  directory: string;
  /** For where the directory is out of reach. */
  lastWords: string[];
}

/** Lines of each agent. */
const LAST_LINES = 2;

/**
 * Keeps what tells why a test failed, before the suite cleans up: logs of every container (also of its life
 * before), events, descriptions, and the state of what the suites deployed. Never a Secret.
 *
 * It does not return before it is done, so that a reporter can call it; no cluster keeps it longer than a minute.
 *
 * @returns where it is, and what each member's agent said last
 */
export function keepFailure(suite: string, test: string, error: string): Kept {
  const directory = join(stateDir, "failed", fileName(suite), fileName(test));
  mkdirSync(directory, { recursive: true });
  const keep = (file: string, text: string) => {
    writeFileSync(join(directory, file), text);
  };
  keep("error.txt", `${error}\n`);
  const deadline = Date.now() + 60_000;
  const said = (...args: string[]) => (Date.now() < deadline ? ask(args) : "there was no time left to ask\n");

  const lastWords: string[] = [];
  keep("nodes.txt", said("describe", "nodes"));
  keep("volumes.txt", said("get", "persistentvolumes,storageclasses,volumeattachments", "-o", "wide"));
  for (const namespace of words(said("get", "namespaces", "-o", "jsonpath={.items[*].metadata.name}"))) {
    if (!namespace.startsWith(NAMESPACE_PREFIX)) continue;
    const inNamespace = ["-n", namespace];
    const kinds = "pods,statefulsets,deployments,persistentvolumeclaims,services,endpointslices";
    keep(`${namespace}.objects.txt`, said("get", kinds, ...inNamespace, "-o", "wide"));
    keep(`${namespace}.events.txt`, said("get", "events", ...inNamespace, "--sort-by=.lastTimestamp"));
    keep(`${namespace}.describe.txt`, said("describe", kinds, ...inNamespace));
    for (const pod of words(
      said("get", "pods", ...inNamespace, "-o", "jsonpath={.items[*].metadata.name}"),
    )) {
      const logs = ["logs", pod, ...inNamespace, "--all-containers", "--prefix", "--timestamps"];
      const log = said(...logs);
      keep(`${namespace}.${pod}.log`, log);
      keep(`${namespace}.${pod}.previous.log`, said(...logs, "--previous", "--ignore-errors"));
      lastWords.push(...agentLines(log).map((line) => `${namespace}/${pod}: ${line}`));
    }
  }
  return { directory, lastWords };
}

/** What an agent said last, of all that a pod's containers said. */
export function agentLines(log: string): string[] {
  const lines = log.split("\n").flatMap((line) => /^\[pod\/[^/]+\/agent\] (.*)$/.exec(line)?.[1] ?? []);
  return lines.slice(-LAST_LINES);
}

/** What kubectl says, also when it fails: then that is worth keeping. */
function ask(args: string[]): string {
  try {
    return execFileSync(kubectlProgram, [`--kubeconfig=${kubeconfig}`, "--request-timeout=10s", ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 20_000,
      maxBuffer: 256 * 1024 * 1024,
    });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    return `${stdout}\n${stderr || String(error)}\n`;
  }
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => /^[a-z0-9.-]+$/.test(word));
}

function fileName(title: string): string {
  return title.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 80);
}
