import type * as pulumi from "@pulumi/pulumi";
import { DEFAULT_IMAGES } from "../components/common/images";
import type { Problems } from "../components/common/problems";
import type { LogDestinationArgs, NodeAgentMonitoringArgs } from "../components/node-agents/args";
import { checkLogCollection, checkNodeMonitoring } from "../components/node-agents/checks";
import { LogCollection, LOGS_NAMESPACE } from "../components/node-agents/log-collection";
import { EXPORTER_PORT, NodeMonitoring, NODES_NAMESPACE } from "../components/node-agents/node-monitoring";
import type { Cluster } from "./cluster";
import { engineOf } from "./engines";
import { mirrored, pullSecretsOf, type StackImages } from "./images";
import type { NodeAgentSummary } from "./outputs";
import { ownLabel } from "./stack-label";
import type { CommonConfig, DatabaseConfig, StackMonitoring } from "./types";

const LOG_COLLECTION = "log-collection";
const NODE_MONITORING = "node-monitoring";

/** Where node storage is, of a stack that says nothing of it. */
const STORAGE_NAMESPACE = "stateful-storage";

/** An agent as a stack file has it. */
interface Switched {
  enabled?: boolean | undefined;
}

/** The agents that are wanted, with images of the stack's registry, but for those that are named. */
export function wantedNodeAgents<Logs extends Switched, Nodes extends Switched>(
  { logCollection, nodeMonitoring }: { logCollection: Logs | undefined; nodeMonitoring: Nodes | undefined },
  images: StackImages,
): { logCollection?: Omit<Logs, "enabled">; nodeMonitoring?: Omit<Nodes, "enabled"> } {
  const pullSecrets = pullSecretsOf(images);
  const from = (image: string) => ({
    ...(images.registry === undefined ? {} : { image: mirrored(image, images.registry) }),
    ...(pullSecrets === undefined ? {} : { imagePullSecrets: pullSecrets }),
  });
  const [logs, nodes] = [argsOf(logCollection), argsOf(nodeMonitoring)];
  return {
    ...(logs ? { logCollection: { ...from(DEFAULT_IMAGES.logCollection), ...logs } } : {}),
    ...(nodes ? { nodeMonitoring: { ...from(DEFAULT_IMAGES.nodeMonitoring), ...nodes } } : {}),
  };
}

function argsOf<Agent extends Switched>(agent: Agent | undefined): Omit<Agent, "enabled"> | undefined {
  if (agent === undefined) return undefined;
  const { enabled, ...args } = agent;
  return enabled === false ? undefined : args;
}

/** What of a stack the agents on its nodes depend on. */
type Around = Pick<CommonConfig, "namespace" | "nodeAgents" | "databases" | "applications" | "monitoring"> & {
  storage?: object | undefined;
};

/** Finds what is wrong with the agents on a stack's nodes. */
export function checkNodeAgents(config: Around, at: (key: string) => Problems): void {
  const { logCollection, nodeMonitoring } = config.nodeAgents;
  if (logCollection !== undefined) {
    checkLogCollection(LOG_COLLECTION, { ...logCollection, to: logCollection.to ?? {} }, at("logCollection"));
  }
  if (nodeMonitoring !== undefined) {
    checkNodeMonitoring(NODE_MONITORING, nodeMonitoring, at("nodeMonitoring"));
  }
  checkNamespaces(config, at);
}

/** Each agent has a namespace of its own: who may do more in it than elsewhere are its pods alone. */
function checkNamespaces(
  { namespace, nodeAgents, storage = {} }: Around,
  at: (key: string) => Problems,
): void {
  const { logCollection, nodeMonitoring } = nodeAgents;
  const taken = new Map([[namespace, "stateful:namespace"]]);
  if ("path" in storage && storage.path !== undefined) {
    const of = "nodeStorageNamespace" in storage ? storage.nodeStorageNamespace : undefined;
    taken.set(typeof of === "string" ? of : STORAGE_NAMESPACE, "stateful:storage.nodeStorageNamespace");
  }
  const claim = (key: string, own: string) => {
    const other = taken.get(own);
    taken.set(own, `stateful:${key}.namespace`);
    if (other === undefined) return;
    at(key).add("namespace", {
      value: own,
      allowed: "a namespace of its own, whose pods may mount directories of the node",
      fix: `name another one: ${other} has it`,
    });
  };
  if (logCollection !== undefined) claim("logCollection", logCollection.namespace ?? LOGS_NAMESPACE);
  if (nodeMonitoring !== undefined) claim("nodeMonitoring", nodeMonitoring.namespace ?? NODES_NAMESPACE);
}

/** Makes the agents that a stack wants on its nodes. @returns what each does, by its name */
export function deployNodeAgents(
  { namespace: podNamespace, nodeAgents, databases, applications, monitoring }: Around,
  namespace: pulumi.Input<string>,
  { provider, retainingProvider }: Cluster,
): Record<string, NodeAgentSummary> {
  const shared = {
    labels: ownLabel(),
    monitoring: monitoringOf(monitoring, podNamespace),
    retainingProvider,
  };
  const made: Record<string, NodeAgentSummary> = {};
  const { logCollection, nodeMonitoring } = nodeAgents;
  if (logCollection?.to !== undefined) {
    const { to } = logCollection;
    const collection = new LogCollection(
      LOG_COLLECTION,
      {
        ...{ ...logCollection, ...shared, to, podNamespace: namespace },
        databases: databases.map(({ name }) => name),
        applications: applications.map(({ name }) => name),
        formats: formatsOf(databases),
      },
      { provider },
    );
    made[LOG_COLLECTION] = {
      namespace: collection.namespace,
      what: `sends what pods of ${podNamespace} write to ${receiver(to)}`,
    };
  }
  if (nodeMonitoring !== undefined) {
    const exporter = new NodeMonitoring(NODE_MONITORING, { ...nodeMonitoring, ...shared }, { provider });
    made[NODE_MONITORING] = {
      namespace: exporter.namespace,
      what: `tells figures of the node and its disks on port ${EXPORTER_PORT}`,
    };
  }
  return made;
}

/** How the lines of each engine that the stack has are read. */
function formatsOf(databases: readonly DatabaseConfig[]) {
  return [...new Set(databases.map(({ engine }) => engine))].map((engine) => engineOf(engine).logs);
}

/** A scraper without a namespace is of the stack's, and not of the agents' own. */
function monitoringOf(
  { annotations, scrapers, podMonitor }: StackMonitoring,
  namespace: string,
): NodeAgentMonitoringArgs {
  return {
    ...(annotations === undefined ? {} : { annotations }),
    ...(scrapers === undefined
      ? {}
      : { scrapers: scrapers.map((one) => (one.cidr === undefined ? { namespace, ...one } : one)) }),
    ...(podMonitor === undefined ? {} : { podMonitor }),
  };
}

/** Where lines go, in words. */
function receiver({ openSearch, loki, s3, http }: LogDestinationArgs): string {
  if (openSearch !== undefined) return `OpenSearch, ${openSearch.url}`;
  if (loki !== undefined) return `Loki, ${loki.url}`;
  if (http !== undefined) return http.url;
  return s3 === undefined ? "its own output" : `the bucket ${s3.bucket}`;
}
