import { kubectl } from "./cluster";

/** What every namespace of these suites begins with: after a failure, what is in them is kept. */
export const NAMESPACE_PREFIX = "e2e-";

/** Deletes a namespace and waits until it is gone. */
export async function deleteNamespace(name: string): Promise<void> {
  await kubectl.run(["delete", "namespace", name, "--ignore-not-found", "--timeout=180s"]);
}
