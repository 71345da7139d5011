import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Identity, selectorLabels, standardLabels } from "../common/labels";
import { AgentBundle } from "../agents/agent-bundle";
import { agentPolicy } from "../agents/agent-policy";
import { agentRights, type EngineRights } from "../agents/agent-rights";
import { type BackupParts, backupParts } from "../backup/parts";
import { wantedBackup } from "../backup/settings";
import type { MemberAccounts } from "../agents/credentials-volume";
import { agentRoutes } from "../agents/agent-routes";
import { DatabaseCredentials } from "../credentials/database-credentials";
import type { AlternateMemberArgs } from "../credentials/member-secret";
import { usernameKeyOf } from "../credentials/secret-contents";
import { DatabaseNetwork } from "../network/database-network";
import { DatabaseCertificate } from "../tls/database-certificate";
import { type Port, portsOf, servicesOf, type Topology } from "../protocol/topology";
import { ReplicaVolumes } from "../storage/replica-volumes";
import { disruptionBudget } from "./disruption-budget";
import type { ResolvedArgs } from "./engine";

/** The parts of a database that do not depend on its engine. */
export interface DatabaseBase extends MemberAccounts {
  /** Name of the engine's room. */
  engine: string;
  /** Of every object. */
  labels: Record<string, string>;
  /** Of the pods: only what never changes. */
  podLabels: Record<string, string>;
  memberSelector: Record<string, string>;
  credentials: DatabaseCredentials;
  certificate: DatabaseCertificate;
  topology: Topology;
  /** Ports of the servers and their Services. */
  ports: Port[];
  /** ConfigMap with the agent's program. */
  agentConfigMap: pulumi.Input<string>;
  /** Identity of the agent in each pod. */
  serviceAccountName: pulumi.Output<string>;
  volumes: ReplicaVolumes;
  network: DatabaseNetwork;
  /** What pods need for a backup; absent where there is none. */
  backup?: BackupParts;
  /** What clients find the members by, for pods to wait for. */
  routes: pulumi.Resource[];
}

/** Options of a database component: protected, unless its arguments say otherwise. */
export function databaseOptions(
  deletionProtection: boolean | undefined,
  opts: pulumi.ComponentResourceOptions | undefined,
): pulumi.ComponentResourceOptions {
  return pulumi.mergeOptions({ protect: deletionProtection ?? true }, opts);
}

/** Makes a database's volumes, credentials, certificate, Services, agent with its rights, NetworkPolicy and disruption budget. */
export function databaseBase(
  engine: string,
  name: string,
  args: ResolvedArgs,
  topology: Topology,
  memberKeys: string[],
  parent: pulumi.Resource,
  {
    rights = {},
    alternateUsers = false,
    alternateMember,
    proxiesVerify,
    maxPasswordBytes,
    reservedUsers,
  }: {
    /** What the engine itself does with the API. @default nothing */
    rights?: EngineRights;
    /** Whether a new password comes with another user. */
    alternateUsers?: boolean;
    /** An account of the members' for which the same holds. @default none */
    alternateMember?: AlternateMemberArgs;
    /** Whether what stands before the members verifies them by the name of the database. @default false */
    proxiesVerify?: boolean;
    /** Users that the engine has of its own. */
    reservedUsers?: string[];
    /** The longest password that the engine takes. */
    maxPasswordBytes?: number;
  } = {},
): DatabaseBase {
  const identity: Identity = { application: engine, instance: name, component: "database" };
  const labels = standardLabels(identity, args.labels);
  const podLabels = standardLabels(identity);
  const memberSelector = selectorLabels(identity);
  const { namespace, dataPolicy } = args;
  const retainingProvider = args.retainingProvider as k8s.Provider | undefined;

  const volumes = new ReplicaVolumes(
    `${name}-data`,
    {
      database: name,
      namespace,
      replicas: args.replicas,
      storage: args.storage,
      storageClassName: args.storageClassName,
      volumeAttributesClassName: args.volumeAttributesClassName,
      expandable: args.storageExpandable,
      dataPolicy,
      labels,
      retainingProvider,
    },
    { parent },
  );
  const credentials = new DatabaseCredentials(
    `${name}-credentials`,
    {
      namespace,
      username: args.username,
      alternateUsers,
      existingSecret: args.existingSecret,
      password: args.password,
      adminPassword: args.adminPassword,
      rotation: args.passwordRotation,
      revokePrevious: args.revokePreviousPassword,
      maxPasswordBytes,
      reservedUsers,
      memberKeys,
      alternateMember,
      existingMemberSecret: args.existingMemberSecret,
      memberRotation: args.memberPasswordRotation,
      dataPolicy,
      labels,
      retainingProvider,
    },
    { parent },
  );

  const certificate = new DatabaseCertificate(
    `${name}-tls`,
    {
      database: name,
      namespace,
      services: servicesOf(name, topology, ["agent", "engine", "selector"]),
      proxies: servicesOf(name, topology, ["proxy"]),
      proxiesVerify,
      tls: args.tls,
      labels,
      dataPolicy,
      retainingProvider,
    },
    { parent },
  );

  const network = new DatabaseNetwork(
    `${name}-network`,
    {
      database: name,
      engine,
      namespace,
      replicas: args.replicas,
      topology,
      exposure: args.exposure,
      allowedClients: args.allowedClients,
      scrapers: args.monitoring?.scrapers,
      labels: args.labels,
      annotations: args.annotations,
    },
    { parent },
  );
  const routes = agentRoutes(name, { namespace, labels, topology, retainingProvider, parent });
  const wanted = wantedBackup(args.backup);
  const serviceAccount = agentRights(
    name,
    { namespace, labels },
    topology,
    rights,
    parent,
    wanted !== undefined,
  );
  if (args.admissionPolicy !== false) {
    agentPolicy(name, { namespace, labels, topology, engine: rights, parent });
  }
  const backup =
    wanted &&
    backupParts(name, wanted, {
      namespace,
      identity,
      labels: args.labels,
      restoreFrom: args.restoreFrom,
      retainingProvider,
      parent,
    });
  disruptionBudget(name, args.replicas, { namespace, labels }, memberSelector, parent);

  return {
    engine,
    labels,
    podLabels,
    memberSelector,
    credentials,
    memberKeys,
    memberNames: alternateMember ? [usernameKeyOf(alternateMember.passwordKey)] : [],
    certificate,
    topology,
    ports: portsOf(topology),
    agentConfigMap:
      args.agentConfigMap ??
      new AgentBundle(`${name}-agent`, { namespace, engine, labels: args.labels }, { parent }).configMapName,
    serviceAccountName: serviceAccount.metadata.name,
    volumes,
    network,
    ...(backup ? { backup } : {}),
    routes,
  };
}
