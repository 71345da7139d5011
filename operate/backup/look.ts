import type { Look, LookResult } from "../../agent/backup/look/request";
import { backupName } from "../../components/protocol/names";
import { RefusedError } from "../deploy/refused-error";
import type { Kubectl } from "../kube/kubectl";
import { requireCronJob } from "./cron-job";
import { lookJob } from "./job-manifest";
import { runJob } from "./run-job";

/** How long the pod may take to begin, s. */
const BEGIN_WITHIN = 180;

/** Has the store asked from within the cluster. @throws RefusedError that says why there is no answer */
export async function look(
  kubectl: Kubectl,
  { namespace, database }: { namespace: string; database: string },
  wanted: Look,
  onLine: (line: string) => void,
): Promise<LookResult> {
  const cronJob = await requireCronJob(kubectl, backupName(database), namespace, database);
  const { good, result, reason } = await runJob(kubectl, lookJob(cronJob, wanted), {
    onLine,
    beginWithinSeconds: BEGIN_WITHIN,
    forget: true,
  });
  const found = result as LookResult | undefined;
  if (good && found?.what === wanted.what) return found;
  throw new RefusedError(
    good
      ? "The Job ended well, and said nothing: the database's program is another version than this command's. Deploy the stack again."
      : `The backup of ${database} could not be looked at: ${reason ?? ""}`,
  );
}
