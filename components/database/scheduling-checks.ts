import type * as pulumi from "@pulumi/pulumi";
import { checkChoice } from "../common/checks";
import { ZONE } from "../protocol/labels";
import { isLabelValue, isQualifiedName } from "../common/names";
import { isKnown } from "../common/outputs";
import type { Problems } from "../common/problems";
import { type DatabaseArgs, Spread, type TolerationArgs } from "./args";

const LABEL_VALUE_RULE =
  "values of a label: at most 63 letters, digits, '-', '_' and '.', a letter or digit first and last";

/** Checks where pods may run, as strictly as the API server will. */
export function checkScheduling(
  { tolerations, affinity, zones }: Pick<DatabaseArgs, "tolerations" | "affinity" | "zones">,
  problems: Problems,
): void {
  tolerations?.forEach((toleration, index) => {
    checkToleration(toleration, problems.at(`tolerations[${index}]`));
  });
  checkChoice("affinity.spread", affinity?.spread, Object.values(Spread), problems);
  checkNodeLabels(affinity?.nodeLabels, problems.at("affinity.nodeLabels"));
  zones?.forEach((zone, index) => {
    if (!isKnown(zone) || (zone !== "" && isLabelValue(zone))) return;
    problems.add(`zones[${index}]`, {
      value: zone,
      allowed: LABEL_VALUE_RULE,
      fix: `write it as the nodes have it: kubectl get nodes -L ${ZONE}`,
    });
  });
  if (zones === undefined || affinity?.nodeLabels?.[ZONE] === undefined) return;
  problems.at("affinity.nodeLabels").add(ZONE, {
    value: affinity.nodeLabels[ZONE],
    allowed: "nothing, where zones is given: it asks for the same label",
    fix: "remove it, or zones",
  });
}

/** Checks the labels that a node must have. */
export function checkNodeLabels(
  labels: Record<string, pulumi.Input<string>[]> | undefined,
  problems: Problems,
): void {
  for (const [label, values] of Object.entries(labels ?? {})) {
    if (!isQualifiedName(label)) {
      problems.add(label, {
        allowed: "the key of a label: [prefix/]name",
        fix: "write it as the nodes have it: kubectl get nodes --show-labels",
      });
    }
    for (const value of values.filter((one) => isKnown(one) && !isLabelValue(one))) {
      problems.add(label, {
        value,
        allowed: LABEL_VALUE_RULE,
        fix: "write it as the nodes have it: kubectl get nodes --show-labels",
      });
    }
  }
}

/** @see https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
function checkToleration(toleration: TolerationArgs, problems: Problems): void {
  const { key, value, effect, tolerationSeconds } = toleration;
  const operator = toleration.operator ?? (value === undefined ? "Exists" : "Equal");
  checkChoice("operator", operator, ["Exists", "Equal"], problems);
  checkChoice("effect", effect, ["NoSchedule", "PreferNoSchedule", "NoExecute"], problems);
  if (key !== undefined && !isQualifiedName(key)) {
    problems.add("key", {
      value: key,
      allowed: "the key of a taint: [prefix/]name",
      fix: "write it as the node has it: kubectl describe node shows its taints",
    });
  }
  if (value !== undefined && operator === "Exists") {
    problems.add("value", {
      value,
      allowed: "nothing, with operator Exists: it means any value",
      fix: "remove it, or set operator: Equal",
    });
  } else if (value !== undefined && !isLabelValue(value)) {
    problems.add("value", { value, allowed: LABEL_VALUE_RULE, fix: "write it as the node's taint has it" });
  }
  if (key === undefined && operator === "Equal") {
    problems.add("key", {
      value: key,
      allowed: "the key of a taint, with operator Equal",
      fix: "name the taint, or set operator: Exists without a value, for every taint",
    });
  }
  if (tolerationSeconds !== undefined && effect !== "NoExecute") {
    problems.add("tolerationSeconds", {
      value: tolerationSeconds,
      allowed: "only with effect NoExecute: other taints move no pod that runs",
      fix: "set effect: NoExecute, or remove it",
    });
  }
}
