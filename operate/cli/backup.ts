import { parseArgs } from "node:util";
import type { Look, LookResult } from "../../agent/backup/look/request";
import { didYouMean } from "../../components/common/did-you-mean";
import { backupName, drillName } from "../../components/protocol/names";
import { runCommand } from "../../render/command";
import { typed } from "../../render/installation";
import { placeholders } from "../../render/secrets";
import { readStackFile } from "../../render/stack-file";
import { UsageError } from "../../render/usage-error";
import type { StackConfig } from "../../stacks/types";
import { describeListing, describeVerdict } from "../backup/describe";
import { requireCronJob } from "../backup/cron-job";
import { jobNow } from "../backup/job-manifest";
import { look } from "../backup/look";
import { runJob } from "../backup/run-job";
import { RefusedError } from "../deploy/refused-error";
import { configOf, PROJECT } from "../deploy/stack-config";
import { answer } from "./ask";
import { LOCAL, STACK } from "./options";
import { isShownAsItIs } from "./shown-errors";
import { runsNotAtAll } from "./chosen-database";
import { choosing, targetToLookAt, type Target } from "./target";

export const USAGE = `usage: ${typed("backup", "now|list|verify|drill|delete", "[DATABASE]", "[options]")}

  now       makes a full copy, tells what it does, and ends when it is stored
  list      shows what is stored, and which moments can be restored
  verify    looks whether all is there that the catalogue names, and as it was stored; ends with 1 if not
  drill     restores into scratch, and tells how long that took and whether it came to where it should
  delete    deletes one full copy (--copy), or all that a former database of that name left (--cluster)

A Job in the cluster does it: it has the store's account and key, which are nowhere else. DATABASE may be left out where
the stack has one.

  --stack NAME      stack: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev)
  --local           on the local cluster
  --json            list, verify: print JSON
  --sample PERCENT  verify: how much is read through, beside looking whether all is there (default: 100)
  --copy ID         delete: a full copy, as list shows it
  --cluster UUID    delete: a cluster that is there no more, as list shows it
  --confirm NAME    delete, for scripts: the database's name, which is asked for otherwise
  --help            show this`;

const VERBS = ["now", "list", "verify", "drill", "delete"] as const;
type Verb = (typeof VERBS)[number];

/** The command `backup`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => backup(args), isShownAsItIs);
}

interface Options {
  json: boolean;
  sample: string | undefined;
  copy: string | undefined;
  cluster: string | undefined;
  confirm: string | undefined;
}

async function backup(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...STACK,
      ...LOCAL,
      json: { type: "boolean", default: false },
      sample: { type: "string" },
      copy: { type: "string" },
      cluster: { type: "string" },
      confirm: { type: "string" },
    },
  });
  const [first, named, ...more] = positionals;
  const verb = VERBS.find((one) => one === first);
  if (verb === undefined || more.length > 0) {
    throw new UsageError(
      verb === undefined
        ? `Say what to do: one of ${VERBS.join(", ")}.`
        : `One database at a time: ${named ?? ""}, or ${more.join(", ")}?`,
    );
  }
  const options = {
    json: values.json,
    sample: values.sample,
    copy: values.copy,
    cluster: values.cluster,
    confirm: values.confirm,
  };
  const wanted = wantedLook(verb, options);
  const file = readStackFile(values.stack, PROJECT, placeholders);
  const config = configOf(file);
  const database = chosenDatabase(config, named, file.stack);
  if (options.confirm !== undefined && options.confirm !== database) throw notConfirmed();
  const target = await targetToLookAt(config, file.stack, values.local);
  if (wanted?.what === "delete" && options.confirm === undefined)
    await confirmDeletion(database, wanted, target);
  if (
    wanted === undefined &&
    config.databases.some(({ name, args: { paused } }) => name === database && paused === true)
  ) {
    throw new RefusedError(runsNotAtAll(database, choosing(target, values.stack)));
  }
  return wanted === undefined
    ? await once(verb, target, config.namespace, database)
    : await lookAt(wanted, target, config.namespace, database, options.json);
}

/** What is asked of the store; nothing for what a CronJob does. */
function wantedLook(verb: Verb, { json, sample, copy, cluster, confirm }: Options): Look | undefined {
  const only = (option: string, given: unknown, ...verbs: Verb[]): void => {
    if (given === undefined || given === false || verbs.includes(verb)) return;
    throw new UsageError(`--${option} is for ${verbs.join(" and ")} alone.`);
  };
  only("json", json, "list", "verify");
  only("sample", sample, "verify");
  only("copy", copy, "delete");
  only("cluster", cluster, "delete");
  only("confirm", confirm, "delete");
  switch (verb) {
    case "list":
      return { what: "list" };
    case "verify": {
      const percent = Number(sample ?? "100");
      if (!/^\d+(\.\d+)?$/.test(sample ?? "100") || percent > 100) {
        throw new UsageError(`--sample ${sample ?? ""}: it must be a number of percent, from 0 to 100.`);
      }
      return { what: "verify", percent };
    }
    case "delete":
      if ((copy === undefined) === (cluster === undefined)) {
        throw new UsageError("Say what to delete: one of --copy ID and --cluster UUID, as list shows them.");
      }
      if (copy !== undefined && !/^[0-9a-f]{8,64}$/.test(copy)) {
        throw new UsageError(
          `--copy ${copy}: it must be 8 or more digits of the copy's ID, as list shows it.`,
        );
      }
      return copy === undefined ? { what: "delete", cluster: cluster ?? "" } : { what: "delete", copy };
    default:
      return undefined;
  }
}

