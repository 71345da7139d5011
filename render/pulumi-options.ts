import type * as pulumi from "@pulumi/pulumi";

/** What Pulumi is told about an object, beside the object itself. Whoever does Pulumi's work obeys it too. */
export interface PulumiOptions {
  /** Whether the object stays when its stack goes. */
  retainOnDelete: boolean;
  /** Fields that stay as they are in the cluster, whatever the program says: `spec.nodeAffinity`. */
  ignoreChanges: readonly string[];
  /** Whether it is refused to delete the object, until the program says otherwise. */
  protect: boolean;
}

/** Key under which the options travel beside an object's own fields, from its making to its recording. */
const OPTIONS = "stateful:pulumiOptions";

/** What only Pulumi can do: rendering without it would show another result. */
const PULUMI_ONLY = ["transforms", "deleteBeforeReplace", "replaceOnChanges", "deletedWith"] as const;

/** A field of an object by its keys, as far as it can be found in a manifest. */
const PATH = /^[A-Za-z]\w*(\.[A-Za-z]\w*)*$/;

/**
 * Sends the options of an object along with its fields: a recorder of resources is not told them.
 *
 * @throws Error for an option that only Pulumi obeys
 */
export function noteOptions({
  type,
  name,
  props,
  opts,
}: pulumi.ResourceTransformationArgs): pulumi.ResourceTransformationResult | undefined {
  const options = opts as pulumi.CustomResourceOptions;
  for (const option of PULUMI_ONLY) {
    const value: unknown = Reflect.get(options, option);
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    throw new Error(
      `${name} has the option "${option}", which only \`pulumi up\` applies; it cannot be rendered`,
    );
  }
  if (!type.startsWith("kubernetes:") || options.id !== undefined) return undefined;
  const noted: PulumiOptions = {
    retainOnDelete: options.retainOnDelete ?? false,
    ignoreChanges: options.ignoreChanges ?? [],
    protect: options.protect ?? protectionOf(options.parent),
  };
  const odd = noted.ignoreChanges.find((path) => !PATH.test(path));
  if (odd !== undefined)
    throw new Error(`${name} ignores changes of "${odd}", which is no plain path of keys`);
  return { props: { ...(props as object), [OPTIONS]: noted }, opts };
}

/** Takes the options from among an object's fields again. */
export function takeOptions(inputs: Record<string, unknown>): PulumiOptions | undefined {
  const options = inputs[OPTIONS] as PulumiOptions | undefined;
  Reflect.deleteProperty(inputs, OPTIONS);
  return options;
}

/** Children inherit their parent's protection. A constructed resource keeps its own where only Pulumi's SDK looks. */
function protectionOf(parent: pulumi.Resource | undefined): boolean {
  return parent !== undefined && Reflect.get(parent, "__protect") === true;
}
