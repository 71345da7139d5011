import { type ClusterFacts, kubectl } from "./cluster";

/** Where a stack's volumes come from: directories of nodes, or the cluster's default class. */
export type StorageKind = "static" | "dynamic";

/** Directory of the nodes that static volumes lie below: every Linux has it. */
const NODE_PATH = "/mnt";

/** Storage of a stack file. */
export interface StackStorage {
  className?: string;
  existing?: boolean;
  path?: string;
  nodes?: string[];
  nodeStorageNamespace?: string;
  nodeStorageImage?: string;
}

/** The storage of a stack in a namespace of its own. The static class is its own, too: others may have theirs. */
export function storageOf(
  kind: StorageKind,
  namespace: string,
  { nodes, images }: ClusterFacts,
): StackStorage {
  if (kind === "dynamic") return {};
  return {
    className: `${namespace}-static`,
    path: NODE_PATH,
    nodes,
    nodeStorageNamespace: `${namespace}-nodes`,
    nodeStorageImage: images.tools,
  };
}

/** Makes a storage class of a suite's own, from the fields that it has beside its name. */
export async function createStorageClass(name: string, fields: object): Promise<void> {
  const storageClass = {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name },
    ...fields,
  };
  await kubectl.run(["apply", "--server-side", "--filename=-"], JSON.stringify(storageClass));
}

/** Deletes it again. */
export async function deleteStorageClass(name: string): Promise<void> {
  await kubectl.run(["delete", "storageclass", name, "--ignore-not-found"]);
}

/**
 * Deletes from the nodes what a stack's static volumes held: a class without a provisioner leaves it. To be called
 * while the namespace of the node storage is still there, whose pods may do this.
 */
export async function deleteDirectories(namespace: string, storage: StackStorage): Promise<void> {
  const { path, nodes = [], nodeStorageNamespace, nodeStorageImage } = storage;
  if (path === undefined) return;
  const pods = nodes.map((node) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `cleaner-${node}`, namespace: nodeStorageNamespace },
    spec: {
      nodeName: node,
      restartPolicy: "Never",
      tolerations: [{ operator: "Exists" }],
      containers: [
        {
          name: "cleaner",
          image: nodeStorageImage,
          command: ["rm", "-rf", `/volumes/${namespace}`],
          securityContext: { runAsUser: 0 },
          volumeMounts: [{ name: "volumes", mountPath: "/volumes" }],
        },
      ],
      volumes: [{ name: "volumes", hostPath: { path, type: "Directory" } }],
    },
  }));
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: pods });
  await kubectl.run(["apply", "--server-side", "--filename=-"], list);
  const done = ["--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s"];
  await kubectl.run(["wait", ...done, "--filename=-"], list);
}
