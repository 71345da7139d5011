import { join } from "node:path";
import { moduleDir } from "../binaries";
import { kubectl } from "../kubectl";
import { sources } from "../layout";
import { step } from "../progress";
import { run } from "../shell";

/** What runs inside the cluster from the start: DNS and storage classes. */
export async function installAddons(): Promise<void> {
  await step("DNS and storage classes", async () => {
    await apply(await snapshotDefinitions());
    await apply(["coredns.yaml", "storage-classes.yaml"].map((file) => join(sources, "addons", file)));
    const rollout = ["--namespace=kube-system", "rollout", "status", "--timeout=120s"];
    await kubectl([...rollout, "deployment/coredns"]);
  });
}

async function apply(files: string[]): Promise<void> {
  const names = files.map((file) => `--filename=${file}`);
  await kubectl(["apply", "--server-side", "--force-conflicts", ...names]);
  const definitions = names.filter((name) => name.includes("/crd/"));
  if (definitions.length > 0) {
    await kubectl(["wait", "--for=condition=Established", "--timeout=30s", ...definitions]);
  }
}

/** The kinds for snapshots of volumes: part of the snapshotter's module, not of Kubernetes. */
async function snapshotDefinitions(): Promise<string[]> {
  const module = "github.com/kubernetes-csi/external-snapshotter/client/v8";
  const downloaded = await run("go", ["mod", "download", "-json", module], {
    cwd: moduleDir("csi-sidecars"),
  });
  const { Dir } = JSON.parse(downloaded) as { Dir: string };
  const kinds = ["volumesnapshotclasses", "volumesnapshotcontents", "volumesnapshots"];
  return kinds.map((kind) => join(Dir, "config", "crd", `snapshot.storage.k8s.io_${kind}.yaml`));
}
