import { monotonic, type Clock } from "../core/clock";
import { isCode, type KubeClient, type KubeObject } from "../kube/client";

/** For how long a lease that nobody renews is still somebody's, ms. */
const LASTS = 60_000;

/** Between two renewals, and between two looks at somebody else's, ms. */
const LOOK_EVERY = 15_000;

interface LeaseObject extends KubeObject {
  spec?: { holderIdentity?: string | null; renewTime?: string | null };
}

/** The right to change a database's backups, of one Job at a time: an object of the API that is renewed while it works. */
export class Lease {
  private renewedAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param path - of the object, which is there.
   * @param holder - who asks, another one in each pod.
   */
  constructor(
    private readonly client: Pick<KubeClient, "get" | "replace">,
    private readonly path: string,
    private readonly holder: string,
    private readonly clock: Clock = monotonic,
    private readonly sleep = (time: number): Promise<void> =>
      new Promise((resolve) => setTimeout(resolve, time)),
  ) {}

  /**
   * Waits until nobody else has it, and takes it. One that has not been renewed for a minute, by this pod's own clock, is nobody's.
   * @throws Error when somebody else still renews it after `patience` ms.
   */
  async take(patience: number): Promise<void> {
    const end = this.clock() + patience;
    let seen = { version: "", at: -Infinity };
    for (;;) {
      const found = await this.client.get<LeaseObject>(this.path);
      const { resourceVersion: version = "" } = found.metadata;
      const other = found.spec?.holderIdentity;
      if (seen.version !== version) seen = { version, at: this.clock() };
      const free = !other || other === this.holder || this.clock() - seen.at >= LASTS;
      if (free && (await this.write(found, this.holder))) return;
      if (this.clock() >= end)
        throw new Error(`${other ?? "somebody"} is at work on the backups, and goes on`);
      await this.sleep(free ? 1_000 : LOOK_EVERY);
    }
  }

  /** Renews it until `release`. */
  keep(): void {
    this.timer = setInterval(() => {
      void this.renew().catch(() => undefined);
    }, LOOK_EVERY);
  }

  /** @throws Error when it may be somebody else's by now. */
  check(): void {
    if (this.clock() - this.renewedAt >= LASTS) {
      throw new Error("the lease could not be renewed: somebody else may be at work on the backups");
    }
  }

  async release(): Promise<void> {
    clearInterval(this.timer);
    const found = await this.client.get<LeaseObject>(this.path);
    if (found.spec?.holderIdentity === this.holder) await this.write(found, null);
    this.renewedAt = -Infinity;
  }

  private async renew(): Promise<void> {
    const found = await this.client.get<LeaseObject>(this.path);
    if (found.spec?.holderIdentity !== this.holder) {
      this.renewedAt = -Infinity;
      return;
    }
    await this.write(found, this.holder);
  }

  /** @returns whether it was written: not when somebody else was first. */
  private async write(found: LeaseObject, holderIdentity: string | null): Promise<boolean> {
    const asked = this.clock();
    const time = new Date().toISOString().replace("Z", "000Z");
    const spec = { holderIdentity, leaseDurationSeconds: LASTS / 1000, renewTime: time };
    try {
      await this.client.replace(this.path, { ...found, spec: { ...found.spec, ...spec } });
    } catch (error) {
      if (isCode(error, 409)) return false;
      throw error;
    }
    this.renewedAt = asked;
    return true;
  }
}
