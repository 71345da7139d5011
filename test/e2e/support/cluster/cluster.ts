import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { type ApiObject, Kubectl } from "../../../../operate/kube/kubectl";
import { kubeconfig as bedKubeconfig } from "../../../../cluster/layout";
import { onPath } from "../../../../cluster/shell";
import type { EngineName } from "../../../../stacks/engines";
import { engines } from "../engines/registry";

/** Kubeconfig of the cluster that the suites run on. */
export const kubeconfig = process.env["KUBECONFIG"] ?? bedKubeconfig;

const besideKubeconfig = join(dirname(kubeconfig), "kubectl");

/** Path of kubectl: the one that the test bed brings, or the user's own. */
export const kubectlProgram =
  existsSync(besideKubeconfig) || !onPath("kubectl") ? besideKubeconfig : "kubectl";

/** The cluster that the suites run on. */
export const kubectl = new Kubectl({ program: kubectlProgram, kubeconfig });

/** Why nodes cannot be switched off here, or nothing where they can. */
export function noNodePower(): string | undefined {
  if (
    !existsSync(bedKubeconfig) ||
    !existsSync(kubeconfig) ||
    realpathSync(kubeconfig) !== realpathSync(bedKubeconfig)
  ) {
    return "it needs the power of nodes, which only the test bed of this checkout gives";
  }
  return process.getuid?.() === 0 ? undefined : "it needs the power of nodes, and so root";
}

type DatabaseKeys = Partial<Record<"version" | "image" | "agentImage", string>>;

/** Images and classes of the cluster: the test bed has its own, elsewhere the defaults are pulled. */
export interface ClusterFacts {
  isTestBed: boolean;
  /** Names of the nodes that take pods, at most three. */
  nodes: string[];
  /** Keys of a database in a stack file, by engine. */
  database: Record<EngineName, DatabaseKeys>;
  /** The same for other versions that it has images of. */
  otherVersions: Record<EngineName, (DatabaseKeys & { version: string })[]>;
  /** What images have in a server's place. */
  standIns: Record<EngineName, string | undefined>;
  /** Images by name; an engine's has its client. */
  images: Record<EngineName | "node" | "tools", string> & Partial<Record<string, string>>;
  /** The dynamic class: the cluster's default. Undefined if there is none. */
  dynamicClass: StorageClass | undefined;
}

/** A class of volumes. */
export interface StorageClass extends ApiObject {
  provisioner: string;
  parameters?: Record<string, string>;
  volumeBindingMode?: string;
  allowVolumeExpansion?: boolean;
}

interface Node extends ApiObject {
  spec: { unschedulable?: boolean; taints?: { effect: string }[] };
}

const BED_DRIVER = "csi-loop.stateful.test";

/** Looks at the cluster. */
export async function clusterFacts(): Promise<ClusterFacts> {
  const classes = await kubectl.list<StorageClass>("storageclasses");
  const isTestBed = classes.some(({ provisioner }) => provisioner === BED_DRIVER);
  const nodes = (await kubectl.list<Node>("nodes")).filter(takesPods).map(({ metadata }) => metadata.name);
  const isDefault = "storageclass.kubernetes.io/is-default-class";
  return {
    isTestBed,
    nodes: nodes.sort().slice(0, 3),
    dynamicClass: classes.find(({ metadata }) => metadata.annotations?.[isDefault] === "true"),
    ...imagesOf(isTestBed ? "bed" : "elsewhere"),
  };
}

function takesPods({ spec }: Node): boolean {
  const repels = spec.taints?.some(({ effect }) => effect !== "PreferNoSchedule") ?? false;
  return !repels && spec.unschedulable !== true;
}

type Images = Pick<ClusterFacts, "database" | "otherVersions" | "images" | "standIns">;

/** Images of the test bed are there under its own domain; elsewhere they are pulled. */
const SHARED = {
  bed: { node: "stateful.test/node:20", tools: "stateful.test/tools:1" },
  elsewhere: {
    node: "docker.io/library/node:24-bookworm-slim",
    tools: "docker.io/library/busybox:1.37",
  },
};

function imagesOf(place: "bed" | "elsewhere"): Images {
  const agent = place === "bed" ? { agentImage: SHARED.bed.node } : {};
  const each = Object.values(engines).map(({ name, images }) => ({ name, ...images[place] }));
  const byName = <Value>(value: (engine: (typeof each)[number]) => Value) =>
    Object.fromEntries(each.map((engine) => [engine.name, value(engine)])) as Record<EngineName, Value>;
  return {
    database: byName(({ database }) => ({ ...database, ...agent })),
    otherVersions: byName(({ otherVersions }) => otherVersions.map((other) => ({ ...other, ...agent }))),
    standIns: byName(({ standIn }) => standIn),
    images: Object.assign({}, SHARED[place], ...each.map(({ images }) => images)) as Images["images"],
  };
}
