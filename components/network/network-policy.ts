import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { METRICS_PORT } from "../protocol/ports";
import { type ClientArgs, type ExposureArgs, ExposureType } from "./args";

type Peer = k8s.types.input.networking.v1.NetworkPolicyPeer;

/** Who may reach a database's pods. */
export interface DatabasePolicyArgs {
  /** Name of the database. */
  name: string;
  namespace: pulumi.Input<string>;
  labels: Record<string, pulumi.Input<string>>;
  /** Selects the database's pods. */
  memberSelector: Record<string, string>;
  /** Ports that clients use. Members may use any. */
  clientPorts: number[];
  /** Clients beside the pods that carry the client label. */
  allowedClients: ClientArgs[];
  /** Who may ask for figures. */
  scrapers: ClientArgs[];
  /** Port of the engine's exporter, where there is one. */
  exporterPort: number | undefined;
  /** How it is reached from outside the cluster. */
  exposures: (ExposureArgs | undefined)[];
  parent: pulumi.Resource;
}

/** Label that lets a pod of the database's own namespace connect: `orders-client: "true"`. */
export function clientLabels(database: string): Record<string, string> {
  return { [`${database}-client`]: "true" };
}

/**
 * Admits the database's own pods on every port and, on the clients' ports, pods of its namespace with the
 * client label, the named clients, and the source ranges of an exposure; to their figures, whom `scrapers` names. Everybody else is refused, where the
 * cluster's network plugin enforces policies.
 */
export function databaseNetworkPolicy(args: DatabasePolicyArgs): k8s.networking.v1.NetworkPolicy {
  const clients = [...clientPeers(args.name, args.allowedClients), ...args.exposures.flatMap(exposedPeers)];
  const figures = [METRICS_PORT, ...(args.exporterPort === undefined ? [] : [args.exporterPort])];
  return ingressPolicy({ ...args, selector: args.memberSelector }, [
    { from: [{ podSelector: { matchLabels: args.memberSelector } }] },
    toPorts(clients, args.clientPorts),
    // Without anybody the rule would admit everybody.
    ...(args.scrapers.length === 0 ? [] : [toPorts(args.scrapers.map(clientPeer), figures)]),
  ]);
}

/** Admits a database's clients to the pooler before it, as they are admitted to the database. */
export function poolerNetworkPolicy(args: {
  name: string;
  /** Database whose clients they are. */
  database: string;
  namespace: pulumi.Input<string>;
  labels: Record<string, pulumi.Input<string>>;
  selector: Record<string, string>;
  port: number;
  allowedClients: ClientArgs[];
  parent: pulumi.Resource;
}): k8s.networking.v1.NetworkPolicy {
  return ingressPolicy(args, [toPorts(clientPeers(args.database, args.allowedClients), [args.port])]);
}

/**
 * Admits to an application's port, and to no other. One that is reached from outside the cluster admits whatever runs
 * inside, and the source ranges of its exposure: a node port has nothing else to hold them to. Any other admits
 * everybody who reaches it: an ingress controller need not be a pod of the cluster's network.
 */
export function applicationNetworkPolicy(args: {
  name: string;
  namespace: pulumi.Input<string>;
  labels: Record<string, pulumi.Input<string>>;
  selector: Record<string, string>;
  port: number;
  exposure: ExposureArgs | undefined;
  parent: pulumi.Resource;
}): k8s.networking.v1.NetworkPolicy {
  const exposed = exposedPeers(args.exposure);
  const from = exposed.length === 0 ? undefined : [{ namespaceSelector: {} }, ...exposed];
  return ingressPolicy(args, [toPorts(from, [args.port])]);
}

type Rule = k8s.types.input.networking.v1.NetworkPolicyIngressRule;

function toPorts(from: Peer[] | undefined, ports: number[]): Rule {
  return { ...(from ? { from } : {}), ports: ports.map((port) => ({ protocol: "TCP", port })) };
}

/** Refuses whatever of the selected pods' incoming traffic no rule admits. */
function ingressPolicy(
  args: {
    name: string;
    namespace: pulumi.Input<string>;
    labels: Record<string, pulumi.Input<string>>;
    selector: Record<string, string>;
    parent: pulumi.Resource;
  },
  ingress: Rule[],
): k8s.networking.v1.NetworkPolicy {
  return new k8s.networking.v1.NetworkPolicy(
    `${args.name}-network-policy`,
    {
      metadata: { name: args.name, namespace: args.namespace, labels: args.labels },
      spec: { podSelector: { matchLabels: args.selector }, policyTypes: ["Ingress"], ingress },
    },
    { parent: args.parent },
  );
}

/** Admits those that ask for figures to their port, and nobody else. */
export function scrapedNetworkPolicy(args: {
  name: string;
  namespace: pulumi.Input<string>;
  labels: Record<string, pulumi.Input<string>>;
  selector: Record<string, string>;
  port: number;
  scrapers: ClientArgs[];
  parent: pulumi.Resource;
}): k8s.networking.v1.NetworkPolicy {
  const { port, scrapers } = args;
  // Without anybody the rule would admit everybody.
  return ingressPolicy(args, scrapers.length === 0 ? [] : [toPorts(scrapers.map(clientPeer), [port])]);
}

/** Admits nobody. */
export function closedNetworkPolicy(args: {
  name: string;
  namespace: pulumi.Input<string>;
  labels: Record<string, pulumi.Input<string>>;
  selector: Record<string, string>;
  parent: pulumi.Resource;
}): k8s.networking.v1.NetworkPolicy {
  return ingressPolicy(args, []);
}

/** Pods of the namespace with the client label, and clients that are named. */
function clientPeers(database: string, allowedClients: ClientArgs[]): Peer[] {
  return [{ podSelector: { matchLabels: clientLabels(database) } }, ...allowedClients.map(clientPeer)];
}

function clientPeer({ podLabels, namespace, cidr }: ClientArgs): Peer {
  if (cidr !== undefined) return { ipBlock: { cidr } };
  return {
    podSelector: podLabels ? { matchLabels: podLabels } : {},
    ...(namespace === undefined
      ? {}
      : { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } }),
  };
}

function exposedPeers(exposure: ExposureArgs | undefined): Peer[] {
  if ((exposure?.type ?? ExposureType.None) === ExposureType.None) return [];
  return (exposure?.sourceRanges ?? []).map((cidr) => ({ ipBlock: { cidr } }));
}
