import { realpathSync } from "node:fs";
import { DEFAULT_AGENT_IMAGE } from "../../../components/agents/agent-container";
import { Kubectl } from "../../../operate/kubectl";
import type { ApiObject } from "../../../operate/kubectl";
import { UsageError } from "../../../render/usage-error";
import { imageName } from "../../cluster/images/names";
import { kubectlPath } from "../../cluster/kubectl";
import { kubeconfig } from "../../cluster/layout";
import { clusterSize } from "../../cluster/size";
import type { MeasuredEngine } from "./engines/engine";

/** The cluster that is measured on. */
export interface Cluster {
  kubectl: Kubectl;
  /** Whether its nodes' power and network may be cut. */
  isBed: boolean;
  nodes: string[];
  writerImage: string;
  /** Images to use instead of the stack's defaults. */
  images: { engine?: string; node?: string; tools?: string };
}

/** Finds the cluster: that of KUBECONFIG, else the test bed of this checkout. */
export async function findCluster(engine: MeasuredEngine): Promise<Cluster> {
  const named = process.env["KUBECONFIG"];
  const isBed =
    clusterSize() !== undefined && (named === undefined || realpathSync(named) === realpathSync(kubeconfig));
  if (!isBed && named === undefined) {
    throw new UsageError("There is no cluster: `npm run cluster -- up` makes one, or set KUBECONFIG.");
  }
  const kubectl = new Kubectl(isBed ? { program: kubectlPath(), kubeconfig } : {});
  const node = imageName("node", "20");
  return {
    kubectl,
    isBed,
    nodes: await workers(kubectl),
    writerImage: isBed ? node : DEFAULT_AGENT_IMAGE,
    images: isBed ? { engine: engine.bedImage, node, tools: imageName("tools", "1") } : {},
  };
}

/** Nodes that take pods of everybody. */
async function workers(kubectl: Kubectl): Promise<string[]> {
  const nodes = await kubectl.list<ApiObject & { spec: { taints?: { effect: string }[] } }>("nodes");
  return nodes
    .filter(({ spec }) => (spec.taints ?? []).every(({ effect }) => effect === "PreferNoSchedule"))
    .map(({ metadata }) => metadata.labels?.["kubernetes.io/hostname"] ?? metadata.name);
}
