import { COMPONENT, INSTANCE, ROLE_LABEL } from "../../../../components/protocol/labels";
import { exclusiveRole } from "../../../../components/protocol/topology";
import type { Kubectl } from "../../../../operate/kube/kubectl";
import type { Pod } from "../../../../operate/kube/objects";
import type { MeasuredEngine } from "../engines/engine";

/** Where a fault strikes. */
export interface Scene {
  kubectl: Kubectl;
  engine: MeasuredEngine;
  namespace: string;
  /** Name of the database. */
  database: string;
  /** Its pods, by ordinal. */
  pods: string[];
  /** Those that are on a node, by ordinal. */
  members: Member[];
  /**
   * The one that a fault strikes, the worst to lose: where one member at a time takes writes, that which did when the fault was
   * chosen, and the first where members are equals.
   */
  target: Member;
}

/** A pod, and the node that it is on. */
export interface Member {
  pod: string;
  node: string;
}

/** A database as it is now. @throws Error while nobody has the role that one member is to have */
export async function sceneOf(
  kubectl: Kubectl,
  engine: MeasuredEngine,
  namespace: string,
  database: string,
): Promise<Scene> {
  // Pods of its backups are no members.
  const own = `${INSTANCE}=${database},${COMPONENT}=database`;
  const found = await kubectl.list<Pod>("pods", namespace, own);
  const members = found
    .flatMap(({ metadata: { name }, spec: { nodeName: node } }) => (node ? [{ pod: name, node }] : []))
    .sort((a, b) => a.pod.localeCompare(b.pod));
  const exclusive = exclusiveRole(engine.topology);
  const holder = found.find(({ metadata }) => metadata.labels?.[ROLE_LABEL] === exclusive)?.metadata.name;
  const target = exclusive === undefined ? members[0] : members.find(({ pod }) => pod === holder);
  if (target === undefined) throw new Error(`${database} has no ${exclusive ?? "member"}`);
  return {
    kubectl,
    engine,
    namespace,
    database,
    pods: found.map(({ metadata }) => metadata.name).sort(),
    members,
    target,
  };
}

/** Identity of the pod that a fault strikes. */
export async function uidOfTarget({
  kubectl,
  namespace,
  target: { pod },
}: Pick<Scene, "kubectl" | "namespace" | "target">): Promise<string> {
  const found = await kubectl.get<Pod>("pod", pod, namespace);
  if (found === undefined) throw new Error(`there is no pod ${pod}`);
  return found.metadata.uid;
}

/** Runs a line of bash in a server's container. */
export async function inServer(
  { kubectl, namespace, engine }: Pick<Scene, "kubectl" | "namespace" | "engine">,
  pod: string,
  line: string,
): Promise<void> {
  await kubectl.run(["exec", pod, "-n", namespace, "-c", engine.container, "--", "bash", "-c", line]);
}
