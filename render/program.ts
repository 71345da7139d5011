import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import program = require("../index");
import type { StackOutputs } from "../stacks/outputs";
import { certificateState, isCertificateResource } from "./certificates";
import { noteOptions, type PulumiOptions, takeOptions } from "./pulumi-options";
import { placeholder, type Secrets } from "./secrets";
import { type StackFile, withPlaces } from "./stack-file";

/** A Kubernetes object as it would be sent to a cluster. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [field: string]: unknown;
}

/** The same, to be named where it has no name of its own. */
interface Unnamed {
  apiVersion: string;
  kind: string;
  metadata: Partial<KubernetesObject["metadata"]>;
  [field: string]: unknown;
}

/** A resource that is not in Kubernetes. */
export interface CloudResource {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** What the program made. */
export interface RenderedProgram {
  objects: KubernetesObject[];
  /** What Pulumi is told about each of the objects. */
  options: ReadonlyMap<KubernetesObject, PulumiOptions>;
  cloudResources: CloudResource[];
  outputs: pulumi.Unwrap<StackOutputs>;
}

/** Pulumi's stand-in for a value that is not known before a real run. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** What the program reads of objects that it made, by kind, beside who they are. Secrets are empty before they are patched. */
const READ_OF: Readonly<Record<string, (object: KubernetesObject) => object>> = {
  PersistentVolume: ({ spec }) => ({ spec }),
  Secret: () => ({ data: {} }),
};

/** Marks a secret in what Pulumi hands to a provider. */
const SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d";

/**
 * Runs the program that `pulumi up` runs, and records what it makes instead of making it.
 *
 * It is a preview to the program: what only a cluster knows stays unknown. The values that a manifest needs
 * all the same (passwords, ARNs) are filled in by the recorder.
 */
export async function runProgram(stackFile: StackFile, secrets: Secrets): Promise<RenderedProgram> {
  const recorder = new Recorder(stackFile.stack, secrets, clusterUid(stackFile.config));
  await pulumi.runtime.setMocks(recorder, "stateful", stackFile.stack, true);
  pulumi.runtime.setAllConfig(stackFile.config, stackFile.secretKeys);

  const outputs = await settled(async () => {
    let made: Output<pulumi.Unwrap<StackOutputs>> | undefined;
    await pulumi.runtime.runInPulumiStack(async () => {
      pulumi.runtime.registerStackTransformation(noteOptions);
      made = pulumi.output(await withPlaces(stackFile, program));
      return {};
    });
    // Waits for every resource, and so for every failure.
    await pulumi.runtime.disconnect();
    if (!made?.promise) throw new Error("the program returned no outputs");
    // One unknown output, such as the password of a Secret that is not ours, must not hide the others.
    return made.promise(true);
  });
  const { options, cloudResources } = recorder;
  return { objects: recorder.manifests(), options, cloudResources, outputs };
}

/** An output with the part that Pulumi does not publish. */
type Output<T> = pulumi.Output<T> & { promise?: (withUnknowns: boolean) => Promise<T> };

/** Runs an action that may also fail in a promise that nobody waits for, as registrations of resources do. */
async function settled<T>(action: () => Promise<T>): Promise<T> {
  let stop: (() => void) | undefined;
  const failure = new Promise<never>((_, reject) => {
    const listener = (reason: unknown) => {
      reject(reason instanceof Error ? reason : new Error(String(reason)));
    };
    process.on("unhandledRejection", listener);
    stop = () => process.off("unhandledRejection", listener);
  });
  try {
    return await Promise.race([action(), failure]);
  } finally {
    // One failure rejects several promises, the last of them after this one.
    await setImmediate();
    stop?.();
  }
}

function clusterUid(config: Record<string, string>): string | undefined {
  const cluster = config["stateful:cluster"];
  return cluster === undefined ? undefined : /"uid":"([^"]*)"/.exec(cluster)?.[1];
}

/** A value with its secrets unwrapped: Pulumi hands them over as objects that carry this signature. */
function revealed(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(revealed);
  if (SECRET_SIGNATURE in value) return revealed((value as { value?: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, revealed(entry)]));
}

