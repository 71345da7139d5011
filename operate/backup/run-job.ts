import { setTimeout as sleep } from "node:timers/promises";
import { RESULT } from "../../agent/backup/look/request";
import { type Kubectl, KubectlError } from "../kube/kubectl";
import type { ClusterEvent, Condition, Job, Pod } from "../kube/objects";
import { RefusedError } from "../deploy/refused-error";
import type { JobManifest } from "./job-manifest";

/** How a Job is run. */
export interface RunOptions {
  /** Told of what it says and does, a line each. */
  onLine: (line: string) => void;
  /** How long its pod may take to begin, s. @default for ever: a large volume may take its time to be made */
  beginWithinSeconds?: number;
  /** Whether it is deleted when it has ended. @default false */
  forget?: boolean;
  /** Between two looks, ms. @default 1 s */
  every?: number;
}

/** How a Job ended. */
export interface Ended {
  good: boolean;
  /** What it printed as what came out. */
  result?: unknown;
  /** Why it failed, and what to do. */
  reason?: string;
}

/** Name of the container whose words count. */
const CONTAINER = "agent";

/** What each line of an agent's log has. */
const OWN_FIELDS = ["time", "level", "message", "advice"];

/** Creates a Job, tells what it does, and returns when it has ended. @throws RefusedError when its pod does not begin */
export async function runJob(kubectl: Kubectl, manifest: JobManifest, options: RunOptions): Promise<Ended> {
  const { name, namespace } = manifest.metadata;
  await kubectl.run(["create", "-f", "-"], JSON.stringify(manifest));
  try {
    return await new Watch(kubectl, name, namespace, options).end();
  } finally {
    if (options.forget === true) {
      await kubectl
        .run(["delete", "job", name, "-n", namespace, "--wait=false", "--ignore-not-found"])
        .catch(() => undefined);
    }
  }
}

/** Follows one Job. */
class Watch {
  private readonly begun = performance.now();
  private readonly shown = new Map<string, number>();
  private readonly told = new Set<string>();
  private result: unknown;
  private failure: string | undefined;

  constructor(
    private readonly kubectl: Kubectl,
    private readonly name: string,
    private readonly namespace: string,
    private readonly options: RunOptions,
  ) {}

  async end(): Promise<Ended> {
    const { beginWithinSeconds = Infinity, every = 1000 } = this.options;
    for (;;) {
      const job = await this.kubectl.get<Job>("job", this.name, this.namespace);
      if (!job) throw new RefusedError(`The Job ${this.name} was deleted by somebody else.`);
      const pods = await this.kubectl.list<Pod>("pods", this.namespace, `job-name=${this.name}`);
      for (const pod of pods) await this.follow(pod);
      const over = (job.status?.conditions ?? []).find(
        ({ type, status }) => ["Complete", "Failed"].includes(type) && status === "True",
      );
      if (over?.type === "Complete") return { good: true, result: this.result };
      if (over) return { good: false, result: this.result, reason: this.reasonOf(pods, over) };
      if (this.shown.size === 0) await this.whyNotBegun(pods, beginWithinSeconds);
      await sleep(every);
    }
  }

  private async follow({ metadata: { name } }: Pod): Promise<void> {
    const text = await this.kubectl
      .run(["logs", name, "-n", this.namespace, "-c", CONTAINER])
      .catch((error: unknown) => {
        // It has not begun, or is gone.
        if (error instanceof KubectlError) return "";
        throw error;
      });
    // A line that is being written is no line.
    const lines = text.split("\n").slice(0, -1);
    for (const line of lines.slice(this.shown.get(name) ?? 0)) this.take(line);
    if (lines.length > 0) this.shown.set(name, lines.length);
  }

  private take(line: string): void {
    const said = asObject(line);
    if (said === undefined) {
      this.tell(line);
      return;
    }
    if (RESULT in said) {
      this.result = said[RESULT];
      return;
    }
    const { level, message, advice } = said;
    const fields = Object.fromEntries(Object.entries(said).filter(([key]) => !OWN_FIELDS.includes(key)));
    const more = Object.entries(fields).map(([key, value]) => `${key} ${shortened(value)}`);
    this.tell(`${String(message)}${more.length > 0 ? ` (${more.join(", ")})` : ""}`);
    if (level !== "error") return;
    const words =
      typeof fields["error"] === "string" ? `${String(message)}: ${fields["error"]}` : String(message);
    this.failure = `${words}${typeof advice === "string" ? `\n  to do: ${advice}` : ""}`;
  }

  private tell(line: string): void {
    const seconds = `${Math.round((performance.now() - this.begun) / 1000)} s`;
    this.options.onLine(`  ${seconds.padStart(6)}  ${line}`);
  }

  /** Tells, once each, what holds it up; and gives up when that takes too long. */
  private async whyNotBegun(pods: readonly Pod[], within: number): Promise<void> {
    const warnings = await this.warnings(pods);
    for (const warning of warnings) {
      if (this.told.has(warning)) continue;
      this.told.add(warning);
      this.tell(warning);
    }
    const waited = (performance.now() - this.begun) / 1000;
    if (waited < within) return;
    const state = pods.map(waitingFor).find((what) => what !== undefined) ?? "no pod of it has begun";
    throw new RefusedError(
      [
        `The Job ${this.name} did not begin within ${within} s: ${state}.`,
        ...warnings.slice(-2).map((warning) => `  ${warning}`),
      ].join("\n"),
    );
  }

  private async warnings(pods: readonly Pod[]): Promise<string[]> {
    const names = new Set([this.name, ...pods.map(({ metadata }) => metadata.name)]);
    const events = await this.kubectl.list<ClusterEvent>("events", this.namespace).catch(() => []);
    return events
      .filter(({ type, involvedObject: { name } }) => type === "Warning" && names.has(name))
      .map(({ message = "", reason = "" }) => `${reason}: ${message}`);
  }

  private reasonOf(pods: readonly Pod[], { reason = "", message = "" }: Condition): string {
    const ended = pods
      .flatMap(({ status }) => [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])])
      .map(({ name, state }) => ({ name, how: state?.terminated }))
      .find(({ how }) => how !== undefined && how.exitCode !== 0 && how.reason === "OOMKilled");
    if (ended) return `${ended.name} ran out of memory\n  to do: raise backup.limits.memory`;
    return (
      this.failure ?? ([reason, message].filter((part) => part !== "").join(": ") || "it did not say why")
    );
  }
}

function waitingFor({ status }: Pod): string | undefined {
  const scheduled = status.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False") return scheduled.message ?? "no node can take it";
  const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const waiting = all.find(({ state }) => state?.waiting !== undefined);
  const { reason = "", message = "" } = waiting?.state?.waiting ?? {};
  return waiting && `${waiting.name}: ${reason}${message === "" ? "" : ` (${message})`}`;
}

function asObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** A position may have many intervals. */
function shortened(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
