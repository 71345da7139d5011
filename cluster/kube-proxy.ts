import { podRange } from "./addresses";

/** Configuration of kube-proxy on the machine of a node. */
export function kubeProxyConfig(node: string, kubeconfig: string): Record<string, unknown> {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    hostnameOverride: node,
    clientConnection: { kubeconfig },
    mode: "iptables",
    // Traffic from outside the pods' range gets the proxy's own address, so that answers come back the same way.
    clusterCIDR: podRange,
    detectLocalMode: "ClusterCIDR",
    // Both would be changed for the whole kernel, which is not ours.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
    nodePortAddresses: ["primary"],
    oomScoreAdj: 0,
  };
}
