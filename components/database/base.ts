import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Identity, selectorLabels, standardLabels } from "../common/labels";
import { AgentBundle } from "../agents/agent-bundle";
import { agentLogins } from "../agents/agent-login";
import { agentPolicy } from "../agents/agent-policy";
import { sizePolicy } from "../agents/size-policy";
import { agentRights } from "../agents/agent-rights";
import { type BackupParts, backupParts } from "../backup/parts";
import { wantedBackup } from "../backup/settings";
import type { DatabaseAccounts } from "../agents/credentials-volume";
import { agentRoutes } from "../agents/agent-routes";
import { DatabaseCredentials } from "../credentials/database-credentials";
import { usernameKeyOf } from "../credentials/secret-contents";
import { DatabaseNetwork } from "../network/database-network";
import { DatabaseCertificate } from "../tls/database-certificate";
import { EXPORTER_KEY } from "../protocol/exporter";
import { type Port, portsOf, servicesOf, type Topology } from "../protocol/topology";
import { type VolumeGrowth, volumeGrowth } from "../storage/growth";
import { ReplicaVolumes } from "../storage/replica-volumes";
import { disruptionBudget } from "./disruption-budget";
import type { ResolvedArgs } from "./engine";
import { databaseInitSql } from "./initial";
import { type MemberExporter, memberExporter } from "./exporter";
import { databaseLogs } from "./logs";
import type { DatabaseSpec } from "./spec";
import { databaseUsers, presentUsers } from "./users";

/** The parts of a database that do not depend on its engine. */
export interface DatabaseBase extends DatabaseAccounts {
  /** Name of the engine's room. */
  engine: string;
  /** Of every object. */
  labels: Record<string, pulumi.Input<string>>;
  /** Of the pods: only what never changes. */
  podLabels: Record<string, pulumi.Input<string>>;
  memberSelector: Record<string, string>;
  credentials: DatabaseCredentials;
  /** The Secret that applications log in by. */
  loginSecretName: pulumi.Output<string>;
  certificate: DatabaseCertificate;
  topology: Topology;
  /** Ports of the servers and their Services. */
  ports: Port[];
  /** ConfigMap with the agent's program. */
  agentConfigMap: pulumi.Input<string>;
  /** Identity of the agent in each pod. */
  serviceAccountName: pulumi.Output<string>;
  /** Absent where the members have none. */
  volumes?: ReplicaVolumes;
  /** Whether its agents keep users and databases beside the application's. */
  keepsUsers: boolean;
  network: DatabaseNetwork;
  /** The exporter beside each server; absent where there is none. */
  exporter?: MemberExporter;
  /** What pods need for a backup; absent where there is none. */
  backup?: BackupParts;
  /** What clients find the members by, and log in by, for pods to wait for. */
  routes: pulumi.Resource[];
}

/** Options of a database component: protected, unless its arguments say otherwise. */
export function databaseOptions(
  deletionProtection: boolean | undefined,
  opts: pulumi.ComponentResourceOptions | undefined,
): pulumi.ComponentResourceOptions {
  return pulumi.mergeOptions({ protect: deletionProtection ?? true }, opts);
}

/** What the parts of a database are made of. */
interface Making {
  name: string;
  args: ResolvedArgs;
  spec: DatabaseSpec;
  /** Keys of the passwords that the members have among themselves. */
  memberKeys: string[];
  exporter: MemberExporter | undefined;
  identity: Identity;
  labels: Record<string, pulumi.Input<string>>;
  retainingProvider: k8s.Provider | undefined;
  parent: pulumi.Resource;
}

/** Makes a database's volumes, credentials, certificate, Services, agent with its rights, NetworkPolicy and disruption budget. */
export function databaseBase(
  name: string,
  args: ResolvedArgs,
  spec: DatabaseSpec,
  parent: pulumi.Resource,
): DatabaseBase {
  const { engine, topology, alternateMember, alternateUsers = false } = spec;
  const exporter = memberExporter(spec.exporter, args.monitoring?.exporter);
  const memberKeys = [...spec.memberKeys, ...(exporter ? [EXPORTER_KEY] : [])];
  const identity: Identity = { application: engine, instance: name, component: "database" };
  const labels = standardLabels(identity, args.labels);
  const memberSelector = selectorLabels(identity);
  const { namespace } = args;
  const retainingProvider = args.retainingProvider as k8s.Provider | undefined;
  const own = { name, identity, labels, retainingProvider, parent };
  const making: Making = { ...own, args, spec, memberKeys, exporter };
  const growth = volumeGrowth(name, args, { labels, retainingProvider, parent });
  const volumes = replicaVolumes(making, growth);
  const credentials = databaseCredentials(making);
  const certificate = databaseCertificate(making);
  const network = databaseNetwork(making);
  const agent = databaseAgent(making, growth);
  disruptionBudget(name, args.replicas, { namespace, labels }, memberSelector, parent);
  const ownBundle = () =>
    new AgentBundle(
      `${name}-agent`,
      { namespace, engine, labels: args.labels, keepsFormer: args.maintenance !== undefined },
      { parent },
    ).configMapName;
  return {
    engine,
    labels,
    podLabels: standardLabels(identity),
    memberSelector,
    credentials,
    alternateUsers,
    memberKeys,
    memberNames: alternateMember ? [usernameKeyOf(alternateMember.passwordKey)] : [],
    certificate,
    topology,
    ports: portsOf(topology),
    agentConfigMap: args.agentConfigMap ?? ownBundle(),
    ...(volumes ? { volumes } : {}),
    keepsUsers: spec.keepsUsers ?? false,
    ...(exporter ? { exporter } : {}),
    network,
    ...agent,
  };
}

