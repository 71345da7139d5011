import { loadOnDemand } from "../../../cluster/images/load";
import { step } from "../../../cluster/progress";
import { type ClusterFacts, clusterFacts, kubectl } from "../support/cluster/cluster";
import { podNamed } from "../support/cluster/pods";
import { storageOf } from "../support/cluster/storage";
import { Deployment, type StackKeys } from "../support/deploy/deployment";
import { sceneOf } from "../support/faults/scene";
import { SqlClient } from "../support/traffic/client";
import { BarePods } from "./bare-pods";
import { fill } from "./rounds";
import { DEPLOYED, type Endpoint, type LoadedEngine, type Variant, VARIANTS } from "./engine";

/** A share of the processor that no server's takes from it. */
const TOOL_RESOURCES = { requests: { cpu: "500m" } };

/** What is measured, deployed side by side: the databases, the bare servers, and a pod with the tool. */
export class Grounds {
  private readonly keys: StackKeys;
  private readonly deployment: Deployment;
  private readonly client: SqlClient;
  private readonly bare: BarePods;

  private constructor(
    private readonly loaded: LoadedEngine,
    private readonly facts: ClusterFacts,
    private readonly namespace: string,
  ) {
    const { engine, ports } = loaded;
    const storage = storageOf("static", namespace, facts);
    const common = {
      engine: engine.name,
      ...loaded.arguments,
      ...facts.database[engine.name],
      storage: engine.leastStorage ?? "2Gi",
      resources: { cpu: "250m", memory: engine.leastMemory ?? "1Gi" },
      deletionProtection: false,
    };
    // The first member of each is on the node of the bare servers.
    const databases = Object.fromEntries(
      Object.entries(DEPLOYED).map(([name, replicas]) => {
        return [name, { ...common, replicas, nodes: facts.nodes.slice(0, replicas) }];
      }),
    );
    this.keys = { storage, databases };
    this.deployment = new Deployment(namespace, this.keys);
    const image = facts.images[engine.name];
    this.client = new SqlClient(namespace, Object.keys(DEPLOYED), engine, loaded.toolImage ?? image);
    const like = { pod: "one-0", container: engine.container };
    const path = `${storage.path ?? ""}/${namespace}/bare`;
    this.bare = new BarePods(namespace, path, image, ports, like, facts);
  }

  static async of(loaded: LoadedEngine): Promise<Grounds> {
    return new Grounds(loaded, await clusterFacts(), `e2e-load-${loaded.engine.name}`);
  }

  /** On what it was measured. */
  get setup(): string {
    const { engine, tool } = this.loaded;
    const { version } = this.facts.database[engine.name];
    return `${engine.name} ${version ?? engine.version} under ${tool}, one server to a node and all nodes on one machine, local volumes`;
  }

  /** Deploys everything, and fills it. @returns where the tool is to go */
  async prepare(): Promise<Endpoint[]> {
    const { loaded, namespace } = this;
    const { engine } = loaded;
    await this.clear();
    await step(`deploying ${Object.keys(DEPLOYED).join(" and ")}`, async () => {
      await this.deployment.apply();
      await this.deployment.healthy(600);
      const nodeName = await this.nodeOfTool();
      if (loaded.toolImage !== undefined) await loadOnDemand(nodeName, loaded.toolImage);
      await this.client.start({ nodeName, resources: TOOL_RESOURCES });
    });
    await step("starting bare servers", async () => {
      await this.bare.allow();
      await this.bare.start(await loaded.bareServers(namespace));
    });
    const endpoints = VARIANTS.map(endpointOf);
    for (const endpoint of endpoints)
      await step(`filling ${endpoint.variant} of ${engine.name} in ${namespace}`, async () =>
        fill(loaded, endpoint, async (line) => this.tool(line)),
      );
    return endpoints;
  }

  /** Not that of any server that is loaded: it would take the processor from one alone. */
  private async nodeOfTool(): Promise<string> {
    const { namespace, facts } = this;
    const { target } = await sceneOf(kubectl, this.loaded.engine, namespace, "three");
    const { nodeName } = (await podNamed(namespace, target.pod)).spec;
    const others = facts.nodes.slice(1).filter((node) => node !== nodeName);
    return others.at(-1)!;
  }

  /** Runs a line of shell where the tool is. */
  async tool(line: string): Promise<string> {
    return this.client.sh(line);
  }

  async remove(): Promise<void> {
    await step("removing everything", async () => {
      await this.bare.delete();
      await this.deployment.delete();
    });
  }

  /** What an interrupted try has left. */
  private async clear(): Promise<void> {
    if ((await kubectl.get("namespace", this.namespace)) === undefined) return;
    await step("removing what an earlier try left", async () => {
      const left = new Deployment(this.namespace, this.keys);
      await left.render();
      await this.bare.delete();
      await left.delete();
    });
  }
}

/** A Service is called as its variant. */
function endpointOf(variant: Variant): Endpoint {
  return { variant, host: variant, ...(variant in DEPLOYED ? { secrets: `/secrets/${variant}` } : {}) };
}
