import { RefusedError } from "../deploy/refused-error";
import type { Kubectl } from "../kube/kubectl";
import type { CronJob } from "./job-manifest";

/** The CronJob that Jobs are made of. @throws RefusedError where the database has none */
export async function requireCronJob(
  kubectl: Kubectl,
  name: string,
  namespace: string,
  database: string,
): Promise<CronJob> {
  const found = await kubectl.get<CronJob>("cronjob", name, namespace);
  if (found) return found;
  throw new RefusedError(
    `The namespace ${namespace} has no CronJob ${name}: ${database} is not deployed with a backup.\n` +
      "Set `backup` for it in the stack file, and deploy it (docs/backup.md).",
  );
}
