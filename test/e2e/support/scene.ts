import type { Kubectl } from "../../../operate/kubectl";
import type { Pod } from "../../../operate/objects";
import type { MeasuredEngine } from "./engines/engine";

/** Where a fault strikes. */
export interface Scene {
  kubectl: Kubectl;
  engine: MeasuredEngine;
  namespace: string;
  /** Name of the database. */
  database: string;
  /** Its pods, by ordinal. */
  pods: string[];
  /** The one that was primary when the fault was chosen, and the node that it was on. */
  primary: { pod: string; node: string };
}

/** A database as it is now. @throws Error while it has no primary */
export async function sceneOf(
  kubectl: Kubectl,
  engine: MeasuredEngine,
  namespace: string,
  database: string,
): Promise<Scene> {
  const found = await kubectl.list<Pod>("pods", namespace, `app.kubernetes.io/instance=${database}`);
  const primary = found.find(({ metadata }) => metadata.labels?.["role"] === "primary");
  const node = primary?.spec.nodeName;
  if (primary === undefined || node === undefined) throw new Error(`${database} has no primary`);
  return {
    kubectl,
    engine,
    namespace,
    database,
    pods: found.map(({ metadata }) => metadata.name).sort(),
    primary: { pod: primary.metadata.name, node },
  };
}

/** Runs a line of bash in a server's container. */
export async function inServer(
  { kubectl, namespace, engine }: Pick<Scene, "kubectl" | "namespace" | "engine">,
  pod: string,
  line: string,
): Promise<void> {
  await kubectl.run(["exec", pod, "-n", namespace, "-c", engine.container, "--", "bash", "-c", line]);
}
