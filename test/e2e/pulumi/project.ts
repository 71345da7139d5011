import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { CommandError, LocalWorkspace, type OpMap, Stack } from "@pulumi/pulumi/automation";
import { checkout } from "../../../cluster/layout";
import type { InstalledPulumi } from "../../../operate/deploy/installed-pulumi";

/** What `pulumi up` runs. The stack file is written anew for each run, and so lies with a copy of the program. */
const PROGRAM = ["Pulumi.yaml", "package.json", "tsconfig.json", "tsconfig.run.json", "index.ts"];
const PROGRAM_FOLDERS = ["stacks", "components"];
const STACK = "e2e";

/** What a refresh does to a resource that is as the state says. */
const UNCHANGED = ["refresh", "same", "read"];

/** The part of an exported state that is looked at. */
interface Exported {
  deployment: { resources?: { urn: string; external?: boolean }[] };
}

/** The settings of a stack, by their keys below `stateful:`. */
export type Settings = Record<string, unknown>;

/** The project in a directory of its own, with one stack and a backend of files, deployed by Pulumi itself. */
export class PulumiProject {
  /** Everything that Pulumi has said. */
  readonly transcript: string[] = [];

  private constructor(
    /** Directory of the copy and of the backend. */
    readonly directory: string,
    private readonly stack: Stack,
  ) {}

  /** Copies the program and makes the stack. @param kubeconfig path of the kubeconfig */
  static async create(pulumi: InstalledPulumi, kubeconfig: string): Promise<PulumiProject> {
    // The CLI finds its language host, and the Automation API the CLI, by the PATH.
    process.env["PATH"] = [pulumi.directory, process.env["PATH"]].join(delimiter);
    const directory = await mkdtemp(join(tmpdir(), "stateful-pulumi-"));
    const workDir = join(directory, "program");
    const backend = join(directory, "backend");
    await mkdir(backend);
    for (const entry of [...PROGRAM, ...PROGRAM_FOLDERS]) {
      await cp(join(checkout, entry), join(workDir, entry), { recursive: true });
    }
    await symlink(join(checkout, "node_modules"), join(workDir, "node_modules"));

    const workspace = await LocalWorkspace.create({
      workDir,
      envVars: {
        KUBECONFIG: kubeconfig,
        PULUMI_BACKEND_URL: `file://${backend}`,
        PULUMI_CONFIG_PASSPHRASE: randomUUID(),
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        PULUMI_SKIP_UPDATE_CHECK: "true",
      },
    });
    return new PulumiProject(directory, await Stack.create(STACK, workspace));
  }

  /** Version of the CLI. */
  get version(): string {
    return this.stack.workspace.pulumiVersion;
  }

  /** Writes the stack file. */
  async configure(settings: Settings): Promise<void> {
    const { workspace } = this.stack;
    const config = Object.entries(settings).map(([key, value]) => [`stateful:${key}`, value] as const);
    await workspace.saveStackSettings(STACK, {
      ...(await workspace.stackSettings(STACK)),
      config: Object.fromEntries(config),
    });
  }

  /** `pulumi up`. @returns how many resources were created, updated, left the same, … */
  async up(): Promise<OpMap> {
    const { summary } = await this.stack.up(this.options());
    return summary.resourceChanges ?? {};
  }

  /** `pulumi preview`. @returns how many resources would be created, updated, … */
  async preview(): Promise<OpMap> {
    return (await this.stack.preview(this.options())).changeSummary;
  }

  /** `pulumi refresh`. @returns the stack's own resources that were not as the state says */
  async refresh(): Promise<string[]> {
    const changed: string[] = [];
    await this.stack.refresh({
      ...this.options(),
      onEvent: ({ resOutputsEvent: event }) => {
        if (event !== undefined && !UNCHANGED.includes(event.metadata.op)) changed.push(event.metadata.urn);
      },
    });
    // What is only read belongs to others. Its first refresh also notes inputs, which a read does not.
    const { resources = [] } = (JSON.parse(await this.exportState()) as Exported).deployment;
    const others = resources.filter(({ external }) => external).map(({ urn }) => urn);
    return changed.filter((urn) => !others.includes(urn));
  }

  /** `pulumi destroy`. @returns how many resources left the state */
  async destroy(): Promise<OpMap> {
    const { summary } = await this.stack.destroy(this.options());
    return summary.resourceChanges ?? {};
  }

  /** The stack's state, as `pulumi stack export` writes it. The Automation API's own export decrypts the secrets. */
  async exportState(): Promise<string> {
    const { workDir, envVars } = this.stack.workspace;
    const env = { ...process.env, ...envVars };
    const options = { cwd: workDir, env, maxBuffer: 64 * 1024 ** 2 };
    return (await promisify(execFile)("pulumi", ["stack", "export", "--stack", STACK], options)).stdout;
  }

  /** Everything that Pulumi keeps in its backend: states, backups, history. */
  async backendFiles(): Promise<string[]> {
    const entries = await readdir(join(this.directory, "backend"), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), "utf8")));
  }

  /** Deletes the copy and the backend. What is in the cluster stays. */
  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  private options() {
    const note = (text: string) => {
      this.transcript.push(text);
    };
    return { color: "never" as const, onOutput: note, onError: note };
  }
}

/**
 * What an operation is refused with.
 *
 * @throws Error if it is not refused
 */
export async function refusal(operation: Promise<unknown>): Promise<string> {
  try {
    await operation;
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    throw error;
  }
  throw new Error("this should have been refused, and was done");
}
