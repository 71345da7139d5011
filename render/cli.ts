import { join, relative } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { runCommand } from "./command";
import { describeCosts } from "./costs/describe";
import { costsOfStack } from "./costs/of-stack";
import { forGitOps, type GitOpsParts } from "./gitops";
import { manifestFiles, writeManifests } from "./manifests";
import { PROJECT, typed } from "./installation";
import { runProgram } from "./program";
import { placeholders, type Secrets, SecretsFile } from "./secrets";
import { parseStackFile, readStackFile, type StackFile, STANDARD_INPUT } from "./stack-file";
import { describeStack } from "./table";
import { asMermaid } from "./topology/mermaid";
import { topologyOf } from "./topology/model";
import { asSvg } from "./topology/svg";
import { UsageError } from "./usage-error";

export const USAGE = `usage: ${typed("render", "[options]")}

Writes what a stack would deploy as manifests. Nothing is deployed, and no cluster is asked.

  --stack NAME         stack to render: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev); - for standard input
  --name NAME          with --stack -, the stack's name, which is on all that it deploys
  --out DIR            directory for the manifests; - for standard output, and nothing else there (default: manifests/NAME)
  --gitops             for a repository that Argo CD or Flux applies: no Secret, data kept from pruning, in an order
  --graph              also draw what is where: topology.svg and, for pages in Markdown, topology.mmd (Mermaid)
  --secrets-file FILE  fill in passwords from this file; what it lacks is generated and added to it
  --help               show this`;

/** @see https://www.pulumi.com/docs/iac/concepts/stacks/#stack-name */
const STACK_NAME = /^[\w.-]{1,100}$/;

/** The command `render`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => render(args));
}

async function render(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      stack: { type: "string", default: "dev" },
      name: { type: "string" },
      out: { type: "string" },
      gitops: { type: "boolean", default: false },
      graph: { type: "boolean", default: false },
      "secrets-file": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.gitops && values["secrets-file"] !== undefined) {
    throw new UsageError(
      `--gitops writes no secrets: leave --secrets-file away; \`${typed("secrets")}\` makes them.`,
    );
  }
  if (values.graph && values.out === "-") {
    throw new UsageError("--graph writes pictures into files: give --out a directory.");
  }
  const secretsFile =
    values["secrets-file"] === undefined ? undefined : new SecretsFile(values["secrets-file"]);
  const secrets = secretsFile ?? placeholders;
  const stackFile = await chosenStack(values, secrets);
  const directory = values.out ?? join(PROJECT, "manifests", stackFile.stack);

  const program = await runProgram(stackFile, secrets);
  const parts = values.gitops ? forGitOps(program) : undefined;
  const { cloudResources } = program;
  const files = manifestFiles(
    { objects: parts?.repository ?? program.objects, cloudResources },
    stackFile.file,
  );
  if (values.graph) {
    const topology = topologyOf(program.outputs.namespace, program.objects);
    files.set("topology.svg", asSvg(topology)).set("topology.mmd", asMermaid(topology));
  }
  if (directory === "-") {
    secretsFile?.save();
    process.stdout.write(
      [...files].flatMap(([name, text]) => (name.endsWith(".yaml") ? [text] : [])).join(""),
    );
    return 0;
  }
  writeManifests(files, directory, secretsFile !== undefined);
  secretsFile?.save();

  const shown = relative(process.cwd(), directory) || ".";
  console.log(describeStack(program.outputs));
  const costs = costsOfStack(stackFile, program);
  if (costs !== undefined) console.log(`\n${describeCosts(costs)}`);
  console.log(
    `\n${files.size} files in ${shown}/:\n${[...files.keys()].map((file) => `  ${file}`).join("\n")}`,
  );
  if (parts !== undefined) {
    console.log(`\n${howToCommit(shown, stackFile.stack, parts)}`);
    return 0;
  }
  console.log(`\n${howToDeploy(shown, secretsFile !== undefined, program.cloudResources.length > 0)}`);
  return 0;
}

/** @throws UsageError */
async function chosenStack(
  { stack, name }: { stack: string; name?: string | undefined },
  secrets: Secrets,
): Promise<StackFile> {
  const isPiped = stack === STANDARD_INPUT;
  if (isPiped !== (name !== undefined)) {
    throw new UsageError(
      isPiped
        ? "--stack -: say the stack's name, as --name NAME; it is on all that the stack deploys."
        : `--name ${name ?? ""}: only a stack file from standard input, --stack -, is given a name; others have it from their file's.`,
    );
  }
  if (name === undefined) return readStackFile(stack, PROJECT, secrets);
  if (!STACK_NAME.test(name)) {
    throw new UsageError(
      `--name ${name}: a stack's name is of letters, digits, "-", "_" and "."; at most 100.`,
    );
  }
  const named = { stack: name, file: "standard input", path: STANDARD_INPUT };
  return parseStackFile(named, await text(process.stdin), secrets);
}

function howToCommit(directory: string, stack: string, { cluster }: GitOpsParts): string {
  const names = cluster.filter(({ kind }) => kind === "Secret").map(({ metadata }) => metadata.name);
  return (
    `To deploy them: commit ${directory}/ where Argo CD or Flux looks for it. It holds no secret. Before that, and whenever ` +
    `there is another database: ${typed("secrets", "--stack", stack)}, which makes in the cluster ${names.join(", ")} and ` +
    "the lists of addresses that agents fill."
  );
}

function howToDeploy(directory: string, hasSecrets: boolean, needsCloud: boolean): string {
  if (needsCloud) {
    return (
      "To deploy them: `pulumi up`. It also makes what is in not-in-kubernetes.txt, whose ARNs are placeholders " +
      "in these files."
    );
  }
  const apply = `kubectl apply --server-side -f ${directory}/`;
  return hasSecrets
    ? `To deploy them: ${apply}\n` +
        `WARNING: ${directory}/ holds passwords in plain text. Do not commit it, and remove it when it is deployed.`
    : "Passwords are placeholders, with which no database starts. To deploy: `pulumi up`, which generates them; or " +
        `render with --secrets-file FILE, then ${apply}`;
}
