import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Identity, selectorLabels, standardLabels } from "../common/labels";
import { agentRights } from "../agents/agent-rights";
import { DatabaseCredentials } from "../credentials/database-credentials";
import { databaseNetworkPolicy } from "../network/network-policy";
import {
  externalService,
  headlessService,
  headlessServiceName,
  primaryService,
  replicasService,
  replicasServiceName,
  type ServicePort,
} from "../network/services";
import { ordinals, ReplicaVolumes } from "../storage/replica-volumes";
import { disruptionBudget } from "./disruption-budget";
import type { ResolvedArgs } from "./engine";

/** Label of a pod that says what it does for clients: `primary`, `replica` or `none`. The agent sets it. */
export const ROLE_LABEL = "role";

/** The parts of a database that do not depend on its engine. */
export interface DatabaseBase {
  /** Of every object. */
  labels: Record<string, string>;
  /** Of the pods: only what never changes. */
  podLabels: Record<string, string>;
  memberSelector: Record<string, string>;
  credentials: DatabaseCredentials;
  /** Identity of the agent in each pod. */
  serviceAccountName: pulumi.Output<string>;
  volumes: ReplicaVolumes;
  services: k8s.core.v1.Service[];
}

/** Options of a database component: protected, unless its arguments say otherwise. */
export function databaseOptions(
  deletionProtection: boolean | undefined,
  opts: pulumi.ComponentResourceOptions | undefined,
): pulumi.ComponentResourceOptions {
  return pulumi.mergeOptions({ protect: deletionProtection ?? true }, opts);
}

/** Makes a database's volumes, credentials, Services, NetworkPolicy and disruption budget. */
export function databaseBase(
  engine: string,
  name: string,
  args: ResolvedArgs,
  ports: ServicePort[],
  memberKeys: string[],
  parent: pulumi.Resource,
): DatabaseBase {
  const identity: Identity = { application: engine, instance: name, component: "database" };
  const labels = standardLabels(identity, args.labels);
  const podLabels = standardLabels(identity);
  const memberSelector = selectorLabels(identity);
  const { namespace, dataPolicy, retainingProvider } = args;

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
      existingSecret: args.existingSecret,
      password: args.password,
      adminPassword: args.adminPassword,
      rotation: args.passwordRotation,
      memberKeys,
      dataPolicy,
      labels,
      retainingProvider,
    },
    { parent },
  );

  const context = {
    name,
    namespace,
    labels,
    annotations: args.annotations,
    ports,
    memberSelector,
    externalSelector: { ...memberSelector, [ROLE_LABEL]: "primary" },
    parent,
  };
  const services = [headlessService(context), primaryService(context), replicasService(context)];
  const external = externalService(context, args.exposure);
  databaseNetworkPolicy({
    name,
    namespace,
    labels,
    memberSelector,
    clientPorts: ports.map(({ port }) => port),
    allowedClients: args.allowedClients ?? [],
    exposure: args.exposure,
    parent,
  });
  const serviceAccount = agentRights(name, { namespace, labels }, parent);
  disruptionBudget(name, args.replicas, { namespace, labels }, memberSelector, parent);

  return {
    labels,
    podLabels,
    memberSelector,
    credentials,
    serviceAccountName: serviceAccount.metadata.name,
    volumes,
    services: external ? [...services, external] : services,
  };
}

/** The names that clients and members use. */
export function databaseHosts(name: string, namespace: pulumi.Input<string>, replicas: number) {
  const host = (service: string) => pulumi.interpolate`${service}.${namespace}.svc`;
  return {
    primaryHost: host(name),
    replicasHost: host(replicasServiceName(name)),
    podHosts: pulumi.all(
      ordinals(replicas).map((ordinal) => host(`${name}-${ordinal}.${headlessServiceName(name)}`)),
    ),
  };
}
