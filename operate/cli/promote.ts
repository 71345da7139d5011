import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { FENCED } from "../../components/protocol/annotations";
import { runCommand } from "../../render/command";
import { typed } from "../../render/installation";
import { lagText } from "../../agent/core/lag";
import { RefusedError } from "../deploy/refused-error";
import { type MarkedDatabase, markedDatabase } from "../sites/marked-database";
import { promote as promoteDatabase } from "../sites/promotion";
import { databaseBehind } from "../sites/source-host";
import { confirm } from "./ask";
import { chooseDatabase, DATABASE_OPTIONS } from "./chosen-database";
import { untilHealthyAgain } from "./healthy-again";
import { YES } from "./options";
import { isShownAsItIs } from "./shown-errors";

export const USAGE = `usage: ${typed("promote", "[DATABASE]", "[options]")}

Lets a database that follows another one lead in its place, for good. The source, where it is a database of the same cluster, is
fenced first: nobody can write to it any more; and the copy is promoted when it has all of what the source has acknowledged. Where that does
not come about, nothing is promoted, and the source goes on. A source elsewhere cannot be fenced from here: see to it yourself that
nobody writes to it.

  --stack NAME   stack: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev)
  --local        on the local cluster
  --accept-loss  promote it with what it has, where its source is gone or elsewhere
  --yes          do not ask
  --help         show this`;

/** The command `promote`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => promote(args), isShownAsItIs);
}

async function promote(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...DATABASE_OPTIONS, "accept-loss": { type: "boolean", default: false }, ...YES },
  });
  const chosen = await chooseDatabase(positionals, values);
  const { name, config, database, target } = chosen;
  const { namespace } = config;
  const { follow } = database.args;
  if (follow === undefined)
    throw new RefusedError(`${name} follows nobody, as the stack file has it: there is nothing to promote.`);
  const copy = markedDatabase(target.kubectl, { namespace, name });
  const place = databaseBehind(follow.host, namespace);
  const source = place && (await ifThere(markedDatabase(target.kubectl, place)));
  const acceptLoss = values["accept-loss"];
  console.log(await standing(copy));
  const fencing = source
    ? `${source.called} is fenced first.`
    : `Its source ${follow.host} cannot be fenced from here: whoever can write to it must have been stopped.`;
  const question = `Let ${name} lead on ${target.description} in place of ${follow.host}, for good? ${fencing}`;
  if (!values.yes && !(await confirm(question, "--yes"))) return 1;
  const clock = (): number => performance.now();
  const begun = clock();
  const tell = (line: string): void => {
    console.log(line);
  };
  await promoteDatabase({ copy, source, acceptLoss, tell, clock, pause: async (ms) => sleep(ms) });
  console.log(
    `${name}: promoted, after ${((clock() - begun) / 1000).toFixed(1)} s. Remove \`follow\` from the stack file.`,
  );
  if (source) {
    console.log(
      `${source.called} stays fenced. Never let it take writes again while ${name} leads; to give ${name} up in its favour: ${source.taking(FENCED)}`,
    );
  }
  return await untilHealthyAgain(chosen);
}

async function ifThere(database: MarkedDatabase): Promise<MarkedDatabase | undefined> {
  return (await database.words()) === undefined ? undefined : database;
}

/** How far it is behind, before somebody decides. */
async function standing(copy: MarkedDatabase): Promise<string> {
  const following = (await copy.leader())?.status.following;
  if (following === undefined) return `${copy.called}: no member of it copies from a source at the moment`;
  const { streaming, source, behind, trouble } = following;
  const lag = behind
    ? `, behind by ${lagText(behind)} and ${Math.round(behind.seconds)} s, as far as it knows`
    : "";
  return streaming
    ? `${copy.called} follows ${source}${lag}`
    : `${copy.called}: nothing comes in from ${source}${lag}${trouble === undefined ? "" : `: ${trouble}`}`;
}
