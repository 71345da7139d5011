import { COMPONENT, INSTANCE } from "../../components/protocol/labels";
import { didYouMean } from "../../components/common/did-you-mean";
import { placeholders } from "../../render/secrets";
import { readStackFile } from "../../render/stack-file";
import { UsageError } from "../../render/usage-error";
import { topologyOf } from "../../stacks/engines";
import type { DatabaseConfig, StackConfig } from "../../stacks/types";
import { RefusedError } from "../deploy/refused-error";
import { configOf, PROJECT } from "../deploy/stack-config";
import type { Kubectl } from "../kube/kubectl";
import type { Pod, StatefulSet } from "../kube/objects";
import { runningMember } from "../status/roles";
import { LOCAL, STACK } from "./options";
import { choosing, type Target, targetToLookAt } from "./target";

/** The options of every command that works on one database, for `parseArgs`. */
export const DATABASE_OPTIONS = {
  ...STACK,
  ...LOCAL,
} as const;

/** One database of a stack, in its cluster. */
export interface ChosenDatabase {
  name: string;
  config: StackConfig;
  database: DatabaseConfig;
  target: Target;
  /** Options that choose its stack: `--local --stack dev`. */
  chosenBy: string;
}

/**
 * The database that a command was asked to work on.
 *
 * @param names - what was typed beside options: none is enough where the stack has one database
 * @throws UsageError for a name that the stack has not, or several
 */
export async function chooseDatabase(
  names: string[],
  { stack, local }: { stack: string; local: boolean },
): Promise<ChosenDatabase> {
  const file = readStackFile(stack, PROJECT, placeholders);
  const config = configOf(file);
  const database = databaseCalled(names, config.databases, file.stack);
  const target = await targetToLookAt(config, file.stack, local);
  return { name: database.name, config, database, target, chosenBy: choosing(target, stack) };
}

/** @throws UsageError */
export function databaseCalled(names: string[], databases: DatabaseConfig[], stack: string): DatabaseConfig {
  const known = databases.map(({ name }) => name);
  const [name = known.length === 1 ? known[0] : undefined, ...more] = names;
  const found = databases.find((database) => database.name === name);
  if (found && more.length === 0) return found;
  const one = name === undefined || more.length > 0;
  const advice = (one ? undefined : didYouMean(name, known)) ?? `there are: ${known.join(", ")}`;
  throw new UsageError(
    one ? `Name one database: ${advice}` : `The stack ${stack} has no database "${name}": ${advice}`,
  );
}

/** Labels by which kubectl selects a database's pods. */
export function selectorOf(name: string): string {
  return `${INSTANCE}=${name},${COMPONENT}=database`;
}

/** The pods of a database. @throws RefusedError if there is none */
export async function podsOf(kubectl: Kubectl, { name, config }: ChosenDatabase): Promise<Pod[]> {
  const pods = await kubectl.list<Pod>("pods", config.namespace, selectorOf(name));
  if (pods.length === 0) {
    throw new RefusedError(
      `${name} runs nowhere: there is no pod of it in the namespace ${config.namespace}.`,
    );
  }
  return pods;
}

/** The pod by which a database takes writes or, where members are equals, one that serves. @throws RefusedError */
export function servingPod(pods: Pod[], { name, database, chosenBy }: ChosenDatabase): string {
  const member = runningMember(topologyOf(database), pods, { reports: {} });
  if (member) return member.pod;
  throw new RefusedError(`No member of ${name} serves at the moment. Look at: status ${chosenBy}`);
}

/** Why nothing can be done with a database that is stopped. */
export function runsNotAtAll(name: string, chosenBy: string): string {
  return (
    `${name} is stopped, and has no member that runs. Where the stack file has \`paused\`, remove it, and deploy. ` +
    `Look at: status ${chosenBy}`
  );
}

/** The StatefulSet of a database that is to run. @throws RefusedError if it is not deployed, or stopped */
export async function runningSet(
  kubectl: Kubectl,
  { name, config, chosenBy }: ChosenDatabase,
): Promise<StatefulSet> {
  const set = await kubectl.get<StatefulSet>("statefulset", name, config.namespace);
  if (set === undefined)
    throw new RefusedError(`${name} is not deployed in the namespace ${config.namespace}.`);
  if (set.spec.replicas === 0) throw new RefusedError(runsNotAtAll(name, chosenBy));
  return set;
}

/** @throws RefusedError if a member lacks already: with another one away, the rest may be too few */
export async function requireAllReady(kubectl: Kubectl, chosen: ChosenDatabase): Promise<void> {
  const { spec, status } = await runningSet(kubectl, chosen);
  const { replicas = 1 } = spec;
  const ready = status?.readyReplicas ?? 0;
  if (ready >= replicas) return;
  throw new RefusedError(
    `Only ${ready} of ${replicas} members of ${chosen.name} are ready: one less may be too few. ` +
      `Look at: status ${chosen.chosenBy}`,
  );
}
