import { join } from "node:path";
import { manifestFiles } from "../render/manifests";
import { type KubernetesObject, type RenderedProgram, runProgram } from "../render/program";
import { type Making, type Secrets, SecretsFile } from "../render/secrets";
import { readStackFile, type StackFile } from "../render/stack-file";
import { UsageError } from "../render/usage-error";
import type { StackConfig } from "../stacks/types";
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
  const { project = PROJECT } = options;
  const { stack } = readStackFile(nameOrPath, project, nothingSecret);
  const secrets = new Noting(new SecretsFile(options.secretsFile ?? join(project, `secrets.${stack}.json`)));
  const read = readStackFile(nameOrPath, project, secrets);
  const file = options.adapt?.(read) ?? read;
  const config = configOf(file);
  const { objects, outputs, cloudResources } = await runProgram(file, secrets);
  if (cloudResources.length > 0) {
    const made = cloudResources.map(({ type, name }) => `${name} (${type})`).join(", ");
    throw new UsageError(
      `The stack ${stack} also needs what only Pulumi can make, in the cloud account: ${made}. ` +
        "Install the pulumi CLI, which `npx pulumi version` does, and run `pulumi up`.",
    );
  }
  secrets.file.save();
  return {
    name: stack,
    file,
    config,
    namespace: config.namespace,
    objects,
    outputs,
    generated: secrets.values,
  };
}

/** The objects as one text for kubectl, those that others need first. */
export function manifestsOf(objects: KubernetesObject[], source: string): string {
  const program = { objects, cloudResources: [], outputs: undefined as never };
  return [...manifestFiles(program, source).values()].join("");
}

/** A secrets file that remembers what it made up. */
class Noting implements Secrets {
  readonly values = new Set<string>();

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
    return this.file.encrypted(path);
  }
}

/** For a look at a stack file that is only after its name. */
const nothingSecret: Secrets = {
  generated: () => "",
  made: () => Promise.resolve(""),
  encrypted: () => "",
};
