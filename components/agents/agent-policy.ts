import { LOGIN_KEYS } from "../protocol/accounts";
import { GROWN_FILE } from "../protocol/growth";
import { bootstrapMarkerName, growthName, loginSecretName, userLoginSecretName } from "../protocol/names";
import { MEMBERS } from "../protocol/annotations";
import { DOMAIN, ROLE_LABEL } from "../protocol/labels";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { admissionPolicy, text } from "./admission-policy";
import { type EngineRights } from "./agent-rights";
import type { Topology } from "../protocol/topology";
import { claimGrown, growthWritten } from "./growth-policy";
import { agentRouteServices } from "./agent-routes";

type Validation = k8s.types.input.admissionregistration.v1.Validation;
type Variable = k8s.types.input.admissionregistration.v1.Variable;

/** What a policy for a database is made of. */
export interface AgentPolicySpec {
  namespace: pulumi.Input<string>;
  labels: Record<string, pulumi.Input<string>>;
  topology: Topology;
  engine: EngineRights;
  /** Further users, each of whom logs in by a Secret of its own. */
  users: string[];
  /** Whether agents say on the StatefulSet how many members their ring has. @default false */
  decommissions?: boolean;
  /** Whether agents replace their own pods, also those that serve. @default Kubernetes does */
  replacesPods?: boolean;
  /** The size that agents let their volumes grow to. @default they change none */
  growsUpTo?: string | undefined;
  parent: pulumi.Resource;
}

/**
 * Holds a database's account to what its Role cannot: roles limit `create` by no name, and who may patch a pod may change
 * its labels, by which others' Services and NetworkPolicies know theirs, and its images.
 *
 * A policy is in no namespace. Each database has one of its own, which looks at its account alone: so none is shared between
 * stacks, and none outlives the database that it is for.
 */
export function agentPolicy(database: string, spec: AgentPolicySpec): void {
  const { namespace, labels, parent } = spec;
  // With dots, which neither of the two can have: no two databases come to the same name.
  const name = pulumi.interpolate`${database}.${namespace}.${DOMAIN}`;
  const account = pulumi.interpolate`system:serviceaccount:${namespace}:${database}`;
  admissionPolicy(`${database}-policy`, {
    metadata: { name, labels },
    namespace,
    resourceRules: [
      watched("", [
        ...["pods", "configmaps", "endpoints", "secrets"],
        ...(spec.growsUpTo === undefined ? [] : ["persistentvolumeclaims"]),
      ]),
      watched("discovery.k8s.io", ["endpointslices"]),
      ...(spec.decommissions === true ? [watched("apps", ["statefulsets", "statefulsets/scale"])] : []),
    ],
    matchConditions: [
      {
        name: "own-account",
        expression: pulumi.output(account).apply((own) => `request.userInfo.username == ${text(own)}`),
      },
    ],
    variables: VARIABLES,
    validations: validations(database, spec),
    parent,
  });
}

function watched(
  group: string,
  resources: string[],
): k8s.types.input.admissionregistration.v1.NamedRuleWithOperations {
  const operations = ["CREATE", "UPDATE", "DELETE"];
  return { apiGroups: [group], apiVersions: ["v1"], operations, resources };
}

/** The pod that the account's token was made for is the one that is to go. */
const ASKS_FOR_ITSELF = `variables.former.metadata.uid in request.userInfo.?extra[?'authentication.kubernetes.io/pod-uid'].orValue([])`;

const READY = `variables.former.?status.?conditions.orValue([]).exists(one, one.type == 'Ready' && one.status == 'True')`;

/** A creation has no former object, and a deletion no new one. `dyn`, since not every kind has every field. */
const VARIABLES: Variable[] = [
  { name: "object", expression: "dyn(object == null ? {'metadata': {}} : object)" },
  { name: "former", expression: "dyn(oldObject == null ? {'metadata': {}} : oldObject)" },
  { name: "name", expression: "variables.object.metadata.?name.orValue('')" },
  { name: "labels", expression: "variables.object.metadata.?labels.orValue({})" },
  { name: "formerLabels", expression: "variables.former.metadata.?labels.orValue({})" },
  { name: "annotations", expression: "variables.object.metadata.?annotations.orValue({})" },
  { name: "formerAnnotations", expression: "variables.former.metadata.?annotations.orValue({})" },
];

/** What an object goes with, and whether it can go. */
const SAME_FATE = ["ownerReferences", "finalizers"]
  .map((field) => `variables.object.metadata.?${field} == variables.former.metadata.?${field}`)
  .join(" && ");

/** Other keys, labels and annotations could lead other programs to do something with the Secret; an immutable one could not be changed. */
const LOGIN_ALONE = [
  `variables.object.?data.orValue({}).all(key, key in ${list(Object.values(LOGIN_KEYS))})`,
  "variables.labels == variables.formerLabels",
  "variables.annotations == variables.formerAnnotations",
  ...["type", "immutable"].map((field) => `variables.object.?${field} == variables.former.?${field}`),
  SAME_FATE,
].join(" && ");

