import { join } from "node:path";
import { binary } from "./binaries";

/** The processes of the dynamic storage class: a driver on each machine, and the community's sidecars beside it. */

/** Where the array is mounted in each machine. */
const array = "/var/lib/csi-loop";

const controllerSocket = "/run/csi/csi.sock";
const driver = join("/run/bin", binary("csi", "csi"));

/** What runs on the control plane, given the path of a kubeconfig that may do everything. */
export function csiControllerServices(kubeconfig: string): Record<string, string[]> {
  const sidecar = (program: string, ...flags: string[]): string[] => {
    const path = binary(program === "csi-provisioner" ? "csi-provisioner" : "csi-sidecars", program);
    // The defaults, a few requests a second and minutes between tries, are for large clusters that many share.
    const common = [
      `--kubeconfig=${kubeconfig}`,
      "--kube-api-qps=100",
      "--kube-api-burst=200",
      "--retry-interval-max=10s",
    ];
    return [join("/run/bin", path), ...common, ...flags];
  };
  const toDriver = [`--csi-address=${controllerSocket}`, "--timeout=60s"];
  return {
    "csi-driver": [driver, `--socket=${controllerSocket}`, `--array=${array}`],
    "csi-provisioner": sidecar("csi-provisioner", ...toDriver, "--default-fstype=xfs"),
    "csi-attacher": sidecar("csi-attacher", ...toDriver),
    "csi-resizer": sidecar("csi-resizer", ...toDriver),
    "csi-snapshotter": sidecar("csi-snapshotter", ...toDriver),
    "snapshot-controller": sidecar("snapshot-controller"),
  };
}

/** What runs on a node. */
export function csiNodeServices(node: string): Record<string, string[]> {
  const socket = "--socket=/var/lib/kubelet/plugins/csi-loop/csi.sock";
  const registrations = "--registrations=/var/lib/kubelet/plugins_registry";
  return { "csi-driver": [driver, socket, registrations, `--array=${array}`, `--node=${node}`] };
}
