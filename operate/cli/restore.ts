import { DATABASE_DEFAULTS } from "../../components/database/defaults";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { FoundTarget } from "../../agent/backup/look/request";
import { backupName } from "../../components/protocol/names";
import { runCommand } from "../../render/command";
import { typed } from "../../render/installation";
import { placeholders } from "../../render/secrets";
import { readStackFile } from "../../render/stack-file";
import { UsageError } from "../../render/usage-error";
import { askStore } from "../backup/ask-store";
import { type RestoreLines, withRestored } from "../backup/restored-entry";
import { describeTarget, type NewDatabase, requireFit, requireNew } from "../backup/restore-target";
import { RefusedError } from "../deploy/refused-error";
import { configOf, PROJECT } from "../deploy/stack-config";
import { restoreEnds } from "../status/restore-ends";
import { confirm } from "./ask";
import { chosenDatabase } from "./backup";
import { STACK, YES } from "./options";
import { isShownAsItIs } from "./shown-errors";
import { configuredTarget, type Target } from "./target";
import { chooseDeployer } from "./chosen-way";
import { deployTo } from "./up";

export const USAGE = `usage: ${typed("restore", "DATABASE", "--as", "NAME", "[options]")}

Restores what a database's backup holds into a new database, NAME. It asks the store first whether that can be had, and
shows the lines for the stack file: those of DATABASE, with restoreFrom. Nothing is changed without --apply.

  --as NAME                name of the new database
  --time MOMENT            as it was then, for instance 2026-01-31T10:15:00Z (default: all that there is)
  --before-transaction ID  as it was before this transaction, as the engine names it
  --cluster UUID           of a former cluster of that name, as ${typed("backup", "list")} shows it
  --storage SIZE           size of its volumes (default: those of DATABASE)
  --apply                  writes the lines into the stack file, deploys it, and waits until the database serves
  --stack NAME             stack: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev)
  --yes                    do not ask
  --help                   show this`;

/** The command `restore`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => restore(args), isShownAsItIs);
}

async function restore(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      as: { type: "string" },
      time: { type: "string" },
      "before-transaction": { type: "string" },
      cluster: { type: "string" },
      storage: { type: "string" },
      apply: { type: "boolean", default: false },
      ...STACK,
      ...YES,
    },
  });
  const [named, ...more] = positionals;
  if (named === undefined || more.length > 0) throw new UsageError("Name one database whose backup is read.");
  if (values.as === undefined)
    throw new UsageError("Name the new database: --as NAME. Nothing is restored over data.");

  const file = readStackFile(values.stack, PROJECT, placeholders);
  const { databases: there } = configOf(file);
  const database = chosenDatabase({ databases: there }, named, file.stack);
  const wanted: RestoreLines = {
    from: database,
    as: values.as,
    ...given("time", values.time),
    ...given("beforeTransaction", values["before-transaction"]),
    ...given("cluster", values.cluster),
    ...given("storage", values.storage),
  };
  const text = readFileSync(file.path, "utf8");
  if (there.some(({ name }) => name === wanted.as)) {
    throw new UsageError(
      `--as ${wanted.as}: the stack ${file.stack} has a database of that name. Nothing is restored over data: choose another one.`,
    );
  }
  const { lines, text: changed, databases } = withRestored(text, file.file, wanted);
  // Checked as a deployment checks it: with all of the stack, and with every mistake at once.
  const config = configOf({
    ...file,
    config: { ...file.config, "stateful:databases": JSON.stringify(withoutSecrets(databases, file.config)) },
  });
  const made = config.databases.find(({ name }) => name === values.as);
  if (made === undefined) throw new Error(`${values.as} is not among the databases`);
  const fresh: NewDatabase = {
    namespace: config.namespace,
    name: made.name,
    version: made.args.version,
    storage: made.args.storage ?? DATABASE_DEFAULTS.storage,
  };
  const target = await configuredTarget(config, file.stack);
  await requireNew(target.kubectl, fresh);
  const found = await findTarget(target, config.namespace, wanted);
  if (found) {
    requireFit(found, fresh);
    console.error(`This can be restored:\n${describeTarget(found)}`);
  }
  if (!values.apply) {
    console.log(lines);
    console.error(
      `\nNothing was changed. Add these lines below stateful:databases of ${file.file} and deploy it; or call this again with --apply.`,
    );
    return 0;
  }
  const deployer = await chooseDeployer(target, file, { nameOrPath: values.stack, yes: true });
  const question = `Add ${values.as} to ${file.file}, and deploy the stack ${file.stack} to ${target.description}?`;
  if (!values.yes && !(await confirm(question, "--yes"))) return 1;
  write(file.path, text, changed);
  console.error(`Written into ${file.file}:\n${lines}`);
  const status = await deployTo(target, values.stack, deployer, restoreEnds(values.as));
  console.log(
    status === 0
      ? `${values.as} serves, with what was asked for. Look at it, and lead the applications there (docs/backup.md).`
      : `${values.as} is in ${file.file}. Its data is not there; see above. To begin again: take these lines out, remove what there is of it, and call this with what can be had.`,
  );
  return status;
}

/** What is encrypted in the file is hidden already in what was read of it: only the new entry is added to that. */
function withoutSecrets(
  databases: Record<string, unknown>,
  config: Record<string, string>,
): Record<string, unknown> {
  const known = JSON.parse(config["stateful:databases"] ?? "{}") as Record<string, unknown>;
  return { ...databases, ...known };
}

/** Has the store asked, where the database's Jobs can be made; else its restore will tell. */
async function findTarget(
  { kubectl }: Target,
  namespace: string,
  { from, time, beforeTransaction, cluster }: RestoreLines,
): Promise<FoundTarget | undefined> {
  if (!(await kubectl.get("cronjob", backupName(from), namespace))) {
    console.error(
      `${from} is not deployed with a backup now, so that nobody can ask the store beforehand: the restore itself will tell.`,
    );
    return undefined;
  }
  const found = await askStore(kubectl, { database: from, namespace, time, beforeTransaction, cluster });
  if ("refused" in found) {
    const advice = `what can be had: ${typed("backup", "list", from)}`;
    throw new RefusedError(
      `This cannot be restored, and nothing was changed: ${found.refused}.\n  ${advice}`,
    );
  }
  return found;
}

/** @throws RefusedError where somebody else has changed the file since it was read */
function write(path: string, before: string, after: string): void {
  if (readFileSync(path, "utf8") !== before) {
    throw new RefusedError(
      `${path} was changed meanwhile by somebody else. Nothing was written: call this again.`,
    );
  }
  writeFileSync(path, after);
}

function given<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, string>>);
}
