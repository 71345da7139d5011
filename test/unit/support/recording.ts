import * as pulumi from "@pulumi/pulumi";

/** One resource as Pulumi was told of it. */
export interface Recorded {
  type: string;
  name: string;
  /** What the provider would get. Secrets are unwrapped. */
  inputs: Record<string, any>;
  /** Options that the program gave; those inherited from the parent, such as `protect`, are resolved. */
  opts: pulumi.CustomResourceOptions;
  /** Where `provider` points, by the provider's name. */
  provider: string | undefined;
}

/** What a program made, and ways to look at it. */
export class Recording {
  constructor(readonly resources: Recorded[]) {}

  /** The only resource of a kind (the last part of its type), or of that kind and name. */
  one(kind: string, name?: string): Recorded {
    const found = this.all(kind).filter((resource) => name === undefined || resource.name === name);
    if (found.length === 1) return found[0]!;
    const names = this.resources.map((resource) => `${resource.type} ${resource.name}`).join("\n  ");
    throw new Error(`${found.length} resources ${kind} ${name ?? ""} among\n  ${names}`);
  }

  all(kind: string): Recorded[] {
    return this.resources.filter(({ type }) => type.split(":").at(-1) === kind);
  }
}

/** What the cluster would answer: state to add to that of a new resource, or that of one which is read. */
export type Answers = (args: pulumi.runtime.MockResourceArgs) => Record<string, unknown> | undefined;

/**
 * Runs a program against mocks, and records what it makes.
 *
 * This shows what Pulumi is told, not what Kubernetes makes of it.
 */
export async function record(
  program: () => unknown,
  { answers, preview = false }: { answers?: Answers; preview?: boolean } = {},
): Promise<Recording> {
  const resources: Recorded[] = [];
  const options = new Map<string, pulumi.ResourceTransformationArgs>();
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        const made = options.get(`${args.type} ${args.name}`);
        resources.push({
          type: args.type,
          name: args.name,
          inputs: unwrap(args.inputs) as Record<string, any>,
          opts: { ...made?.opts, protect: inherited(made) },
          provider: args.provider?.split("::")[3],
        });
        const state = { ...(args.inputs as object), ...answers?.(args) };
        return { id: args.id || `${args.name}-id`, state };
      },
      call: ({ inputs }) => inputs as Record<string, unknown>,
    },
    "stateful",
    "test",
    preview,
  );
  await pulumi.runtime.runInPulumiStack(async () => {
    pulumi.runtime.registerStackTransformation((args) => {
      options.set(`${args.type} ${args.name}`, args);
      return undefined;
    });
    await program();
    return {};
  });
  await pulumi.runtime.disconnect();
  return new Recording(resources.filter(({ type }) => type !== "pulumi:pulumi:Stack"));
}

/** Waits for an output. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return (output as unknown as { promise(): Promise<T> }).promise();
}

/** Whether an output is secret. */
export function isSecret(output: pulumi.Output<unknown>): Promise<boolean> {
  return (output as unknown as { isSecret: Promise<boolean> }).isSecret;
}

function inherited(made: pulumi.ResourceTransformationArgs | undefined): boolean | undefined {
  return (made?.resource as { __protect?: boolean } | undefined)?.__protect;
}

const SECRET = "4dabf18193072939515e22adb298388d";

function unwrap(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(unwrap);
  if (SECRET in value) return unwrap((value as { value?: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, unwrap(entry)]));
}
