import { join } from "node:path";
import { manifestFiles } from "../../render/manifests";
import { type KubernetesObject, type RenderedProgram, runProgram } from "../../render/program";
import type { PulumiOptions } from "../../render/pulumi-options";
import { type Making, placeholders, type Secrets, SecretsFile } from "../../render/secrets";
import { readStackFile, type StackFile } from "../../render/stack-file";
import { UsageError } from "../../render/usage-error";
import type { StackConfig } from "../../stacks/types";
import { configOf, PROJECT } from "./stack-config";

/** A stack as manifests, with real passwords. They stay in memory: no file gets them but the secrets file. */
export interface RenderedStack {
  /** Name of the stack: `dev` for `Pulumi.dev.yaml`. */
  name: string;
  file: StackFile;
  config: StackConfig;
  /** Namespace of its databases. */
  namespace: string;
  objects: KubernetesObject[];
  /** What Pulumi is told about each of the objects, and kubectl is to obey as well. */
  options: RenderedProgram["options"];
  outputs: RenderedProgram["outputs"];
  /** The passwords that were generated, and so give way to those of a Secret that is in the cluster already. */
  generated: ReadonlySet<string>;
}

/** How a stack is rendered. */
export interface RenderOptions {
  /** Directory of the stack files and the secrets file. @default the project's own */
  project?: string;
  /** File that keeps the passwords. @default `secrets.NAME.json` beside the stack files */
  secretsFile?: string;
  /** Whether placeholders will do for all that is secret: where it is not kubectl that applies it. @default false */
  namesOnly?: boolean;
  /** Whether some of it may be elsewhere than in Kubernetes, in a cloud account. @default false */
  mayNeedCloud?: boolean;
  /** Changes the stack before it is rendered. @default as the file has it */
  adapt?: (file: StackFile) => StackFile;
}

/**
 * Renders a stack to be applied by kubectl. Passwords come from the secrets file; those that it lacks are generated
 * and added to it.
 *
 * @param nameOrPath NAME as in `Pulumi.NAME.yaml`, or the path of a stack file
 * @throws UsageError if there is no such stack, or it needs more than Kubernetes
 * @throws InvalidArgsError with every mistake in its configuration
 */
export async function renderStack(nameOrPath: string, options: RenderOptions = {}): Promise<RenderedStack> {
  const { project = PROJECT, namesOnly = false, adapt = (given: StackFile) => given } = options;
  const { stack } = readStackFile(nameOrPath, project, nothingSecret);
  const secretsFile = options.secretsFile ?? join(project, `secrets.${stack}.json`);
  const secrets = namesOnly ? undefined : new Noting(new SecretsFile(secretsFile));
  const file = adapt(readStackFile(nameOrPath, project, secrets ?? placeholders));
  if (secrets && options.adapt === undefined) refuseEncrypted(file, secretsFile, secrets.lacking);
  const config = configOf(file);
  const { objects, options: told, outputs, cloudResources } = await runProgram(file, secrets ?? placeholders);
  if (options.mayNeedCloud !== true && cloudResources.length > 0) {
    const made = cloudResources.map(({ type, name }) => `${name} (${type})`).join(", ");
    throw new UsageError(
      `The stack ${stack} also needs what only Pulumi can make, in the cloud account: ${made}. ` +
        "Install the pulumi CLI, which `npx pulumi version` does, and run `pulumi up`.",
    );
  }
  secrets?.file.save();
  const generated = secrets?.values ?? new Set<string>();
  return {
    name: stack,
    file,
    config,
    namespace: config.namespace,
    objects,
    options: told,
    outputs,
    generated,
  };
}

/** What stands encrypted in a stack file was chosen by somebody: nothing made up may take its place. */
function refuseEncrypted({ file }: StackFile, secretsFile: string, lacking: string[]): void {
  if (lacking.length === 0) return;
  throw new UsageError(
    `${file} holds what only Pulumi can decrypt: ${lacking.join(", ")}. To deploy without Pulumi, write these values into ` +
      `${secretsFile}, each under that name ({"${lacking[0] ?? ""}": "…"}, mode 600).`,
  );
}

/** What Pulumi is told about an object of a stack. @throws Error for an object that the stack was not rendered with */
export function optionsOf(
  object: KubernetesObject,
  { options }: Pick<RenderedStack, "options">,
): PulumiOptions {
  const found = options.get(object);
  if (found === undefined) throw new Error(`${object.kind} ${object.metadata.name} is none of the stack's`);
  return found;
}

/** The objects as one text for kubectl, those that others need first. */
export function manifestsOf(objects: KubernetesObject[], source: string): string {
  return [...manifestFiles({ objects, cloudResources: [] }, source).values()].join("");
}

/** A secrets file that remembers what it made up. */
class Noting implements Secrets {
  readonly values = new Set<string>();
  /** What is encrypted in the stack file and not in the secrets file, by its path there. */
  readonly lacking: string[] = [];

  constructor(readonly file: SecretsFile) {}

  generated(name: string, length: number): string {
    const value = this.file.generated(name, length);
    this.values.add(value);
    return value;
  }

  async made(name: string, making: Making): Promise<string> {
    const value = await this.file.made(name, making);
    this.values.add(value);
    return value;
  }

  encrypted(path: string): string {
    if (!this.file.has(path)) this.lacking.push(path);
    return this.file.encrypted(path);
  }
}

/** For a look at a stack file that is only after its name. */
const nothingSecret: Secrets = {
  generated: () => "",
  made: () => Promise.resolve(""),
  encrypted: () => "",
};
