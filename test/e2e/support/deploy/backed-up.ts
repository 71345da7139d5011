import { RESTORABLE } from "../../../../components/protocol/annotations";
import { BACKUP_FILES, BACKUP_RESULTS } from "../../../../components/protocol/backup";
import type { CopiesReport } from "../../../../components/protocol/backup-report";
import { RECOVERY_POINT_SECONDS } from "../validate/verdict";
import { backupReportName } from "../../../../components/protocol/names";
import type { ObjectStore } from "../../../../cluster/object-store";
import { until } from "../../../../cluster/wait";
import type { ApiObject, Kubectl } from "../../../../operate/kube/kubectl";
import type { Pod } from "../../../../operate/kube/objects";
import type { Deployment } from "./deployment";

const CA_SECRET = "store-ca";
const ACCOUNT_SECRET = "store-account";

/** `backup` of a database that is stored in the test bed's object store, in a folder of its own. */
export function backupIn(
  { bucket, endpoint, region }: Pick<ObjectStore, "bucket" | "endpoint" | "region">,
  prefix: string,
): Record<string, unknown> {
  const credentials = { existingSecret: ACCOUNT_SECRET };
  return {
    destination: {
      s3: { bucket, endpoint, region, prefix, caSecret: CA_SECRET, credentials },
    },
    recoveryPoint: `${RECOVERY_POINT_SECONDS}s`,
    image: "stateful.test/restic:0.18",
    limits: { memory: "768Mi" },
  };
}

/** Secrets with which the store is reached, in a namespace that is there. */
export function storeSecrets(
  { ca, accessKeyId, secretAccessKey }: Pick<ObjectStore, "ca" | "accessKeyId" | "secretAccessKey">,
  namespace: string,
): object[] {
  const secret = (name: string, stringData: Record<string, string>): object => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace },
    stringData,
  });
  return [
    secret(CA_SECRET, { [BACKUP_FILES.ca]: ca }),
    secret(ACCOUNT_SECRET, {
      [BACKUP_FILES.accessKeyId]: accessKeyId,
      [BACKUP_FILES.secretAccessKey]: secretAccessKey,
    }),
  ];
}

/** Deploys databases that are backed up to a store, with what it is reached by, and waits until they are healthy. */
export async function deployStored(
  kubectl: Kubectl,
  deployment: Deployment,
  store: ObjectStore,
): Promise<void> {
  await deployment.apply();
  for (const secret of storeSecrets(store, deployment.namespace))
    await kubectl.run(["apply", "--server-side", "--filename=-"], JSON.stringify(secret));
  await deployment.healthy();
}

/** A database, and its namespace. */
export interface Place {
  namespace: string;
  database: string;
}

/** A result of a database's Jobs as its report has it; undefined before there is one. */
export async function reported<T>(
  kubectl: Kubectl,
  { namespace, database }: Place,
  key: keyof typeof BACKUP_RESULTS,
): Promise<T | undefined> {
  const report = await kubectl.get<ApiObject & { data?: Record<string, string> }>(
    "configmap",
    backupReportName(database),
    namespace,
  );
  const text = report?.data?.[BACKUP_RESULTS[key]];
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

/** Waits until a cluster has a full copy in the store. */
export async function untilCopied(
  kubectl: Kubectl,
  { cluster, ...place }: Place & { cluster: string },
  timeoutSeconds: number,
): Promise<void> {
  const copied = async (): Promise<boolean> => {
    const told = await reported<CopiesReport>(kubectl, place, "copies");
    return told?.cluster === cluster && told.copies > 0;
  };
  await until(copied, { what: `a full copy of ${place.database}`, timeoutSeconds });
}

/** Until when all of a database is stored, as one of its pods says it; 0 where none does. ms since 1970 */
export async function storedUntil(kubectl: Kubectl, namespace: string, database: string): Promise<number> {
  const pods = await kubectl.list<Pod>("pods", namespace, `app.kubernetes.io/instance=${database}`);
  const said = pods.map(({ metadata }) => Date.parse(metadata.annotations?.[RESTORABLE] ?? ""));
  return Math.max(0, ...said.filter((moment) => !Number.isNaN(moment)));
}
