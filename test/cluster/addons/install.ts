import { join } from "node:path";
import { kubectl } from "../kubectl";
import { sources } from "../layout";
import { step } from "../progress";

/** What runs inside the cluster from the start: DNS and storage classes. */
export async function installAddons(): Promise<void> {
  await step("DNS and storage classes", async () => {
    for (const file of ["coredns.yaml", "storage-classes.yaml"]) {
      await kubectl([
        "apply",
        "--server-side",
        "--force-conflicts",
        `--filename=${join(sources, "addons", file)}`,
      ]);
    }
    const rollout = ["--namespace=kube-system", "rollout", "status", "--timeout=120s"];
    await kubectl([...rollout, "deployment/coredns"]);
  });
}
