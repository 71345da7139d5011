import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kubectl } from "../../../operate/kube/kubectl";
import { kubectl, kubectlProgram } from "./cluster/cluster";

/** Does something as a pod's own account, with a token that is for that pod, as one that is mounted in it. */
export async function fromWithin<T>(
  pod: { namespace: string; name: string; account: string },
  work: (kubectl: Kubectl) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "stateful-e2e-pod-"));
  try {
    const { namespace, name, account } = pod;
    const token = await kubectl.run([
      ...["create", "token", account, `--namespace=${namespace}`],
      ...["--bound-object-kind=Pod", `--bound-object-name=${name}`],
    ]);
    const seen = JSON.parse(
      await kubectl.run(["config", "view", "--raw", "--flatten", "--minify", "--output=json"]),
    ) as { users: { name: string }[] };
    // A client's certificate would count before a token.
    const users = seen.users.map((user) => ({ name: user.name, user: { token: token.trim() } }));
    const kubeconfig = join(directory, "kubeconfig");
    writeFileSync(kubeconfig, JSON.stringify({ ...seen, users }), { mode: 0o600 });
    return await work(new Kubectl({ program: kubectlProgram, kubeconfig }));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
