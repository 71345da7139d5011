import { claimName, growthName } from "../../components/protocol/names";
import { GROWN_FILE } from "../../components/protocol/growth";
import { parseBytes } from "../../components/protocol/quantity";
import type { GrowthStore, OwnClaim } from "../core/growth";
import type { KubeClient, KubeObject } from "./client";

interface Claim extends KubeObject {
  spec: { resources: { requests: { storage: string } } };
  status?: { capacity?: { storage?: string } };
}

interface Written extends KubeObject {
  data?: Record<string, string>;
}

/** The claim of this member's volume, and the ConfigMap in which the database's members write down how large their volumes are to be. */
export class KubeGrowth implements GrowthStore {
  private readonly claimPath: string;
  private readonly writtenPath: string;

  constructor(
    private readonly client: Pick<KubeClient, "get" | "merge">,
    namespace: string,
    database: string,
    ordinal: number,
  ) {
    const core = `/api/v1/namespaces/${namespace}`;
    this.claimPath = `${core}/persistentvolumeclaims/${claimName(database, ordinal)}`;
    this.writtenPath = `${core}/configmaps/${growthName(database)}`;
  }

  async claim(): Promise<OwnClaim> {
    const { spec, status } = await this.client.get<Claim>(this.claimPath);
    const requested = parseBytes(spec.resources.requests.storage) ?? 0;
    return { requested, capacity: parseBytes(status?.capacity?.storage ?? "") ?? 0 };
  }

  async grow(bytes: number): Promise<void> {
    await this.client.merge(this.claimPath, {
      spec: { resources: { requests: { storage: quantity(bytes) } } },
    });
  }

  async written(): Promise<number> {
    const { data } = await this.client.get<Written>(this.writtenPath);
    return parseBytes(data?.[GROWN_FILE] ?? "") ?? 0;
  }

  async write(bytes: number): Promise<void> {
    await this.client.merge(this.writtenPath, { data: { [GROWN_FILE]: quantity(bytes) } });
  }
}

/** In whole GiB or MiB where it comes to that: people read it. */
function quantity(bytes: number): string {
  for (const [unit, size] of [
    ["Gi", 2 ** 30],
    ["Mi", 2 ** 20],
  ] as const) {
    if (bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}
