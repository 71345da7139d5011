import { type CopiesReport, REPORT_KEYS } from "../../components/protocol/backup-report";
import { backupReportName } from "../../components/protocol/names";
import type { KubeClient } from "./client";

/** Writes down what a backup holds, where people and programs find it who have not the store's account. */
export async function writeCopies(
  client: Pick<KubeClient, "merge">,
  { namespace, name }: { namespace: string; name: string },
  report: CopiesReport,
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${backupReportName(name)}`;
  await client.merge(path, { data: { [REPORT_KEYS.copies]: JSON.stringify(report) } });
}
