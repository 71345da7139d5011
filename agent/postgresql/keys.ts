import { isCode, unless, type KubeClient, type KubeObject } from "../kube/client";
import { merged, settingsChange } from "./settings-change";

/** What a primary changes each time it renews its lock. */
const LOCK = ["leader", "renewTime", "acquireTime"] as const;

/** On Endpoints that Kubernetes makes no EndpointSlices of. */
const UNMIRRORED = "endpointslice.kubernetes.io/skip-mirror";

/** For how long a lock that nobody renews may still be held: Patroni's `ttl` and a little more, ms. */
const LOCK_LIVES = 22_000;

/** Between two looks at it, ms. */
const LOOK_EVERY = 2_000;

/** What of Patroni's state is the election's: who has every acknowledged write. */
const ELECTION = ["leader", "sync_standby", "quorum"] as const;

/**
 * Patroni's own state in the Kubernetes API: annotations of the Endpoints `<name>` (lock and address),
 * `<name>-config` and `<name>-sync`. The objects are made with the stack. The agent touches what is in them only when it was
 * lost, or when a bootstrap makes it void.
 */
export class PatroniKeys {
  /** The lock as it was when this member began to watch it. */
  private watched: { self: string; lock: Record<string, string> } | undefined;

  constructor(
    private readonly client: KubeClient,
    private readonly namespace: string,
    private readonly name: string,
    /** By which Patroni finds its objects. */
    private readonly labels: Record<string, string>,
    private readonly pause = async (ms: number): Promise<unknown> =>
      new Promise((resolve) => setTimeout(resolve, ms)),
  ) {}

  /** What the election goes by, as text; `undefined` when it is lost. Rejects when that cannot be known. */
  async election(): Promise<string | undefined> {
    const annotations = await this.annotations("sync");
    if (!annotations?.["leader"]) return undefined;
    return JSON.stringify(Object.fromEntries(ELECTION.map((key) => [key, annotations[key]])));
  }

  /**
   * Makes again what is lost: the settings, without which writes would no longer be synchronous, and what the
   * election goes by, without which any member could become the primary, whatever it lacks.
   *
   * @param election - as `election()` gave it last; of no use where none is held: a copy of another database acknowledges nothing.
   * @returns whether all of it is there now.
   */
  async restore(settings: object, election: string | undefined, elects = true): Promise<boolean> {
    if ((await this.annotations("config"))?.["config"] === undefined) {
      await this.write("config", { config: JSON.stringify(settings) });
    }
    if (!elects || (await this.election()) !== undefined) return true;
    if (election === undefined) return false;
    await this.write("sync", JSON.parse(election) as Record<string, string>);
    return true;
  }

  /** Who has the lock, and when it was last renewed, as Patroni wrote it; nothing where nobody has it. */
  async lock(): Promise<{ leader?: string; renewTime?: string }> {
    const { leader, renewTime } = (await this.annotations("")) ?? {};
    return { ...(leader === undefined ? {} : { leader }), ...(renewTime === undefined ? {} : { renewTime }) };
  }

  /**
   * Makes the settings what is wanted, if they are there; what in them is not ours stays. Only as they were read: another
   * writer's change is looked at anew next time.
   * @returns whether they were changed.
   */
  async correct(settings: object): Promise<boolean> {
    const found = (await unless(404, this.client.get<KubeObject>(this.path("config"))))?.metadata;
    const config = found?.annotations?.["config"];
    if (found === undefined || config === undefined) return false;
    const present: unknown = JSON.parse(config);
    const change = settingsChange(present, settings);
    if (change === undefined) return false;
    const { resourceVersion } = found;
    const annotations = { config: JSON.stringify(merged(present, change)) };
    await this.client.merge(this.path("config"), { metadata: { resourceVersion, annotations } });
    return true;
  }

  /** Who holds the primary's lock, by its last word. */
  async leader(): Promise<string | undefined> {
    return (await this.annotations(""))?.["leader"] ?? undefined;
  }

