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
  /** The one that was primary when the fault was chosen, and the node that it was on. */
  primary: Member;
}

/** A pod, and the node that it is on. */
export interface Member {
  pod: string;
  node: string;
}

/** A database as it is now. @throws Error while it has no primary */
export async function sceneOf(
  kubectl: Kubectl,
  engine: MeasuredEngine,
  namespace: string,
  database: string,
): Promise<Scene> {
  const found = await kubectl.list<Pod>("pods", namespace, `app.kubernetes.io/instance=${database}`);
  const members = found
    .flatMap(({ metadata: { name }, spec: { nodeName: node } }) => (node ? [{ pod: name, node }] : []))
    .sort((a, b) => a.pod.localeCompare(b.pod));
  const leader = found.find(({ metadata }) => metadata.labels?.["role"] === "primary")?.metadata.name;
  const primary = members.find(({ pod }) => pod === leader);
  if (primary === undefined) throw new Error(`${database} has no primary`);
  return {
    kubectl,
    engine,
    namespace,
    database,
    pods: found.map(({ metadata }) => metadata.name).sort(),
    members,
    primary,
  };
}

/** Identity of the primary's pod. */
export async function uidOfPrimary({
  kubectl,
  namespace,
  primary: { pod },
}: Pick<Scene, "kubectl" | "namespace" | "primary">): Promise<string> {
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