function identity({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
}

/**
 * The name of an object that the program leaves to Pulumi, which would add a random suffix. Here it follows
 * from the content, so that pods that use it are replaced when it changes, and from the stack: what is one's own can
 * be removed. Labels are not content.
 */
function generatedName(name: string, stack: string, content: object): string {
  return `${name}-${createHash("sha256")
    .update(JSON.stringify([stack, content]))
    .digest("hex")
    .slice(0, 8)}`;
}

/** Stands in for Pulumi and its providers. */
class Recorder implements pulumi.runtime.Mocks {
  readonly cloudResources: CloudResource[] = [];
  readonly options = new Map<KubernetesObject, PulumiOptions>();
  private readonly objects: KubernetesObject[] = [];
  private readonly patches: KubernetesObject[] = [];

  constructor(
    private readonly stack: string,
    private readonly secrets: Secrets,
    private readonly uid: string | undefined,
  ) {}

  async newResource(
    args: pulumi.runtime.MockResourceArgs,
  ): Promise<{ id: string | undefined; state: object }> {
    const { type, name } = args;
    const inputs = revealed(args.inputs) as Record<string, unknown>;
    if (args.id) return { id: args.id, state: this.existing(args.id) };
    if (type === "random:index/randomPassword:RandomPassword") {
      const { length, keepers } = inputs as { length: number; keepers: { rotation: string } };
      // A rotation asks for another password than the one that went by the name before.
      const wanted = keepers.rotation === "1" ? name : `${name} (rotation ${keepers.rotation})`;
      return { id: name, state: { ...inputs, result: this.secrets.generated(wanted, length) } };
    }
    if (isCertificateResource(type)) {
      return {
        id: name,
        state: { ...inputs, ...(await certificateState(type, name, inputs, this.secrets)) },
      };
    }
    if (type.startsWith("kubernetes:")) return { id: name, state: this.kubernetes(type, name, inputs) };
    if (args.custom && !type.startsWith("pulumi:")) {
      this.cloudResources.push({ type, name, inputs });
      const known = { arn: placeholder(`ARN of ${name}`), keyId: placeholder(`id of ${name}`), name };
      return { id: name, state: { ...known, ...inputs } };
    }
    return { id: name, state: inputs };
  }

  call(args: pulumi.runtime.MockCallArgs): never {
    throw new Error(`${args.token} needs a real run; it cannot be rendered`);
  }

  /** The objects, with each patch folded into the object that it patches. */
  manifests(): KubernetesObject[] {
    const targets = new Map(this.objects.map((object) => [identity(object), object]));
    for (const patch of this.patches) {
      const target = targets.get(identity(patch));
      if (!target) throw new Error(`${identity(patch)} is patched, but not made by this stack`);
      target.metadata.annotations = { ...target.metadata.annotations, ...patch.metadata.annotations };
      for (const part of ["stringData", "data"]) {
        if (part in patch) target[part] = { ...(target[part] as object), ...(patch[part] as object) };
      }
    }
    return this.objects;
  }

  private kubernetes(type: string, name: string, inputs: Record<string, unknown>): object {
    const options = takeOptions(inputs);
    if (options === undefined) throw new Error(`${name}: what Pulumi is told about it was not noted`);
    if (pulumi.containsUnknowns(inputs) || JSON.stringify(inputs).includes(UNKNOWN)) {
      throw new Error(`${name}: a field is only known in a real run; it cannot be rendered`);
    }
    const made = inputs as Unnamed;
    const { metadata } = made;
    const content = { ...inputs, metadata: { ...metadata, labels: undefined } };
    const object = {
      ...made,
      metadata: { ...metadata, name: metadata.name ?? generatedName(name, this.stack, content) },
    };
    if (type.endsWith("Patch")) {
      this.patches.push(object);
    } else {
      this.objects.push(object);
      this.options.set(object, options);
    }
    // To give all of it back was an eighth of the time. What is read and not given is unknown, and refused above.
    return { metadata: object.metadata, ...READ_OF[object.kind]?.(object) };
  }

  /** An object that is in the cluster already. Only the identity of the cluster itself is known. */
  private existing(id: string): object {
    const [, name = id] = /^(?:.*\/)?(.+)$/.exec(id) ?? [];
    return { metadata: { name, ...(name === "kube-system" ? { uid: this.uid } : {}) } };
  }
}
