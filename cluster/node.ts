import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { dnsServiceAddress, nodeAddress, nodePodRange } from "./addresses";
import { binariesDir, binary } from "./binaries";
import { nodeControlGroup } from "./control-groups";
import { csiNodeServices } from "./csi-services";
import { pauseImage } from "./images/names";
import { writeKubeconfig } from "./kubeconfig";
import { kubeProxyConfig } from "./kube-proxy";
import { machineDir, pkiDir, sources, storageDir } from "./layout";
import { defineMachine } from "./machine/machine";
import { run } from "./shell";

/** A node: a machine with containerd, kubelet and kube-proxy, a range of pod addresses and a disk of its own. */

const config = "/run/machine/config";

/** Sparse: only what is written takes room. */
const diskSize = "32G";

export function nodeName(node: number): string {
  return `node${node}`;
}

/** Each node is its own availability zone, up to three zones. */
export function nodeZone(node: number): string {
  return `zone-${"abc"[(node - 1) % 3] ?? "a"}`;
}

export async function defineNode(node: number, nodes: number): Promise<void> {
  const name = nodeName(node);
  const others = Array.from({ length: nodes }, (_, index) => index + 1).filter((other) => other !== node);
  defineMachine({
    name,
    address: nodeAddress(node),
    shared: { bin: binariesDir, pki: pkiDir, storage: storageDir },
    routes: others.map((other) => ({ range: nodePodRange(other), gateway: nodeAddress(other) })),
    services: {
      containerd: ["containerd", `--config=${config}.containerd.toml`],
      kubelet: kubelet(node),
      "kube-proxy": [
        join("/run/bin", binary("kubernetes", "kube-proxy")),
        `--config=${config}.kube-proxy.yaml`,
      ],
      ...csiNodeServices(name),
    },
    prepare: join(sources, "machine", "prepare-node.sh"),
  });
  const dir = machineDir(name);
  const write = (file: string, text: string): void => {
    writeFileSync(join(dir, file), text);
  };
  write("config.containerd.toml", containerdConfig());
  write("config.cni.conflist", JSON.stringify(cniConfig(node), null, 2));
  write("config.control-group", nodeControlGroup(name));
  write("config.kubelet.yaml", stringify(kubeletConfig(name)));
  write("config.kube-proxy.yaml", stringify(kubeProxyConfig(name, `${config}.kube-proxy.kubeconfig`)));
  // Pods resolve names of the cluster only.
  write("config.resolv.conf", "");
  writeKubeconfig(join(dir, "config.kubelet.kubeconfig"), `kubelet-${name}`);
  writeKubeconfig(join(dir, "config.kube-proxy.kubeconfig"), "kube-proxy");
  await ensureDisk(join(dir, "disk.img"));
}

async function ensureDisk(path: string): Promise<void> {
  if (existsSync(path)) return;
  await run("truncate", ["--size", diskSize, `${path}.new`]);
  await run("mke2fs", ["-q", "-t", "ext4", "-E", "lazy_itable_init=1,lazy_journal_init=1", `${path}.new`]);
  await run("mv", [`${path}.new`, path]);
}

function kubelet(node: number): string[] {
  const labels = [`topology.kubernetes.io/region=test`, `topology.kubernetes.io/zone=${nodeZone(node)}`];
  return [
    join("/run/bin", binary("kubernetes", "kubelet")),
    `--config=${config}.kubelet.yaml`,
    `--kubeconfig=${config}.kubelet.kubeconfig`,
    `--hostname-override=${nodeName(node)}`,
    `--node-ip=${nodeAddress(node)}`,
    `--node-labels=${labels.join(",")}`,
  ];
}

function kubeletConfig(name: string): Record<string, unknown> {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: "/run/pki/ca.crt" },
    },
    authorization: { mode: "Webhook" },
    containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
    cgroupDriver: "cgroupfs",
    cgroupRoot: nodeControlGroup(name),
    // Many build machines still have version 1.
    failCgroupV1: false,
    failSwapOn: false,
    clusterDNS: [dnsServiceAddress],
    clusterDomain: "cluster.local",
    resolvConf: `${config}.resolv.conf`,
    // kubelet mounts a volume only once its status, sent this often, says that it is in use, and grows one only when
    // it looks at a running pod again: with the defaults of 10 s and 1 min, each test of a volume would wait for that.
    nodeStatusUpdateFrequency: "2s",
    syncFrequency: "10s",
    maxPods: 200,
    serializeImagePulls: false,
    // Images come from no registry, so one that is thrown away to save room is gone for good.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    evictionHard: { "memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
    oomScoreAdj: 0,
  };
}

function containerdConfig(): string {
  return `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[grpc]
  address = "/run/containerd/containerd.sock"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  # Lowering a score needs CAP_SYS_RESOURCE, which a build machine may lack: no pod would start.
  restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "/run/cni/net.d"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
`;
}

/**
 * Point-to-point links rather than a bridge: every packet is routed and so seen by kube-proxy's rules, also that from
 * one pod to a Service whose endpoint runs beside it. Leases lie in /run, for no pod survives a power cut.
 */
function cniConfig(node: number): Record<string, unknown> {
  return {
    cniVersion: "1.0.0",
    name: "pods",
    plugins: [
      {
        type: "ptp",
        ipMasq: false,
        ipam: {
          type: "host-local",
          dataDir: "/run/cni/leases",
          ranges: [[{ subnet: nodePodRange(node) }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}
