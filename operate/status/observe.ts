import { wantedBackup } from "../../components/backup/settings";
import { COMPONENT } from "../../components/protocol/labels";
import { endpointsBy, serviceOf, type Topology } from "../../components/protocol/topology";
import { bootstrapMarkerName } from "../../components/protocol/names";
import type { Report } from "../../agent/core/types";
import { engineOf, topologyOf } from "../../stacks/engines";
import type { StackConfig } from "../../stacks/types";
import { ASK_SECONDS, reportPath } from "../kube/agents";
import { type ApiObject, type Kubectl, reasonOf } from "../kube/kubectl";
import { OURS } from "../kube/labels";
import type {
  Claim,
  ClusterEvent,
  CronJob,
  Deployment,
  Job,
  MarkerObject,
  Node,
  Pod,
  StatefulSet,
  StorageClass,
  Volume,
} from "../kube/objects";
import { type BackupObserved, observeBackup } from "./backup-observed";
import { readReport } from "./reports";
import { type Ask, observeUsage, type Usage } from "./usage";

/** What a stack is in a cluster at one moment. Only observed, nothing concluded. */
export interface Observed {
  /** When it was looked at, as ISO 8601. */
  at: string;
  /** Name of the stack. */
  stack: string;
  /** Options that choose the stack and its cluster: `--local --stack dev`. */
  chosenBy: string;
  namespace: string;
  /** Databases of the stack file. */
  databases: {
    name: string;
    engine: string;
    topology: Topology;
    /** Whether it is to have a backup; `none` where its engine's databases cannot have one. @default nobody asks */
    backup?: boolean | "none";
    /** Whether the stack file has it paused. @default it is to run */
    paused?: boolean;
  }[];
  /** Deployments that the stack file asks for: name → what it is, such as `application` or `pooler`. */
  wanted: Record<string, string>;
  /** Whether the namespace is there. */
  deployed: boolean;
  sets: StatefulSet[];
  deployments: Deployment[];
  pods: Pod[];
  /** Applications of the stack file that run by a schedule. */
  schedules?: { name: string; /** Whether the stack file has it paused. */ paused: boolean }[];
  cronJobs?: CronJob[];
  /** What makes full copies and tries restores, and the runs of applications with a schedule. */
  jobs?: Job[];
  /** What there is of each database's backup, by its name. */
  backups?: Record<string, BackupObserved>;
  claims: Claim[];
  events: ClusterEvent[];
  volumes: Volume[];
  nodes: Node[];
  classes: StorageClass[];
  /** What each pod's agent answers, by the pod's name. */
  reports: Record<string, Report>;
  /** Pods that answered something else than a report of theirs, and why it is none. */
  oddReports?: Record<string, string>;
  /** Bootstrap markers, by the database's name. */
  markers?: Record<string, MarkerObject>;
  /** How full the volumes are, by the claim's name. */
  usage: Record<string, Usage>;
  /** What could not be looked at, and why: kind → reason. */
  unavailable: Record<string, string>;
}

