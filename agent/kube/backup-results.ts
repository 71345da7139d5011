import type { Results } from "../backup/say-results";
import { BACKUP_RESULTS, type CopyResult, type DrillResult } from "../../components/protocol/backup";
import type { CopiesReport } from "../../components/protocol/backup-report";
import { unless, type KubeClient, type KubeObject } from "./client";

interface ResultsObject extends KubeObject {
  data?: Record<string, string>;
}

type Key = keyof typeof BACKUP_RESULTS;

/** The ConfigMap that Jobs write down in how they ended. It is there: nobody needs the right to make one. */
export class BackupResults {
  private readonly path: string;

  constructor(
    private readonly client: Pick<KubeClient, "get" | "merge">,
    namespace: string,
    name: string,
  ) {
    this.path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  }

  /** What cannot be read is absent: people are told by it, and nothing is decided. */
  async read(): Promise<Results> {
    const found = await unless(404, this.client.get<ResultsObject>(this.path));
    const of = (key: Key): object | undefined => {
      try {
        const value: unknown = JSON.parse(found?.data?.[BACKUP_RESULTS[key]] ?? "null");
        return typeof value === "object" && value !== null ? value : undefined;
      } catch {
        return undefined;
      }
    };
    const made = Date.parse(found?.metadata.creationTimestamp ?? "");
    return {
      since: Number.isNaN(made) ? undefined : made,
      copy: of("copy") as CopyResult | undefined,
      drill: of("drill") as DrillResult | undefined,
      goodDrill: of("goodDrill") as DrillResult | undefined,
    };
  }

  async write(key: Key, result: CopyResult | DrillResult | CopiesReport): Promise<void> {
    await this.client.merge(this.path, { data: { [BACKUP_RESULTS[key]]: JSON.stringify(result) } });
  }
}