/** The database that is meant, of those that the stack has. */
export function chosenDatabase(
  { databases }: Pick<StackConfig, "databases">,
  named: string | undefined,
  stack: string,
): string {
  const names = databases.map(({ name }) => name);
  if (named === undefined) {
    const [only, ...others] = names;
    if (only !== undefined && others.length === 0) return only;
    throw new UsageError(`The stack ${stack} has several databases: name one of ${names.join(", ")}.`);
  }
  if (names.includes(named)) return named;
  const hint = didYouMean(named, names);
  throw new UsageError(
    `The stack ${stack} has no database ${named}, but ${names.join(", ")}${hint === undefined ? "" : `: ${hint}`}. ` +
      "Of one that is gone, restoreFrom reads what it left (docs/backup.md).",
  );
}

async function confirmDeletion(
  database: string,
  wanted: Extract<Look, { what: "delete" }>,
  { description }: Target,
): Promise<void> {
  const what =
    "copy" in wanted ? `The full copy ${wanted.copy}` : `ALL BACKUPS of the cluster ${wanted.cluster}`;
  const question = `${what} of ${database} on ${description} will be deleted, for good. Type the database's name to go on: `;
  if ((await answer(question, "--confirm")) !== database) throw notConfirmed();
}

function notConfirmed(): UsageError {
  return new UsageError("That was not its name. Nothing was deleted.");
}

async function once(verb: Verb, { kubectl }: Target, namespace: string, database: string): Promise<number> {
  const name = verb === "drill" ? drillName(database) : backupName(database);
  const job = jobNow(await requireCronJob(kubectl, name, namespace, database));
  console.error(`The Job ${job.metadata.name}, which goes on if this is ended:`);
  const { good, reason } = await runJob(kubectl, job, { onLine: console.error });
  if (good) {
    console.log(verb === "drill" ? "The drill went well." : "The copy is stored.");
    return 0;
  }
  throw new RefusedError(`${verb === "drill" ? "The drill failed" : "There is no copy"}: ${reason ?? ""}`);
}

async function lookAt(
  wanted: Look,
  { kubectl }: Target,
  namespace: string,
  database: string,
  json: boolean,
): Promise<number> {
  const found = await look(kubectl, { namespace, database }, wanted, console.error);
  return tell(found, json);
}

function tell(found: LookResult, json: boolean): number {
  switch (found.what) {
    case "list":
      console.log(json ? JSON.stringify(found.listing, null, 2) : describeListing(found.listing));
      return 0;
    case "verify": {
      const { losses, problems } = found.verdict;
      console.log(json ? JSON.stringify(found.verdict, null, 2) : describeVerdict(found.verdict));
      return losses.length + problems.length === 0 ? 0 : 1;
    }
    case "delete":
      if ("refused" in found) throw new RefusedError(`Nothing was deleted: ${found.refused}.`);
      console.log(`Deleted: ${found.deleted.copies} full copies, ${found.deleted.objects} objects in all.`);
      return 0;
    case "target":
      return 0;
  }
}
