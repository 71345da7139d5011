import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { standardLabels } from "../common/labels";
import { replaceable } from "../common/retention";

/** The agent's program, with what runs one engine's server. */
export interface AgentBundleArgs {
  /** Namespace of the databases that use it. */
  namespace: pulumi.Input<string>;
  /** Engine of these databases, by the name that a stack file calls it. */
  engine: string;
  /** More labels. @default none */
  labels?: Record<string, pulumi.Input<string>>;
  /**
   * Whether a new program leaves the ConfigMap of the one before in the cluster: for databases with `maintenance`, whose pods need it until
   * they are replaced. @default Pulumi deletes it as soon as the new one is deployed
   */
  keepsFormer?: boolean;
}

/**
 * A ConfigMap with the agent's program, shared by all databases of an engine in a namespace.
 *
 * Its name changes with its content, so that pods are replaced, one after the other, by a new version. The program is the
 * same for all engines; the scripts are not, and a change of one engine's must replace no other's pods.
 */
export class AgentBundle extends pulumi.ComponentResource {
  /** Name of the ConfigMap. */
  readonly configMapName: pulumi.Output<string>;

  constructor(name: string, args: AgentBundleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("stateful:index:AgentBundle", name, {}, opts);
    const { engine, namespace, keepsFormer } = args;
    const identity = { application: engine, instance: name, component: "agent" };
    const configMap = new k8s.core.v1.ConfigMap(
      name,
      {
        metadata: {
          namespace,
          labels: standardLabels(identity, args.labels),
        },
        // It is run: what the pods started with is what they keep.
        immutable: true,
        binaryData: {
          [PROGRAM]: readFileSync(join(__dirname, "bundles", PROGRAM), "base64"),
        },
        data: {
          [SUPERVISE_SCRIPT]: readFileSync(join(__dirname, "scripts", SUPERVISE_SCRIPT), "utf8"),
          ...engineScripts(engine),
        },
      },
      replaceable(this, keepsFormer),
    );
    this.configMapName = configMap.metadata.name;
    this.registerOutputs({ configMapName: this.configMapName });
  }
}

/** The agent, one file for Node, compressed. */
export const PROGRAM = "agent.cjs.gz";
/** What runs the server in the engine's own container. */
export const SUPERVISE_SCRIPT = "supervise.sh";
/** What of that is the engine's own. */
const ENGINE_SCRIPT = "engine.sh";
/** What a server calls when it is done with a file of its log, where it does. */
export const ARCHIVE_SCRIPT = "archive.sh";

function engineScripts(engine: string): Record<string, string> {
  const folder = join(__dirname, "..", engine, "scripts");
  const there = [ENGINE_SCRIPT, ARCHIVE_SCRIPT].filter(
    (name) => name === ENGINE_SCRIPT || existsSync(join(folder, name)),
  );
  return Object.fromEntries(there.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}
