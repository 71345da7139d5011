import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { controlAddress, nodeAddress, nodePodRange, podRange, serviceRange } from "./addresses";
import { binariesDir, binary } from "./binaries";
import { csiControllerServices } from "./csi-services";
import { machineDir, pkiDir, sources, storageDir } from "./layout";
import { writeKubeconfig } from "./kubeconfig";
import { defineMachine } from "./machine/machine";
import { kubeProxyConfig } from "./kube-proxy";

/** The control plane: a machine of its own that runs no pods and is never a target of the faults. */
export const controlPlane = "control";

const config = "/run/machine/config";
const pki = "/run/pki";

export function defineControlPlane(nodes: number): void {
  const routes = Array.from({ length: nodes }, (_, index) => ({
    range: nodePodRange(index + 1),
    gateway: nodeAddress(index + 1),
  }));
  defineMachine({
    name: controlPlane,
    address: controlAddress,
    shared: { bin: binariesDir, pki: pkiDir, storage: storageDir },
    routes,
    services: {
      etcd: etcd(),
      "kube-apiserver": apiServer(),
      "kube-controller-manager": controllerManager(),
      "kube-scheduler": scheduler(),
      "kube-proxy": [program("kube-proxy"), `--config=${config}.kube-proxy.yaml`],
      ...csiControllerServices(`${config}.admin.kubeconfig`),
    },
    prepare: join(sources, "machine", "prepare-control.sh"),
  });
  const dir = machineDir(controlPlane);
  for (const user of ["admin", "controller-manager", "scheduler", "kube-proxy"]) {
    writeKubeconfig(join(dir, `config.${user}.kubeconfig`), user);
  }
  // kube-proxy wants to be on some node, to learn its address from it. Any will do: nothing here depends on it.
  const proxy = kubeProxyConfig("node1", `${config}.kube-proxy.kubeconfig`);
  writeFileSync(join(dir, "config.kube-proxy.yaml"), stringify(proxy));
}

function program(name: string): string {
  return join("/run/bin", binary("kubernetes", name));
}

function etcd(): string[] {
  return ["etcd", "--data-dir=/run/machine/etcd", "--auto-compaction-retention=1", "--logger=zap"];
}

function apiServer(): string[] {
  return [
    program("kube-apiserver"),
    `--advertise-address=${controlAddress}`,
    "--etcd-servers=http://127.0.0.1:2379",
    `--service-cluster-ip-range=${serviceRange}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    // Pods have their node's zone: so by default from 1.35 on.
    "--feature-gates=PodTopologyLabelsAdmission=true",
    // Storage drivers and other agents of a node run as privileged pods.
    "--allow-privileged=true",
    `--client-ca-file=${pki}/ca.crt`,
    `--tls-cert-file=${pki}/apiserver.crt`,
    `--tls-private-key-file=${pki}/apiserver.key`,
    `--kubelet-client-certificate=${pki}/apiserver-kubelet-client.crt`,
    `--kubelet-client-key=${pki}/apiserver-kubelet-client.key`,
    // No extension servers here; the controller manager complains without end if there is no authority for them.
    `--requestheader-client-ca-file=${pki}/ca.crt`,
    "--requestheader-allowed-names=front-proxy-client",
    // Node names are in no DNS.
    "--kubelet-preferred-address-types=InternalIP",
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-account-key-file=${pki}/service-account.key`,
    `--service-account-signing-key-file=${pki}/service-account.key`,
    "--profiling=false",
  ];
}

function controllerManager(): string[] {
  const kubeconfig = `${config}.controller-manager.kubeconfig`;
  return [
    program("kube-controller-manager"),
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    `--cluster-cidr=${podRange}`,
    "--allocate-node-cidrs=false",
    "--leader-elect=false",
    "--use-service-account-credentials=true",
    `--root-ca-file=${pki}/ca.crt`,
    `--cluster-signing-cert-file=${pki}/ca.crt`,
    `--cluster-signing-key-file=${pki}/ca.key`,
    `--service-account-private-key-file=${pki}/service-account.key`,
    // The default of 20 requests a second is for big clusters; here it would be what binds hundreds of volumes slowly.
    "--kube-api-qps=200",
    "--kube-api-burst=400",
    "--profiling=false",
  ];
}

function scheduler(): string[] {
  const kubeconfig = `${config}.scheduler.kubeconfig`;
  return [
    program("kube-scheduler"),
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    "--leader-elect=false",
    "--profiling=false",
  ];
}
