import { INSTANCE } from "../../components/protocol/labels";
import type { KubernetesObject } from "../../render/program";
import { STACK_LABEL, stackLabel } from "../../stacks/stack-label";
import type { ApiObject, Kubectl } from "../kube/kubectl";
import { OURS } from "../kube/labels";
import { RefusedError } from "./refused-error";
import type { RenderedStack } from "./rendered-stack";

/** Objects that belong to no database, and that Pulumi itself refuses to make where they are. */
const SHARED_KINDS = ["StorageClass", "DaemonSet"];

/**
 * Refuses to touch databases and applications that another stack deployed under the same names, or whose data it left.
 *
 * @param stack - with its `objects` where kubectl applies or removes them
 * @throws RefusedError that names the other's objects, whose they are, and the ways out
 */
export async function requireOwned(
  kubectl: Kubectl,
  stack: Pick<RenderedStack, "name" | "config"> & Partial<Pick<RenderedStack, "objects">>,
): Promise<void> {
  const { [STACK_LABEL]: label = "" } = stackLabel(stack.name);
  const [named, shared] = await Promise.all([
    namedLike(kubectl, stack.config),
    alreadyThere(kubectl, stack.objects ?? []),
  ]);
  const databases = named.filter((object) => ownerOf(object) !== label);
  // Others may have made a class as well: that it bears no label says nothing.
  const storage = shared.filter((object) => ![label, undefined].includes(ownerOf(object)));
  const others = [...databases, ...storage];
  if (others.length === 0) return;
  const owners = [...new Set(others.map(ownerOf))].map((name) =>
    name === undefined ? "no stack but another program" : `the stack ${name}`,
  );
  const keys = [
    ...(databases.length > 0 ? ["stateful:namespace"] : []),
    ...(storage.length > 0
      ? ["className and nodeStorageNamespace in stateful:storage, and namespace of the agents on nodes"]
      : []),
  ];
  throw new RefusedError(
    `Nothing was changed: what the stack ${stack.name} would be is there already, and of ${owners.join(" and ")}: ` +
      `${others.map(described).join(", ")}. Give one of the two another ${keys.join(", and another ")}, or remove the other ` +
      `one there, with its data. If it is the same stack under a new name, say so:${labelling(kubectl, others, label)}`,
  );
}

function ownerOf({ metadata }: ApiObject): string | undefined {
  return metadata.labels?.[STACK_LABEL];
}

/** What is in a stack's namespace under the names of its databases and applications. */
async function namedLike(
  kubectl: Kubectl,
  { namespace, databases, applications }: RenderedStack["config"],
): Promise<ApiObject[]> {
  const names = new Set([...databases, ...applications].map(({ name }) => name));
  const kinds = "statefulsets,deployments,cronjobs,persistentvolumeclaims";
  const found = await kubectl.list(kinds, namespace, OURS);
  return found.filter(({ metadata }) => names.has(metadata.labels?.[INSTANCE] ?? ""));
}

async function alreadyThere(kubectl: Kubectl, objects: KubernetesObject[]): Promise<ApiObject[]> {
  const shared = objects.filter(({ kind }) => SHARED_KINDS.includes(kind));
  const found = await Promise.all(
    shared.map(async ({ kind, metadata }) => kubectl.get(kind, metadata.name, metadata.namespace)),
  );
  return found.filter((object) => object !== undefined);
}

function described({ kind, metadata: { name, namespace } }: ApiObject): string {
  return `${typed({ kind, name })}${namespace === undefined ? "" : ` of the namespace ${namespace}`}`;
}

function typed({ kind, name }: { kind: string; name: string }): string {
  return `${kind.toLowerCase()}/${name}`;
}

/** The commands that give objects to a stack, one for each namespace, for the cluster that was asked. */
function labelling(kubectl: Kubectl, objects: ApiObject[], label: string): string {
  const namespaces = [...new Set(objects.map(({ metadata }) => metadata.namespace))];
  return namespaces
    .map((namespace) => {
      const of = objects.filter(({ metadata }) => metadata.namespace === namespace);
      const names = of.map(({ kind, metadata }) => typed({ kind, name: metadata.name })).join(" ");
      const where = namespace === undefined ? "" : ` -n ${namespace}`;
      return `\n  ${kubectl.commandLine}${where} label --overwrite ${names} ${STACK_LABEL}=${label}`;
    })
    .join("");
}
