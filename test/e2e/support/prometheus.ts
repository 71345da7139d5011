import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureDebianProgram } from "../../../cluster/debian-programs";
import { until } from "../../../cluster/wait";
import type { RuleGroup } from "../../../components/monitoring/rules";
import { EXPORTER_NAME } from "../../../components/protocol/exporter";
import { INSTANCE } from "../../../components/protocol/labels";
import type { Pod } from "../../../operate/kube/objects";
import { kubectl } from "./cluster/cluster";

/**
 * How often it asks and judges: what an alert takes in a test is then little more than its own time. An answer may take as long:
 * by one that is missed an alert that waits begins anew, and usually there are ten seconds for it.
 */
const EVERY = "5s";

/** Between two looks for pods, ms. */
const FIND_EVERY_MS = 3_000;

/** One figure that Prometheus has. */
export interface Figure {
  labels: Record<string, string>;
  value: number;
}

/**
 * A Prometheus beside the cluster, Debian's, which is built without what asks the API server for pods. So that is done here: it
 * is told of pods by their annotations, as its usual configuration for pods would find them.
 */
export class Prometheus {
  private constructor(
    private readonly child: ChildProcess,
    private readonly directory: string,
    private readonly port: number,
    private readonly finder: NodeJS.Timeout,
  ) {}

  static async start(namespace: string, groups: RuleGroup[]): Promise<Prometheus> {
    const program = await ensureDebianProgram("prometheus", "prometheus");
    const directory = mkdtempSync(join(tmpdir(), "stateful-prometheus-"));
    const at = (file: string): string => join(directory, file);
    writeFileSync(at("rules.yaml"), JSON.stringify({ groups }));
    writeFileSync(at("prometheus.yaml"), JSON.stringify(configuration(at("targets.json"), at("rules.yaml"))));
    const find = async (): Promise<void> => {
      const found = JSON.stringify(await targetsIn(namespace));
      // It reads the file when that changes, and must not read half of it.
      writeFileSync(at("targets.new"), found);
      renameSync(at("targets.new"), at("targets.json"));
    };
    await find();
    // While the API server is away, pods are where they were.
    const finder = setInterval(() => void find().catch(() => undefined), FIND_EVERY_MS);
    const port = await freePort();
    const log = openSync(at("log"), "w");
    const child = spawn(
      program,
      [
        `--config.file=${at("prometheus.yaml")}`,
        `--storage.tsdb.path=${at("data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ["ignore", log, log] },
    );
    const started = new Prometheus(child, directory, port, finder);
    try {
      await until(async () => started.isReady(), { what: "Prometheus to answer", timeoutSeconds: 60 });
    } catch (error) {
      const said = readFileSync(at("log"), "utf8").slice(-2_000);
      await started.stop();
      throw new Error(`${error instanceof Error ? error.message : String(error)}: ${said}`);
    }
    return started;
  }

  /** What a query comes to now. */
  async query(query: string): Promise<Figure[]> {
    const response = await fetch(`${this.base}/api/v1/query?query=${encodeURIComponent(query)}`);
    const answer = (await response.json()) as {
      status: string;
      error?: string;
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    if (answer.status !== "success") throw new Error(`Prometheus refuses ${query}: ${answer.error ?? ""}`);
    return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** Names of the alerts that fire for a database. */
  async firing(database: string): Promise<string[]> {
    const found = await this.query(`ALERTS{alertstate="firing",database="${database}"}`);
    return [...new Set(found.map(({ labels }) => labels["alertname"] ?? ""))].sort();
  }

  /** Of each alert that waits or fires, of what pod, and each target that did not answer; a line each. */
  async seen(): Promise<string[]> {
    const alerts = (await this.query("ALERTS")).map(
      ({ labels }) =>
        `${labels["alertname"] ?? ""} ${labels["alertstate"] ?? ""}: ${labels["pod"] ?? labels["database"] ?? ""}`,
    );
    const missed = (await this.query("sum by (pod) (count_over_time((up == 0)[5m:5s]))")).map(
      ({ labels, value }) => `${labels["pod"] ?? ""} did not answer ${value} times`,
    );
    return [...alerts, ...missed].sort();
  }

  async stop(): Promise<void> {
    clearInterval(this.finder);
    const gone = new Promise((resolve) => this.child.once("exit", resolve));
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill();
      await gone;
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  private get base(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  private async isReady(): Promise<boolean> {
    return await fetch(`${this.base}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}

function configuration(targets: string, rules: string): object {
  return {
    global: { scrape_interval: EVERY, scrape_timeout: EVERY, evaluation_interval: EVERY },
    rule_files: [rules],
    scrape_configs: [{ job_name: "pods", file_sd_configs: [{ files: [targets], refresh_interval: EVERY }] }],
  };
}

type PodWithPorts = Pod & {
  spec: { containers: { ports?: { name?: string; containerPort: number }[] }[] };
};

/**
 * Where pods are to be asked: those with the annotations, as the usual configuration for pods reads them; and exporters, by the name of their port,
 * as in docs/monitoring.md.
 */
async function targetsIn(namespace: string): Promise<object[]> {
  const pods = await kubectl.list<PodWithPorts>("pods", namespace);
  return pods.flatMap((pod) => [...annotated(namespace, pod), ...exporterOf(namespace, pod)]);
}

function annotated(namespace: string, pod: Pod): object[] {
  const { name, annotations = {} } = pod.metadata;
  const { podIP } = pod.status;
  const of = (key: string): string => annotations[`prometheus.io/${key}`] ?? "";
  if (of("scrape") !== "true" || podIP === undefined) return [];
  const labels = { namespace, pod: name, __metrics_path__: of("path") };
  return [{ targets: [`${podIP}:${of("port")}`], labels }];
}

function exporterOf(namespace: string, { metadata, spec, status: { podIP } }: PodWithPorts): object[] {
  const ports = spec.containers.flatMap(({ ports = [] }) => ports);
  const port = ports.find(({ name }) => name === EXPORTER_NAME)?.containerPort;
  if (port === undefined || podIP === undefined) return [];
  const labels = { namespace, pod: metadata.name, database: metadata.labels?.[INSTANCE] ?? "" };
  return [{ targets: [`${podIP}:${port}`], labels }];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}