function replicaVolumes(
  { name, args, labels, retainingProvider, parent }: Making,
  growth: VolumeGrowth | undefined,
): ReplicaVolumes | undefined {
  const { storage } = args;
  if (storage === undefined) return undefined;
  return new ReplicaVolumes(
    `${name}-data`,
    {
      database: name,
      namespace: args.namespace,
      replicas: args.replicas,
      storage: growth?.storage ?? storage,
      growsUpTo: args.storageGrowth?.upTo,
      storageClassName: args.storageClassName,
      volumeAttributesClassName: args.volumeAttributesClassName,
      expandable: args.storageExpandable,
      dataPolicy: args.dataPolicy,
      labels,
      retainingProvider,
    },
    { parent },
  );
}

function databaseCredentials({
  name,
  args,
  spec,
  memberKeys,
  labels,
  retainingProvider,
  parent,
}: Making): DatabaseCredentials {
  return new DatabaseCredentials(
    `${name}-credentials`,
    {
      namespace: args.namespace,
      username: args.username,
      alternateUsers: spec.alternateUsers,
      existingSecret: args.existingSecret,
      password: args.password,
      adminPassword: args.adminPassword,
      rotation: args.passwordRotation,
      revokePrevious: args.revokePreviousPassword,
      maxPasswordBytes: spec.maxPasswordBytes,
      reservedUsers: spec.reservedUsers,
      memberKeys,
      alternateMember: spec.alternateMember,
      existingMemberSecret: args.existingMemberSecret,
      memberRotation: args.memberPasswordRotation,
      dataPolicy: args.dataPolicy,
      labels,
      retainingProvider,
    },
    { parent },
  );
}

function databaseCertificate({
  name,
  args,
  spec,
  labels,
  retainingProvider,
  parent,
}: Making): DatabaseCertificate {
  return new DatabaseCertificate(
    `${name}-tls`,
    {
      database: name,
      namespace: args.namespace,
      services: servicesOf(name, spec.topology, ["agent", "engine", "selector"]),
      proxies: servicesOf(name, spec.topology, ["proxy"]),
      proxiesVerify: spec.proxiesVerify,
      membersAsClients: spec.membersAsClients,
      tls: args.tls,
      labels,
      dataPolicy: args.dataPolicy,
      retainingProvider,
    },
    { parent },
  );
}

function databaseNetwork({ name, args, spec, exporter, retainingProvider, parent }: Making): DatabaseNetwork {
  return new DatabaseNetwork(
    `${name}-network`,
    {
      database: name,
      engine: spec.engine,
      namespace: args.namespace,
      replicas: args.replicas,
      topology: spec.topology,
      dataPolicy: args.dataPolicy,
      retainingProvider,
      exposure: args.exposure,
      replicasExposure: args.replicasExposure,
      allowedClients: args.allowedClients,
      scrapers: args.monitoring?.scrapers,
      exporterPort: exporter?.port,
      labels: args.labels,
      annotations: { ...args.annotations, ...args.serviceAnnotations },
    },
    { parent },
  );
}

/** What the agents have in the cluster: an account with its rights, and what they write for clients and send to a backup. */
function databaseAgent(
  { name, args, spec, identity, labels, retainingProvider, parent }: Making,
  growth: VolumeGrowth | undefined,
): Pick<DatabaseBase, "loginSecretName" | "serviceAccountName" | "backup" | "routes"> {
  const { namespace } = args;
  const { topology, rights = {}, decommissions = false } = spec;
  const policed = args.admissionPolicy !== false;
  const routes = agentRoutes(name, { namespace, labels, topology, retainingProvider, parent });
  const users = presentUsers(args);
  const logins = agentLogins(name, { users, namespace, labels, parent });
  const lists = databaseUsers(name, args, { labels, parent }, spec);
  const initial = databaseInitSql(name, args, { labels, parent });
  const logs = databaseLogs(name, args, { labels, parent });
  const wanted = wantedBackup(args.backup);
  const serviceAccount = agentRights(name, { namespace, labels }, topology, rights, parent, {
    backup: wanted !== undefined,
    users,
    showsMembers: policed && decommissions,
    growsVolumes: growth !== undefined,
    annotations: args.serviceAccountAnnotations,
  });
  if (policed) {
    const growsUpTo = args.storageGrowth?.upTo;
    agentPolicy(name, {
      namespace,
      labels,
      topology,
      engine: rights,
      users,
      decommissions,
      replacesPods: args.maintenance !== undefined,
      growsUpTo,
      parent,
    });
    if (decommissions) sizePolicy(name, { namespace, replicas: args.replicas, labels, parent });
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
  return {
    loginSecretName: logins.application.metadata.name,
    serviceAccountName: serviceAccount.metadata.name,
    ...(backup ? { backup } : {}),
    routes: [
      ...routes,
      logins.application,
      ...logins.others,
      ...lists,
      ...initial,
      ...logs,
      ...(growth?.routes ?? []),
    ],
  };
}
