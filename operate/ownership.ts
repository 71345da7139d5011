import { STACK_LABEL, stackLabel } from "../stacks/stack-label";
import type { ApiObject, Kubectl } from "./kubectl";
import { INSTANCE, OURS } from "./labels";
import type { RenderedStack } from "./rendered-stack";
import { RefusedError } from "./target";

/**
 * Refuses to touch databases that another stack deployed under the same names, or whose data it left.
 *
 * @throws RefusedError that names their sets and claims, the other stack, and the ways out
 */
export async function requireOwned(
  kubectl: Kubectl,
  { name, config: { namespace, databases } }: Pick<RenderedStack, "name" | "config">,
): Promise<void> {
  const { [STACK_LABEL]: label } = stackLabel(name);
  const names = new Set(databases.map((database) => database.name));
  const owner = ({ metadata }: ApiObject) => metadata.labels?.[STACK_LABEL] ?? label;
  const others = (await kubectl.list("statefulsets,persistentvolumeclaims", namespace, OURS)).filter(
    (object) => names.has(object.metadata.labels?.[INSTANCE] ?? "") && owner(object) !== label,
  );
  if (others.length === 0) return;
  const stacks = [...new Set(others.map(owner))].join(", ");
  const objects = others.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`).join(" ");
  throw new RefusedError(
    `Nothing was changed: what the stack ${name} would be in the namespace ${namespace} is of the stack ${stacks}: ` +
      `${objects}. Give one of the two another stateful:namespace, or remove that stack with its data first: npm run ` +
      `down, with --stack ${stacks} --delete-data. If it is the same stack under a new name, say so: ` +
      `kubectl -n ${namespace} label --overwrite ${objects} ${STACK_LABEL}=${label}`,
  );
}
