import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { BACKUP_RESULTS } from "../protocol/backup";
import type { CopiesReport } from "../protocol/backup-report";
import type { BackupArgs, BackupDestinationArgs } from "./args";
import { BACKUP_DEFAULTS } from "./defaults";

/** What is known of a database's backup when its stack is deployed. `status` and `backup list` know more, and later. */
export interface BackupOutput {
  /** Whether there is one. */
  enabled: boolean;
  /** Where it lies: `s3://bucket/prefix at https://…`, or the claim. */
  destination?: string;
  /** How long one can go back. */
  retention?: string;
  /** How much of the last writes may be lost with all volumes. */
  recoveryPoint?: string;
  /** Secret with the key, without which nobody reads it. */
  keySecretName?: string;
  /** How many full copies there are, and when the last one was finished, as of the last one. */
  copies?: number;
  /** When the last full copy was finished, as `2026-01-31T10:15:00Z`. */
  lastCopy?: string;
  /** The oldest moment that could be restored when the last full copy was made. */
  restorableFrom?: string;
  /** The newest one then; more is stored since. */
  restorableUntil?: string;
}

/** What is put out of a backup. @param report the ConfigMap that Jobs write into; it is read anew at each deployment */
export function backupOutput(
  backup: BackupArgs,
  keySecretName: pulumi.Input<string>,
  report: k8s.core.v1.ConfigMap,
  name: string,
  parent: pulumi.Resource,
): pulumi.Output<BackupOutput> {
  const written = k8s.core.v1.ConfigMap.get(`${name}-found`, report.id, { parent });
  return pulumi.all([pulumi.output(keySecretName), written.data]).apply(([key, data]) => ({
    enabled: true,
    destination: describePlace(backup.destination ?? {}),
    retention: backup.retention ?? BACKUP_DEFAULTS.retention,
    recoveryPoint: backup.recoveryPoint ?? BACKUP_DEFAULTS.recoveryPoint,
    keySecretName: key,
    ...found((data as Record<string, string> | undefined)?.[BACKUP_RESULTS.copies]),
  }));
}

/** What no Job has written yet, or in another way, is not known. */
function found(text: string | undefined): Partial<BackupOutput> {
  let report: Partial<CopiesReport> | null;
  try {
    report = JSON.parse(text ?? "null") as Partial<CopiesReport> | null;
  } catch {
    return {};
  }
  if (typeof report?.copies !== "number" || !Array.isArray(report.windows)) return {};
  const moment = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
  const [first] = report.windows;
  const last = report.windows.at(-1);
  return {
    copies: report.copies,
    ...(report.last ? { lastCopy: moment(report.last.finished) } : {}),
    ...(first ? { restorableFrom: moment(first.from) } : {}),
    ...(last ? { restorableUntil: moment(last.to) } : {}),
  };
}

function describePlace({ s3, volume }: BackupDestinationArgs): string {
  const prefix = (one: string | undefined): string => (one === undefined ? "" : `/${one}`);
  if (s3 === undefined) return `claim ${volume?.claim ?? ""}${prefix(volume?.prefix)}`;
  const { bucket, region = BACKUP_DEFAULTS.region, endpoint } = s3;
  return `s3://${bucket}${prefix(s3.prefix)} at ${endpoint?.replace(/\/$/, "") ?? `Amazon S3, ${region}`}`;
}
