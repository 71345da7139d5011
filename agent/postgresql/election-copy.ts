import type { PatroniKeys } from "./keys";
import type { PatroniStatus } from "./status";

/** For how long what the election goes by is taken for the present, ms. */
const FRESH = 5_000;

/**
 * What Patroni's election goes by, as the primary last read it: kept by members in case Patroni's own copy is lost. A loss is no
 * news: without its copy Patroni changes nothing of what it went by.
 */
export class ElectionCopy {
  value: string | undefined;
  private at = -Infinity;
  private key: string | undefined;
  private timeline: number | undefined;

  constructor(private readonly keys: Pick<PatroniKeys, "election">) {}

  /** Reads it where this member is the primary: at once while it is unknown or the primary's replicas change, else now and then. */
  async learn(own: PatroniStatus): Promise<void> {
    if (own.role !== "primary") return;
    if (own.timeline !== this.timeline) this.forget();
    this.timeline = own.timeline;
    const replicas = own.replication?.map(({ application_name: name, sync_state: sync }) => [name, sync]);
    const key = JSON.stringify(replicas);
    const isFresh = key === this.key && performance.now() - this.at < FRESH;
    if (this.value !== undefined && isFresh) return;
    try {
      this.value = (await this.keys.election()) ?? this.value;
      this.at = performance.now();
      this.key = key;
    } catch {
      // The API server is away: what was read last holds on.
    }
  }

  /** What was read speaks of an earlier cluster, or of an earlier primary's time. */
  forget(): void {
    this.value = undefined;
  }
}
