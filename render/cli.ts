import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { runCommand } from "./command";
import { manifestFiles, writeManifests } from "./manifests";
import { typed } from "./installation";
import { runProgram } from "./program";
import { placeholders, SecretsFile } from "./secrets";
import { readStackFile } from "./stack-file";
import { describeStack } from "./table";

const PROJECT = join(__dirname, "..");

export const USAGE = `usage: ${typed("render", "[options]")}

Writes what a stack would deploy as manifests. Nothing is deployed, and no cluster is asked.

  --stack NAME         stack to render: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev)
  --out DIR            directory for the manifests (default: manifests/NAME)
  --secrets-file FILE  fill in passwords from this file; what it lacks is generated and added to it
  --help               show this`;

/** The command `render`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => render(args));
}

async function render(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      stack: { type: "string", default: "dev" },
      out: { type: "string" },
      "secrets-file": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const secretsFile =
    values["secrets-file"] === undefined ? undefined : new SecretsFile(values["secrets-file"]);
  const secrets = secretsFile ?? placeholders;
  const stackFile = readStackFile(values.stack, PROJECT, secrets);
  const directory = values.out ?? join(PROJECT, "manifests", stackFile.stack);

  const program = await runProgram(stackFile, secrets);
  const files = manifestFiles(program, stackFile.file);
  writeManifests(files, directory, secretsFile !== undefined);
  secretsFile?.save();

  const shown = relative(process.cwd(), directory) || ".";
  console.log(describeStack(program.outputs));
  console.log(
    `\n${files.size} files in ${shown}/:\n${[...files.keys()].map((file) => `  ${file}`).join("\n")}`,
  );
  console.log(`\n${howToDeploy(shown, secretsFile !== undefined, program.cloudResources.length > 0)}`);
  return 0;
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
