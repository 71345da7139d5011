import { SqlClient } from "../traffic/client";
import { clusterFacts } from "../cluster/cluster";
import { Deployment } from "./deployment";
import type { MeasuredEngine } from "../engines/engine";
import { type StorageKind, storageOf } from "../cluster/storage";
import { skip } from "../suites";

/** Members of some engines join one after the other, and wait half a minute each to hear of all others. */
const READY_WITHIN_SECONDS = 480;

/** Databases of three members each on volumes of nodes, and a client beside them. */
export interface SetOfThree {
  deployment: Deployment;
  client: SqlClient;
  /** Arguments of the databases, by name. */
  databases: Record<string, object>;
  /** Deploys them, and waits until all members are healthy; skips the suite where there are not enough nodes. */
  start: (context: Mocha.Context, withinSeconds?: number) => Promise<void>;
}

/**
 * Prepares them; nothing is applied yet, so that a suite can remove what became of a start that failed.
 *
 * @param databases what is particular to each, by name; `undefined` takes away what all have
 * @param kind of their volumes: static ones are as many as there are nodes
 */
export async function setOfThree(
  namespace: string,
  databases: Record<string, object>,
  engine: MeasuredEngine,
  kind: StorageKind = "static",
): Promise<SetOfThree> {
  const facts = await clusterFacts();
  const common = {
    engine: engine.name,
    ...engine.arguments,
    ...facts.database[engine.name],
    replicas: 3,
    storage: engine.leastStorage ?? "2Gi",
    resources: { cpu: "100m", memory: engine.leastMemory ?? "768Mi" },
    deletionProtection: false,
  };
  const whole = Object.fromEntries(
    Object.entries(databases).map(([name, own]) => [name, defined({ ...common, ...own })]),
  );
  const deployment = new Deployment(namespace, {
    storage: storageOf(kind, namespace, facts),
    databases: whole,
  });
  const client = new SqlClient(namespace, Object.keys(databases), engine, facts.images[engine.name]);
  const start = async (context: Mocha.Context, withinSeconds = READY_WITHIN_SECONDS): Promise<void> => {
    if (facts.nodes.length < 3) skip(context, "the cluster has no three nodes");
    await deployment.apply();
    await deployment.healthy(withinSeconds);
    await client.start();
  };
  return { deployment, client, databases: whole, start };
}

function defined(args: object): object {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
}
