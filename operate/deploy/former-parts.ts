import { COMPONENT, INSTANCE } from "../../components/protocol/labels";
import { stackLabel } from "../../stacks/stack-label";
import type { ApiObject, Kubectl } from "../kube/kubectl";
import { OURS } from "../kube/labels";
import type { RenderedStack } from "./rendered-stack";

/** What an application is made of that has no data. */
const KINDS = "deployments,cronjobs,horizontalpodautoscalers,poddisruptionbudgets,services";

/**
 * What is left of applications that are another thing now: the Deployment of one that runs by a schedule, and the other way round;
 * the Service of one that has lost its port. Pulumi deletes it; kubectl does nothing about what is no longer applied, and the
 * application would work twice.
 */
export async function formerParts(
  kubectl: Kubectl,
  { name, config, namespace, objects }: Pick<RenderedStack, "name" | "config" | "namespace" | "objects">,
): Promise<ApiObject[]> {
  if (config.applications.length === 0) return [];
  const own = Object.entries(stackLabel(name)).map(([key, value]) => `${key}=${value}`);
  const names = config.applications.map((application) => application.name).join(",");
  const selector = [OURS, ...own, `${COMPONENT}=application`, `${INSTANCE} in (${names})`].join(",");
  const found = await kubectl.list(KINDS, namespace, selector);
  return found.filter(
    (one) => !objects.some(({ kind, metadata }) => kind === one.kind && metadata.name === one.metadata.name),
  );
}
