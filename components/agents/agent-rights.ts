import {
  backupReportName,
  bootstrapMarkerName,
  growthName,
  loginSecretName,
  memberServiceName,
  upkeepName,
  userLoginSecretName,
  claimName,
} from "../protocol/names";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { ordinals } from "../storage/replica-volumes";
import { MAX_MEMBERS } from "../protocol/members";
import type { Topology } from "../protocol/topology";
import { agentRouteServices, readRouteNames } from "./agent-routes";

/** What an engine itself does with the API, beside the agent and by the same account. */
export interface EngineRights {
  /** Endpoints that it keeps its state in: it changes them, and makes none. @default none */
  endpoints?: string[];
  /** Leases that its agents elect by: they change them, and make none. @default none */
  leases?: string[];
  /** Annotations that it writes on its own pods. @default none */
  podAnnotations?: string[];
  /** What it reads, where that cannot be limited by name. @default nothing */
  reads?: k8s.types.input.rbac.v1.PolicyRule[];
}

/**
 * The identity of a database's agents, with no more rights than they use: they read no Secret but those that they
 * write for who logs in, and change nothing of another database. Nothing that leads clients somewhere can be made by it, but is made with the stack.
 *
 * What a Role cannot limit is for `agentPolicy`: `create` goes by no name, and who may patch a pod may change its labels.
 */
export function agentRights(
  name: string,
  metadata: { namespace: pulumi.Input<string>; labels: Record<string, pulumi.Input<string>> },
  topology: Topology,
  engine: EngineRights,
  parent: pulumi.Resource,
  {
    backup = false,
    users = [],
    showsMembers = false,
    growsVolumes = false,
    annotations,
  }: {
    /** Whether the database has a backup. */
    backup?: boolean;
    /** Further users, each of whom logs in by a Secret of its own. */
    users?: string[];
    /** Whether agents say on the StatefulSet how many members their ring has: `agentPolicy` holds them to that. */
    showsMembers?: boolean;
    /** Whether they make their volumes larger. */
    growsVolumes?: boolean;
    /** Of the account. */
    annotations?: Record<string, pulumi.Input<string>> | undefined;
  } = {},
): k8s.core.v1.ServiceAccount {
  const account = new k8s.core.v1.ServiceAccount(
    `${name}-service-account`,
    {
      metadata: { name, ...metadata, ...(annotations === undefined ? {} : { annotations }) },
      automountServiceAccountToken: false,
    },
    { parent },
  );
  const role = new k8s.rbac.v1.Role(
    `${name}-role`,
    {
      metadata: { name, ...metadata },
      rules: [
        ...agentRules(name, topology, engine, users),
        ...(showsMembers
          ? [{ apiGroups: ["apps"], resources: ["statefulsets"], resourceNames: [name], verbs: ["patch"] }]
          : []),
        ...(growsVolumes ? growthRules(name) : []),
        ...(backup ? backupRules(name) : []),
      ],
    },
    { parent },
  );
  new k8s.rbac.v1.RoleBinding(
    `${name}-role-binding`,
    {
      metadata: { name, ...metadata },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: metadata.namespace }],
    },
    { parent },
  );
  return account;
}

/** It has a full copy made by what is there for it, and reads how such Jobs ended; a scale has nothing but a number in it. */
function backupRules(name: string): k8s.types.input.rbac.v1.PolicyRule[] {
  return [
    { apiGroups: [""], resources: ["configmaps"], resourceNames: [backupReportName(name)], verbs: ["get"] },
    {
      apiGroups: ["apps"],
      resources: ["deployments/scale"],
      resourceNames: [upkeepName(name)],
      verbs: ["patch"],
    },
  ];
}

/** A claim's size, and what is written down of it; `agentPolicy` holds them to no more than that. */
function growthRules(name: string): k8s.types.input.rbac.v1.PolicyRule[] {
  const claims = ordinals(MAX_MEMBERS).map((ordinal) => claimName(name, ordinal));
  return [
    {
      apiGroups: [""],
      resources: ["persistentvolumeclaims"],
      resourceNames: claims,
      verbs: ["get", "patch"],
    },
    {
      apiGroups: [""],
      resources: ["configmaps"],
      resourceNames: [growthName(name)],
      verbs: ["get", "patch"],
    },
  ];
}

function agentRules(
  name: string,
  topology: Topology,
  { endpoints = [], leases = [], reads = [] }: EngineRights,
  users: string[],
): k8s.types.input.rbac.v1.PolicyRule[] {
  const pods = ordinals(MAX_MEMBERS).map((ordinal) => `${name}-${ordinal}`);
  const rules = [
    { apiGroups: [""], resources: ["configmaps"], verbs: ["create"] },
    {
      apiGroups: [""],
      resources: ["configmaps"],
      resourceNames: [bootstrapMarkerName(name)],
      verbs: ["get", "update"],
    },
    { apiGroups: [""], resources: ["pods"], resourceNames: pods, verbs: ["get", "patch"] },
    // Hold nothing but what they write into them: `agentLogins`.
    {
      apiGroups: [""],
      resources: ["secrets"],
      resourceNames: [loginSecretName(name), ...users.map((user) => userLoginSecretName(name, user))],
      verbs: ["get", "patch"],
    },
    // Its own, for one of the revision that is wanted: where it never came up, or by `maintenance`. See `agentPolicy`.
    { apiGroups: [""], resources: ["pods"], resourceNames: pods, verbs: ["delete"] },
    { apiGroups: ["apps"], resources: ["statefulsets"], resourceNames: [name], verbs: ["get"] },
    ...(topology.membersBy === "service"
      ? [
          {
            apiGroups: [""],
            resources: ["services"],
            resourceNames: ordinals(MAX_MEMBERS).map((ordinal) => memberServiceName(name, ordinal)),
            verbs: ["get"],
          },
        ]
      : []),
    {
      apiGroups: ["discovery.k8s.io"],
      resources: ["endpointslices"],
      resourceNames: readRouteNames(name, topology),
      verbs: ["get"],
    },
    {
      apiGroups: ["discovery.k8s.io"],
      resources: ["endpointslices"],
      resourceNames: [...agentRouteServices(name, topology).keys()],
      // Agents before this one replace whole slices: until the last pod is a new one.
      verbs: ["patch", "update"],
    },
    ...(endpoints.length > 0
      ? [{ apiGroups: [""], resources: ["endpoints"], resourceNames: endpoints, verbs: ["get", "patch"] }]
      : []),
    ...(leases.length > 0
      ? [
          {
            apiGroups: ["coordination.k8s.io"],
            resources: ["leases"],
            resourceNames: leases,
            verbs: ["get", "update"],
          },
        ]
      : []),
  ];
  // Without a name, a rule would be for every object.
  return [...rules.filter(({ resourceNames }) => resourceNames?.length !== 0), ...reads];
}