/** Who may patch a StatefulSet may have its pods run anything. */
const MEMBERS_ALONE = [
  "variables.object.?spec == variables.former.?spec",
  "variables.labels == variables.formerLabels",
  `(${sameBut("annotations", "formerAnnotations", `key == ${text(MEMBERS)}`)})`,
  SAME_FATE,
].join(" && ");

function validations(
  database: string,
  { topology, engine, users, decommissions, replacesPods, growsUpTo }: AgentPolicySpec,
): Validation[] {
  const { endpoints = [], podAnnotations = [] } = engine;
  const marker = bootstrapMarkerName(database);
  const logins = [loginSecretName(database), ...users.map((user) => userLoginSecretName(database, user))];
  const services = agentRouteServices(database, topology);
  const serviceOf = `{${[...services].map((pair) => pair.map(text).join(": ")).join(", ")}}`;
  const label = text("kubernetes.io/service-name");
  const shown = podAnnotations.map((key) => `key == ${text(key)}`);
  const changed = (rule: string) => of("pods", `request.operation == 'DELETE' || (${rule})`);
  const says = (what: string) => `the account of the database ${database} may ${what}`;
  return [
    {
      expression: of(
        "configmaps",
        `request.operation != 'DELETE' && variables.name == ${text(marker)}` +
          (growsUpTo === undefined ? "" : ` || ${growthWritten(database, growsUpTo)}`),
      ),
      message: says(
        `make and change no ConfigMap but ${marker}` +
          (growsUpTo === undefined
            ? ""
            : `, and of ${growthName(database)} its ${GROWN_FILE} up to ${growsUpTo}`),
      ),
    },
    ...(growsUpTo === undefined
      ? []
      : [
          {
            expression: of("persistentvolumeclaims", claimGrown(database, growsUpTo)),
            message: says(`change nothing of claims but the size of its own, up to ${growsUpTo}`),
          },
        ]),
    {
      expression: of("secrets", `request.operation == 'UPDATE' && variables.name in ${list(logins)}`),
      message: says(`change no Secret but ${logins.join(", ")}, and make none`),
    },
    {
      expression: of("secrets", LOGIN_ALONE),
      message: says(
        `change nothing of ${logins.join(", ")} but the values of ${Object.values(LOGIN_KEYS).join(" and ")}`,
      ),
    },
    ...(decommissions === true
      ? [
          {
            expression: of(
              "statefulsets",
              `request.operation == 'UPDATE' && request.?subResource.orValue('') == '' && ` +
                `variables.name == ${text(database)} && ${MEMBERS_ALONE}`,
            ),
            message: says(`change nothing of StatefulSets but the annotation ${MEMBERS} of its own`),
          },
        ]
      : []),
    {
      expression: of("endpoints", `request.operation == 'UPDATE' && variables.name in ${list(endpoints)}`),
      message: says(`change no Endpoints but its own: ${endpoints.join(", ") || "it has none"}`),
    },
    {
      expression: of(
        "endpointslices",
        `request.operation == 'UPDATE' && variables.name in ${serviceOf} && ` +
          `variables.labels[?${label}] == optional.of(${serviceOf}[variables.name])`,
      ),
      message: says(
        services.size === 0
          ? "change no EndpointSlice"
          : `change no EndpointSlice but ${[...services.keys()].join(", ")}, and no slice's Service`,
      ),
    },
    {
      expression: of(
        "pods",
        `request.operation == 'DELETE' || ` +
          `request.operation == 'UPDATE' && variables.name.matches(${text(`^${database}-[0-9]+$`)})`,
      ),
      message: says("change no pods but its own, and make none"),
    },
    {
      expression: of(
        "pods",
        `request.operation != 'DELETE' || ${ASKS_FOR_ITSELF}${replacesPods === true ? "" : ` && !${READY}`}`,
      ),
      message: says(
        `delete no pod but, from within it, ${replacesPods === true ? "the one that it runs in" : "one that is not ready"}`,
      ),
    },
    {
      expression: changed("variables.object.?spec == variables.former.?spec"),
      message: says("change nothing in a pod's spec"),
    },
    {
      expression: changed(sameBut("labels", "formerLabels", `key == ${text(ROLE_LABEL)}`)),
      message: says(`change no label of a pod but ${ROLE_LABEL}`),
    },
    {
      expression: changed(
        sameBut("annotations", "formerAnnotations", [`key.startsWith('${DOMAIN}/')`, ...shown].join(" || ")),
      ),
      message: says(`change no annotation of a pod but ${[`${DOMAIN}/…`, ...podAnnotations].join(" and ")}`),
    },
    {
      expression: changed(SAME_FATE),
      message: says("change neither the owners nor the finalizers of a pod"),
    },
  ];
}

/** A rule for one kind of object. */
function of(resource: string, rule: string): string {
  return `request.resource.resource != ${text(resource)} || (${rule})`;
}

/** Whether two maps are the same but for the keys that may differ. */
function sameBut(present: string, former: string, mayDiffer: string): string {
  return (
    `variables.${former}.all(key, ${mayDiffer} || variables.${present}[?key] == variables.${former}[?key]) && ` +
    `variables.${present}.all(key, ${mayDiffer} || key in variables.${former})`
  );
}

function list(values: string[]): string {
  return JSON.stringify(values);
}
