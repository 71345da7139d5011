import { PAUSED } from "../../components/protocol/annotations";
import { INSTANCE } from "../../components/protocol/labels";
import { typed } from "../../render/installation";
import type { Pod, StatefulSet } from "../kube/objects";
import { type Finding, notice, problem } from "./findings";
import type { Observed } from "./observe";

/** Whether no member of a database is to run. */
export function isStopped({ spec }: StatefulSet): boolean {
  return spec.replicas === 0;
}

/** How many members a stopped database has: as it was paused, else as many as have volumes. */
export function membersOfSet({ metadata }: StatefulSet, { claims }: Pick<Observed, "claims">): number {
  const paused = Number(metadata.annotations?.[PAUSED]);
  if (paused > 0) return paused;
  return claims.filter((claim) => claim.metadata.labels?.[INSTANCE] === metadata.name).length;
}

/** What is to be said of a database of which no member is to run; nothing where one is. */
export function stoppedFindings(
  { name, paused }: Observed["databases"][number],
  set: StatefulSet,
  pods: readonly Pod[],
  observed: Pick<Observed, "claims" | "chosenBy" | "namespace">,
): Finding[] | undefined {
  if (!isStopped(set)) return undefined;
  const up = typed("up", observed.chosenBy);
  const byPause = PAUSED in (set.metadata.annotations ?? {});
  if (paused === true) {
    const text =
      pods.length > 0
        ? `it is being paused: ${pods.length} of its pods still stop`
        : "it is paused: nobody can use it, and its data, Secrets and names are kept";
    return [notice(name, text, `to go on: remove paused from the stack file, and ${up}`)];
  }
  if (byPause) return [problem(name, "it is paused, and the stack file does not have it so", up)];
  const replicas = Math.max(1, membersOfSet(set, observed));
  return [
    problem(
      name,
      "somebody has stopped it: its StatefulSet is scaled to none",
      `kubectl -n ${observed.namespace} scale statefulset ${name} --replicas=${replicas}; or write paused: true into the stack file`,
    ),
  ];
}

/** What the stack file has paused, and runs. */
export function stillRuns(
  { name, paused }: Observed["databases"][number],
  { chosenBy }: Pick<Observed, "chosenBy">,
): Finding[] {
  if (paused !== true) return [];
  return [problem(name, "it is to be paused, and runs", typed("up", chosenBy))];
}
