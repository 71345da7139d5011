import type { ApiObject, Kubectl } from "../kube/kubectl";

/** Deletes objects as they were found. @throws KubectlError where one is still there after two minutes */
export async function deleteObjects(kubectl: Kubectl, objects: readonly ApiObject[]): Promise<void> {
  if (objects.length === 0) return;
  const list = { apiVersion: "v1", kind: "List", items: objects };
  await kubectl.run(["delete", "--ignore-not-found", "--timeout=120s", "--filename=-"], JSON.stringify(list));
}
