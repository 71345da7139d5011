import type { CopiesReport } from "../../components/protocol/backup-report";
import { BACKUP_FILES, BACKUP_RESULTS } from "../../components/protocol/backup";
import { backupName, backupReportName } from "../../components/protocol/names";
import { type ApiObject, type Kubectl, KubectlError } from "../kube/kubectl";

/** A CronJob, likewise. */
export interface CronJobObject extends ApiObject {
  spec: {
    schedule: string;
    suspend?: boolean;
    jobTemplate: { spec: { template: { spec: { volumes?: SecretSources[] } } } };
  };
  status?: { lastSuccessfulTime?: string };
}

interface SecretSources {
  name: string;
  projected?: {
    sources?: { secret?: { name: string; optional?: boolean; items?: { key: string }[] } }[];
  };
}

interface ConfigMap extends ApiObject {
  data?: Record<string, string>;
}

/** What of a database's backup is in the cluster. */
export interface BackupObserved {
  /** What makes its full copies; absent where nothing does. */
  cronJob?: CronJobObject;
  /** What Jobs have written down of the store. */
  copies?: CopiesReport;
  /** Secrets that it needs and that are not there, with the keys that are looked for in them. */
  missingSecrets: { name: string; keys: string[] }[];
}

/** Looks at a database's backup. No Secret's value is asked for. */
export async function observeBackup(
  kubectl: Kubectl,
  namespace: string,
  database: string,
): Promise<BackupObserved> {
  const cronJob = await kubectl.get<CronJobObject>("cronjob", backupName(database), namespace);
  if (!cronJob) return { missingSecrets: [] };
  const report = await kubectl.get<ConfigMap>("configmap", backupReportName(database), namespace);
  const copies = readCopies(report?.data?.[BACKUP_RESULTS.copies]);
  const missingSecrets: BackupObserved["missingSecrets"] = [];
  for (const { name, keys } of secretsOf(cronJob)) {
    if (!(await isThere(kubectl, name, namespace))) missingSecrets.push({ name, keys });
  }
  return { cronJob, ...(copies ? { copies } : {}), missingSecrets };
}

/** What cannot be read says nothing: the store has the truth. */
function readCopies(text: string | undefined): CopiesReport | undefined {
  try {
    const found = JSON.parse(text ?? "null") as CopiesReport | null;
    return Array.isArray(found?.windows) && typeof found.copies === "number" ? found : undefined;
  } catch {
    return undefined;
  }
}

function secretsOf(cronJob: CronJobObject): { name: string; keys: string[] }[] {
  const { volumes = [] } = cronJob.spec.jobTemplate.spec.template.spec;
  return volumes
    .flatMap(({ projected }) => projected?.sources ?? [])
    .flatMap(({ secret }) => (secret && secret.optional !== true ? [secret] : []))
    .map(({ name, items = [] }) => ({ name, keys: items.map(({ key }) => key) }))
    .filter(({ keys }) => keys.some((key) => (Object.values(BACKUP_FILES) as string[]).includes(key)));
}

/** Who may not look is told nothing of it. */
async function isThere(kubectl: Kubectl, name: string, namespace: string): Promise<boolean> {
  try {
    await kubectl.run(["get", "secret", name, "-n", namespace, "-o", "name"]);
    return true;
  } catch (error) {
    if (error instanceof KubectlError) return !error.notFound;
    throw error;
  }
}
