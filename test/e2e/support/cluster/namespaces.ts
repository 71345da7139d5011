import { OURS } from "../../../../operate/kube/labels";
import { kubectl } from "./cluster";

/** What every namespace of these suites begins with: after a failure, what is in them is kept. */
export const NAMESPACE_PREFIX = "e2e-";

/** Deletes a namespace and what of its databases is in none, and waits until it is gone. */
export async function deleteNamespace(name: string): Promise<void> {
  for (const kind of ["validatingadmissionpolicy", "validatingadmissionpolicybinding"]) {
    const found = await kubectl.list(kind, undefined, OURS);
    const own = found
      .map(({ metadata }) => metadata.name)
      .filter((policy) => policy.endsWith(`.${name}.stateful`));
    if (own.length > 0) await kubectl.run(["delete", kind, "--ignore-not-found", ...own]);
  }
  await kubectl.run(["delete", "namespace", name, "--ignore-not-found", "--timeout=180s"]);
}
