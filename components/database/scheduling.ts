import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { ZONE } from "../protocol/labels";
import { type AffinityArgs, type DatabaseArgs, Spread } from "./args";

type PodSpec = k8s.types.input.core.v1.PodSpec;

const HOSTNAME = "kubernetes.io/hostname";

/**
 * Where pods run: on nodes and in zones that are allowed, each replica on a node of its own, and evenly over
 * the zones: as far as they can be, or as a condition.
 */
export function scheduling(
  { affinity, zones, tolerations }: Pick<DatabaseArgs, "affinity" | "zones" | "tolerations">,
  memberSelector: Record<string, string>,
  overZones: Spread = Spread.Preferred,
): Pick<PodSpec, "affinity" | "tolerations" | "topologySpreadConstraints"> {
  const nodeTerms = nodeExpressions(affinity, zones);
  return {
    affinity: {
      ...(nodeTerms.length === 0
        ? {}
        : {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [{ matchExpressions: nodeTerms }],
              },
            },
          }),
      podAntiAffinity: apartFromEachOther(affinity?.spread ?? Spread.Required, memberSelector),
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: ZONE,
        // Nodes without the label, as on bare metal, must not keep a replica from running, unless something is made of its zone.
        whenUnsatisfiable: overZones === Spread.Required ? "DoNotSchedule" : "ScheduleAnyway",
        labelSelector: { matchLabels: memberSelector },
      },
    ],
    tolerations: tolerations?.map((toleration) => ({
      ...toleration,
      operator: toleration.operator ?? (toleration.value === undefined ? "Exists" : "Equal"),
    })),
  };
}

function nodeExpressions(
  affinity: AffinityArgs | undefined,
  zones: pulumi.Input<string>[] | undefined,
): k8s.types.input.core.v1.NodeSelectorRequirement[] {
  const wanted = { ...affinity?.nodeLabels, ...(zones ? { [ZONE]: zones } : {}) };
  return Object.entries(wanted).map(([key, values]) => ({ key, operator: "In", values }));
}

function apartFromEachOther(
  spread: Spread,
  memberSelector: Record<string, string>,
): k8s.types.input.core.v1.PodAntiAffinity {
  const term = { topologyKey: HOSTNAME, labelSelector: { matchLabels: memberSelector } };
  return spread === Spread.Required
    ? { requiredDuringSchedulingIgnoredDuringExecution: [term] }
    : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }] };
}
