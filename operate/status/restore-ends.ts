import { INSTANCE } from "../../components/protocol/labels";
import type { Pod } from "../kube/objects";
import { agentReason, agentState } from "./pod-words";

/** A restore that failed is tried again after 30 s: when that has come to nothing as well, it is told, ms. */
const FAILED_FOR = 45_000;

/** How long a database may take for all else than its restore, ms. */
const REST_WITHIN = 600_000;

/** Says when waiting for a database that is restored is over, and why; nothing while it goes on, however long the copy takes. */
export function restoreEnds(
  database: string,
  clock: () => number = () => performance.now(),
): (pods: readonly Pod[]) => string | undefined {
  let failedAt: number | undefined;
  let moved = clock();
  return (pods) => {
    const now = clock();
    const own = pods.filter(({ metadata }) => metadata.labels?.[INSTANCE] === database);
    const failed = own.find((pod) => agentReason(pod) === "RestoreFailed");
    if (own.some((pod) => agentReason(pod) === "Restoring")) moved = now;
    if (failed) failedAt ??= now;
    if (failed && failedAt !== undefined && now - failedAt >= FAILED_FOR) {
      return `${failed.metadata.name}: ${agentState(failed) ?? "it is not restored"}`;
    }
    return now - moved >= REST_WITHIN ? "not ready after 600 s" : undefined;
  };
}