/** Looks at a stack in its cluster. What the caller may not see is noted, and left out. */
export async function observe(
  kubectl: Kubectl,
  { stack, chosenBy }: Pick<Observed, "stack" | "chosenBy">,
  config: StackConfig,
): Promise<Observed> {
  const { namespace } = config;
  const databases = config.databases.map(({ name, engine, args }) => ({
    name,
    engine,
    topology: topologyOf({ engine, args }),
    backup: engineOf(engine).hasBackups ? wantedBackup(args.backup) !== undefined : ("none" as const),
    ...(args.paused === true ? { paused: true } : {}),
  }));
  const unavailable: Record<string, string> = {};
  const optional = async <T extends ApiObject>(kind: string, ...of: string[]): Promise<T[]> =>
    await kubectl.list<T>(kind, ...of).catch((error: unknown) => {
      unavailable[kind] = reasonOf(error);
      return [];
    });
  const [running, cronJobs, jobs, backups, markers, events, volumes, nodes, classes] = await Promise.all([
    kubectl.list("statefulsets,deployments,pods,persistentvolumeclaims", namespace, OURS),
    optional<CronJob>("cronjobs", namespace, OURS),
    optional<Job>("jobs", namespace, OURS),
    observeBackups(kubectl, config).catch((error: unknown) => {
      unavailable["backups"] = reasonOf(error);
      return {};
    }),
    observeMarkers(kubectl, config).catch((error: unknown) => {
      unavailable["bootstrap markers"] = reasonOf(error);
      return {};
    }),
    kubectl.list<ClusterEvent>("events", namespace),
    optional<Volume>("persistentvolumes"),
    optional<Node>("nodes"),
    optional<StorageClass>("storageclasses"),
  ]);
  const of = <T extends ApiObject>(kind: string) => running.filter((object) => object.kind === kind) as T[];
  const pods = of<Pod>("Pod");
  const ask = (path: string) => kubectl.raw(path, ASK_SECONDS);
  const [{ reports, oddReports }, usage] = await Promise.all([
    observeReports(ask, pods),
    observeUsage(ask, pods, nodes, (node, error) => {
      unavailable[`the volumes' use on ${node}`] = reasonOf(error);
    }),
  ]);
  return {
    at: new Date().toISOString(),
    stack,
    chosenBy,
    namespace,
    databases,
    wanted: wantedDeployments(databases, config),
    deployed: running.length > 0,
    sets: of<StatefulSet>("StatefulSet"),
    deployments: of<Deployment>("Deployment"),
    pods,
    schedules: config.applications.flatMap(({ name, args: { schedule } }) =>
      schedule ? [{ name, paused: schedule.paused === true }] : [],
    ),
    cronJobs,
    jobs,
    backups,
    claims: of<Claim>("PersistentVolumeClaim"),
    events,
    volumes,
    nodes,
    classes,
    markers,
    reports,
    oddReports,
    usage,
    unavailable,
  };
}

async function observeBackups(
  kubectl: Kubectl,
  { namespace, databases }: StackConfig,
): Promise<Record<string, BackupObserved>> {
  const found = databases.map(
    async ({ name }) => [name, await observeBackup(kubectl, namespace, name)] as const,
  );
  return Object.fromEntries(await Promise.all(found));
}

async function observeMarkers(
  kubectl: Kubectl,
  { namespace, databases }: StackConfig,
): Promise<Record<string, MarkerObject>> {
  const markers: Record<string, MarkerObject> = {};
  const find = async (name: string) => {
    const marker = await kubectl.get<MarkerObject>("configmap", bootstrapMarkerName(name), namespace);
    if (marker) markers[name] = marker;
  };
  await Promise.all(databases.map(async ({ name }) => find(name)));
  return markers;
}

function wantedDeployments(
  databases: Observed["databases"],
  { applications }: Pick<StackConfig, "applications">,
): Observed["wanted"] {
  const proxies = databases.flatMap(({ name, topology }) =>
    endpointsBy(topology, "proxy").map((proxy) => [serviceOf(name, proxy), proxy.key] as const),
  );
  const deployed = applications.filter(({ args }) => args.schedule === undefined);
  return Object.fromEntries([...deployed.map(({ name }) => [name, "application"] as const), ...proxies]);
}

/** A pod that does not answer has no report: why is in its state. */
async function observeReports(
  ask: Ask,
  pods: Pod[],
): Promise<Required<Pick<Observed, "reports" | "oddReports">>> {
  const reports: Record<string, Report> = {};
  const oddReports: Record<string, string> = {};
  const report = async ({ metadata: { namespace = "", name } }: Pod) => {
    const text = await ask(reportPath(namespace, name)).catch(() => undefined);
    if (text === undefined) return;
    try {
      reports[name] = readReport(text, { namespace, name });
    } catch (error) {
      oddReports[name] = error instanceof Error ? error.message : String(error);
    }
  };
  const members = pods.filter(
    ({ metadata, status }) => metadata.labels?.[COMPONENT] === "database" && status.phase === "Running",
  );
  await Promise.all(members.map(report));
  return { reports, oddReports };
}