  /**
   * Rejects when another than `self` holds the primary's lock and renews it. What a dead primary left behind is watched for
   * as long as the lock lives: no clock of another machine is believed.
   */
  async checkLock(self: string): Promise<void> {
    const first = (await this.annotations("")) ?? {};
    this.watched = { self, lock: first };
    if (!first["leader"] || first["leader"] === self) return;
    for (let waited = 0; waited < LOCK_LIVES; waited += LOOK_EVERY) {
      await this.pause(LOOK_EVERY);
      const now = await this.annotations("");
      if (!now?.["leader"]) return;
      this.refuse(now);
    }
  }

  /** Rejects a lock that is another one's, and not what was watched without a change. */
  private refuse(lock: Record<string, string> = {}): void {
    const holder = lock["leader"];
    if (!this.watched || !holder || holder === this.watched.self) return;
    const { lock: before } = this.watched;
    if (LOCK.every((key) => lock[key] === before[key])) return;
    throw new Error(`${holder} holds the lock of the primary, and renews it`);
  }

  /**
   * Makes everything void that speaks of an earlier cluster; `leader` alone may be elected next. That is written before the
   * lock is taken away, and the lock only from whom it was seen with: nobody is elected in between. Rejects when somebody was.
   */
  async begin(settings: object, leader: string | undefined): Promise<void> {
    const seen = await unless(404, this.client.get<KubeObject>(this.path("")));
    this.refuse(seen?.metadata.annotations);
    await this.write("failover", { leader: null, member: null, scheduled_at: null });
    await this.write("sync", { leader: leader ?? null, sync_standby: null, quorum: leader ? "0" : null });
    const lock = { leader: null, optime: null, slots: null, retain_slots: null, failsafe: null };
    await this.write("", lock, seen?.metadata.resourceVersion);
    await this.write("config", { initialize: null, history: null, config: JSON.stringify(settings) });
  }

  /** Gives a member's lock up, if it has it: the others elect at once. Nothing of its server may run any more. */
  async release(member: string): Promise<void> {
    const held = (await unless(404, this.client.get<KubeObject>(this.path(""))))?.metadata;
    if (held?.annotations?.["leader"] !== member) return;
    const { resourceVersion } = held;
    // Only as it was read: another member may have taken it meanwhile.
    await this.client.merge(this.path(""), { metadata: { resourceVersion, annotations: { leader: null } } });
  }

  /**
   * Whether clients are led to who has the lock. Patroni writes the address of that member, whatever it is; while it takes no writes,
   * Kubernetes is kept from handing the address on.
   *
   * @see https://kubernetes.io/docs/concepts/services-networking/service/#endpointslice-mirroring
   */
  async lead(clients: boolean): Promise<void> {
    const found = (await unless(404, this.client.get<KubeObject>(this.path(""))))?.metadata;
    if (found === undefined || (found.labels?.[UNMIRRORED] === "true") !== clients) return;
    await this.client.merge(this.path(""), {
      metadata: { labels: { [UNMIRRORED]: clients ? null : "true" } },
    });
  }

  private path(key: string): string {
    return `/api/v1/namespaces/${this.namespace}/endpoints/${this.object(key)}`;
  }

  private object(key: string): string {
    return key === "" ? this.name : `${this.name}-${key}`;
  }

  private async annotations(key: string): Promise<Record<string, string> | undefined> {
    return (await unless(404, this.client.get<KubeObject>(this.path(key))))?.metadata.annotations;
  }

  /** @param version - refuses the write when the object has another one by now. */
  private async write(
    key: string,
    annotations: Record<string, string | null>,
    version?: string,
  ): Promise<void> {
    const { labels } = this;
    const at = version === undefined ? {} : { resourceVersion: version };
    try {
      await this.client.merge(this.path(key), { metadata: { ...at, labels, annotations } });
    } catch (error) {
      if (!isCode(error, 404)) throw error;
      // Who could make some could lead the clients of any database of the namespace to himself.
      throw new Error(
        `the Endpoints ${this.object(key)}, which Patroni keeps its state in, are not there: deploy the stack again, ` +
          "which makes them",
      );
    }
  }
}
