import { setTimeout as sleep } from "node:timers/promises";
import { wantedBackup } from "../../components/backup/settings";
import { RESTORABLE } from "../../components/protocol/annotations";
import { INSTANCE } from "../../components/protocol/labels";
import type { StackConfig } from "../../stacks/types";
import type { Kubectl } from "../kube/kubectl";
import { OURS } from "../kube/labels";
import type { Pod } from "../kube/objects";
import { agentNotices } from "./pod-words";

/** A store that refuses is named after 10 s; one that is there has something stored sooner. */
const WITHIN_SECONDS = 30;

/**
 * Waits until each database that is to have a backup says that something is stored in it, or what keeps it from that: a wrong
 * endpoint or key is known before the first deployment ends, and not when somebody needs the backup. What it says stands in the
 * status.
 */
export async function backupsBegin(
  kubectl: Kubectl,
  { namespace, databases }: Pick<StackConfig, "namespace" | "databases">,
  { withinSeconds = WITHIN_SECONDS, every = 1000 }: { withinSeconds?: number; every?: number } = {},
): Promise<void> {
  const backedUp = databases.filter(
    ({ args }) => wantedBackup(args.backup) !== undefined && args.paused !== true,
  );
  const deadline = performance.now() + withinSeconds * 1000;
  while (backedUp.length > 0) {
    const pods = await kubectl.list<Pod>("pods", namespace, OURS);
    const silent = backedUp.filter(
      ({ name }) => !pods.some((pod) => pod.metadata.labels?.[INSTANCE] === name && hasSaid(pod)),
    );
    if (silent.length === 0 || performance.now() >= deadline) return;
    await sleep(every);
  }
}

function hasSaid(pod: Pod): boolean {
  const stored = (pod.metadata.annotations?.[RESTORABLE] ?? "") !== "";
  return stored || agentNotices(pod).some(({ problem }) => problem.includes("backup"));
}
