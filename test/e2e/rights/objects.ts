import { type KubernetesObject, runProgram } from "../../../render/program";
import { placeholders } from "../../../render/secrets";

/** What a stack of two databases comes to, but for what would start pods: stand-ins do for these. */
export async function objectsOf(
  namespace: string,
  engine: string,
  admissionPolicy = true,
): Promise<KubernetesObject[]> {
  const database = { engine, storage: "4Gi", replicas: 3, admissionPolicy };
  const config = {
    target: "bare-metal",
    namespace,
    createNamespace: "false",
    databases: JSON.stringify({ orders: database, billing: database }),
  };
  const stateful = Object.entries(config).map(([key, value]) => [`stateful:${key}`, value]);
  const file = {
    stack: "rights",
    file: "Pulumi.rights.yaml",
    path: "Pulumi.rights.yaml",
    config: Object.fromEntries(stateful) as Record<string, string>,
    secretKeys: [],
  };
  const { objects } = await runProgram(file, placeholders);
  // A set would start pods, and delete the stand-ins.
  return objects.filter(({ kind }) => kind !== "StatefulSet");
}
