import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kubectl } from "../kube/kubectl";

/**
 * Runs work with a kubeconfig that knows one cluster alone, the one that was confirmed: whatever becomes the current
 * context meanwhile, another program goes to no other. The file holds credentials, for its owner alone, and is removed.
 *
 * @param work - gets the environment for that program.
 */
export async function withPinnedContext<Result>(
  kubectl: Kubectl,
  work: (environment: Record<string, string>) => Promise<Result>,
): Promise<Result> {
  const only = await kubectl.run(["config", "view", "--raw", "--minify", "--flatten"]);
  const directory = mkdtempSync(join(tmpdir(), "stateful-"));
  try {
    const path = join(directory, "kubeconfig");
    writeFileSync(path, only, { mode: 0o600 });
    return await work({ KUBECONFIG: path });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
