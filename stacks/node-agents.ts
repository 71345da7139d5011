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
import type { CommonConfig, DatabaseConfig, StackMonitoring, StackNodeAgents } from "./types";

const LOG_COLLECTION = "log-collection";
const NODE_MONITORING = "node-monitoring";

/** Where node storage is, of a stack that says nothing of it. */
const STORAGE_NAMESPACE = "stateful-storage";

/** The agents that are wanted, with images of the stack's registry, but for those that are named. */
export function nodeAgentsFromRegistry(agents: StackNodeAgents, images: StackImages): StackNodeAgents {
  const pullSecrets = pullSecretsOf(images);
  const from = (image: string) => ({
    ...(images.registry === undefined ? {} : { image: mirrored(image, images.registry) }),
    ...(pullSecrets === undefined ? {} : { imagePullSecrets: pullSecrets }),
  });
  const { logCollection, nodeMonitoring } = agents;
  return {
    ...(wanted(logCollection)
      ? { logCollection: { ...from(DEFAULT_IMAGES.logCollection), ...logCollection } }
      : {}),
    ...(wanted(nodeMonitoring)
      ? { nodeMonitoring: { ...from(DEFAULT_IMAGES.nodeMonitoring), ...nodeMonitoring } }
      : {}),
  };
}

function wanted<Agent extends { enabled?: boolean | undefined }>(agent: Agent | undefined): agent is Agent {
  return agent !== undefined && agent.enabled !== false;
}

/** What of a stack the agents on its nodes depend on. */
type Around = Pick<CommonConfig, "namespace" | "nodeAgents" | "databases" | "applications" | "monitoring"> & {
  storage?: object | undefined;
};

/** Finds what is wrong with the agents on a stack's nodes. */
export function checkNodeAgents(config: Around, at: (key: string) => Problems): void {
  const { logCollection, nodeMonitoring } = config.nodeAgents;
  if (logCollection !== undefined) {
    const { enabled: _, ...args } = logCollection;
    checkLogCollection(LOG_COLLECTION, { ...args, to: args.to ?? {} }, at("logCollection"));
  }
  if (nodeMonitoring !== undefined) {
    const { enabled: _, ...args } = nodeMonitoring;
    checkNodeMonitoring(NODE_MONITORING, args, at("nodeMonitoring"));
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
    const { enabled: _, to, ...args } = logCollection;
    const collection = new LogCollection(
      LOG_COLLECTION,
      {
        ...{ ...args, ...shared, to, podNamespace: namespace },
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
    const { enabled: _, ...args } = nodeMonitoring;
    const exporter = new NodeMonitoring(NODE_MONITORING, { ...args, ...shared }, { provider });
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
