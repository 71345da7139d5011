import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { MAINTENANCE, REPLACE_NOW } from "../../components/protocol/annotations";
import { runCommand } from "../../render/command";
import { typed } from "../../render/installation";
import { YES } from "./options";
import { isShownAsItIs } from "./shown-errors";
import { chooseDatabase, DATABASE_OPTIONS, requireAllReady } from "./chosen-database";
import type { Kubectl } from "../kube/kubectl";
import type { StatefulSet } from "../kube/objects";
import { confirm } from "./ask";
import { podCalled } from "./logs";
import { untilHealthyAgain } from "./healthy-again";

/** How long the controller of StatefulSets may take to see a change. */
const SEEN_WITHIN_SECONDS = 30;

export const USAGE = `usage: ${typed("restart", "[DATABASE]", "[options]")}

Restarts the members of a database, one after the other; the primary hands over first. DATABASE may be left out where the stack has one.
What was deployed and waits for a window of maintenance comes with it. It is refused while a member is not ready.

  --stack NAME  stack: NAME as in Pulumi.NAME.yaml, or the path of a stack file (default: dev)
  --local       on the local cluster
  --member N    the member with this ordinal alone
  --yes         do not ask
  --help        show this`;

/** The command `restart`. @returns the exit status */
export async function main(args: string[]): Promise<number> {
  return await runCommand(USAGE, () => restart(args), isShownAsItIs);
}

async function restart(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...DATABASE_OPTIONS,
      member: { type: "string" },
      ...YES,
    },
  });
  const chosen = await chooseDatabase(positionals, values);
  const { name, config, target } = chosen;
  const pod = values.member === undefined ? undefined : podCalled(name, values.member);
  await requireAllReady(target.kubectl, chosen);
  const what = pod ?? `all members of ${name}, one after the other,`;
  if (!values.yes && !(await confirm(`Restart ${what} on ${target.description}?`, "--yes"))) return 1;
  const inNamespace = ["-n", config.namespace];
  if (pod === undefined) {
    await target.kubectl.run(["rollout", "restart", `statefulset/${name}`, ...inNamespace]);
    await replaceNow(target.kubectl, name, config.namespace);
  } else await target.kubectl.run(["delete", "pod", pod, ...inNamespace]);
  return await untilHealthyAgain(chosen);
}

/** Where members replace their pods in windows, has them replace those that are there now at once. */
async function replaceNow(kubectl: Kubectl, name: string, namespace: string): Promise<void> {
  for (let turn = 0; turn < SEEN_WITHIN_SECONDS; turn++) {
    const set = await kubectl.get<StatefulSet>("statefulset", name, namespace);
    if (set?.metadata.annotations?.[MAINTENANCE] === undefined) return;
    const { observedGeneration = 0, updateRevision } = set.status ?? {};
    if (updateRevision !== undefined && observedGeneration >= (set.metadata.generation ?? 0)) {
      const now = `${REPLACE_NOW}=${updateRevision}`;
      await kubectl.run(["annotate", "--overwrite", `statefulset/${name}`, now, "-n", namespace]);
      return;
    }
    await sleep(1000);
  }
  throw new Error(
    `${name}: Kubernetes has not seen the restart within ${SEEN_WITHIN_SECONDS} s; run this again, or the pods are replaced in the next window.`,
  );
}
