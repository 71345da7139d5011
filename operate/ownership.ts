import { DOMAIN } from "../components/common/labels";
import type { KubernetesObject } from "../render/program";
import type { Kubectl } from "./kubectl";
import type { RenderedStack } from "./rendered-stack";
import { RefusedError } from "./target";

/** Annotation of what kubectl deployed: the stack that it is of. Pulumi has its state for that. */
const STACK = `${DOMAIN}/stack`;

/** What a stack of the same namespace with the same names would take over, or remove. */
const OWNED_KINDS = ["StatefulSet", "Deployment", "PersistentVolumeClaim"];

/** An object with the name of its stack on it, where that matters. */
export function ownedBy(stack: string, object: KubernetesObject): KubernetesObject {
  if (!OWNED_KINDS.includes(object.kind)) return object;
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, [STACK]: stack } } };
}

/**
 * Refuses to touch databases, claims and applications that another stack deployed under the same names.
 *
 * @throws RefusedError that names them, the other stack, and the ways out
 */
export async function requireOwned(kubectl: Kubectl, stack: RenderedStack): Promise<void> {
  const { name, namespace, objects } = stack;
  const ours = new Set(objects.map(idOf));
  const kinds = OWNED_KINDS.map((kind) => `${kind.toLowerCase()}s`).join(",");
  const there = (await kubectl.list(kinds, namespace)).filter((object) => ours.has(idOf(object)));
  const owner = ({ metadata }: (typeof there)[number]) => metadata.annotations?.[STACK] ?? name;
  const others = there.filter((object) => owner(object) !== name);
  if (others.length === 0) return;
  const stacks = [...new Set(others.map(owner))].join(", ");
  const names = others.map(idOf).join(" ");
  throw new RefusedError(
    `Nothing was changed: in the namespace ${namespace} there is already what the stack ${name} would be, of the ` +
      `stack ${stacks}: ${names}. Give one of the two another stateful:namespace, or remove that stack with its data ` +
      `first: npm run down, with --stack ${stacks} --delete-data. If it is the same stack under a new name, say so: ` +
      `kubectl -n ${namespace} annotate --overwrite ${names} ${STACK}=${name}`,
  );
}

/** An object as kubectl takes it: `statefulset/orders`. */
function idOf({ kind, metadata }: Pick<KubernetesObject, "kind" | "metadata">): string {
  return `${kind.toLowerCase()}/${metadata.name}`;
}
