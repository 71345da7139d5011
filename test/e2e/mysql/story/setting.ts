import { SqlClient } from "../../support/traffic/client";
import { type ClusterFacts, clusterFacts, kubectl } from "../../support/cluster/cluster";
import { Deployment } from "../../support/deploy/deployment";
import { mysql } from "../../support/engines/mysql";
import { type StorageKind, storageOf } from "../../support/cluster/storage";
import { shopArguments } from "./shop-program";

/** The set of the story. */
export const SET = "mysql";
/** A database of one pod, which can move: the members of the set have a node each. */
export const SINGLE = "notes";
/** The application beside them. */
export const SHOP = "shop";

/** What the story is played on. */
export interface Setting {
  namespace: string;
  facts: ClusterFacts;
  /** Members of the set: three, where the cluster has the nodes for them. */
  replicas: number;
  deployment: Deployment;
  client: SqlClient;
}

/** Prepares the stack of the story; nothing is applied yet. */
export async function setting(kind: StorageKind): Promise<Setting> {
  const facts = await clusterFacts();
  const namespace = `e2e-story-${kind}`;
  const replicas = facts.nodes.length >= 3 ? 3 : 1;
  const database = {
    engine: "mysql",
    ...facts.database.mysql,
    storage: "1Gi",
    resources: { cpu: "100m", memory: "768Mi" },
    deletionProtection: false,
  };
  const deployment = new Deployment(namespace, {
    storage: storageOf(kind, namespace, facts),
    databases: { [SET]: { ...database, replicas }, [SINGLE]: database },
    applications: {
      [SHOP]: {
        image: facts.images.node,
        args: await shopArguments(),
        env: { PORT: "8080" },
        port: 8080,
        probe: { path: "/" },
        replicas: 2,
        // Room for the program that sends it requests, too.
        resources: { memory: "256Mi" },
        userId: 1000,
        database: SET,
      },
    },
  });
  const client = new SqlClient(namespace, [SET, SINGLE], mysql, facts.images.mysql);
  return { namespace, facts, replicas, deployment, client };
}

/** Names of the set's pods. */
export function members({ replicas }: Setting): string[] {
  return Array.from({ length: replicas }, (_, ordinal) => `${SET}-${ordinal}`);
}

/** Sends one replica of the shop a request, from within its own container. @returns what it answers */
export async function askShop(namespace: string, pod: string, method: "GET" | "POST"): Promise<unknown> {
  const program =
    `fetch("http://127.0.0.1:8080/", { method: "${method}" }).then(async (answer) => ` +
    "{ console.log(await answer.text()); process.exitCode = answer.ok ? 0 : 1; })";
  return JSON.parse(await kubectl.run(["exec", pod, "-n", namespace, "--", "node", "-e", program]));
}
