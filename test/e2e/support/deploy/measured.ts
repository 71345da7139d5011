import { type ClusterFacts, clusterFacts, kubectl } from "../cluster/cluster";
import { LOCAL, MeasuredDatabase, type Setup } from "./measured-database";
import type { MeasuredEngine } from "../engines/engine";
import type { RunOptions } from "../run";
import { skip } from "../suites";

/** The cluster that a suite measures on. Skips it where there are not enough nodes. */
export async function measuredCluster(context: Mocha.Context, engine: MeasuredEngine): Promise<ClusterFacts> {
  const facts = await clusterFacts();
  if (facts.nodes.length < engine.replicas) skip(context, `the cluster has no ${engine.replicas} nodes`);
  return facts;
}

/** Deploys a database on local volumes, to be broken; with what runs of faults are made with. */
export async function deployMeasured(
  { nodes, images, database }: ClusterFacts,
  engine: MeasuredEngine,
  own: Setup["database"] = database[engine.name],
): Promise<{ database: MeasuredDatabase; options: RunOptions }> {
  const setup = { nodes, storageClass: LOCAL, database: own, toolsImage: images.tools };
  return {
    database: await MeasuredDatabase.deploy(kubectl, engine, setup),
    options: { nodes, writerImage: images.node, onProgress: () => undefined },
  };
}
