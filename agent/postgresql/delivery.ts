import type { Clock } from "../core/clock";
import type { PatroniKeys } from "./keys";

/** How long a lock that is not renewed counts, ms: as long as for Patroni, and a little for its being read late. */
const LOCK_COUNTS = 25_000;

/** Between two attempts, ms. */
const AGAIN = 5_000;

/**
 * Brings what is wanted into Patroni's shared settings while no other member is the primary, whose agent would. Else
 * settings that no server starts with would outlive their correction: nobody becomes the primary with them. All members
 * read the same, so it is the same whoever writes it.
 */
export class Delivery {
  private lock = { text: "", since: -Infinity };
  private triedAt = -Infinity;

  /** @param self - name of this member's pod, as Patroni knows it. */
  constructor(
    private readonly keys: Pick<PatroniKeys, "lock" | "correct">,
    private readonly self: string,
    private readonly clock: Clock,
  ) {}

  /** @returns whether they were changed. Rejects when the API server is away. */
  async deliver(wanted: object): Promise<boolean> {
    this.triedAt = this.clock();
    return (await this.isLedByAnother()) ? false : await this.keys.correct(wanted);
  }

  /** The same, if the last attempt is some time ago. */
  async deliverNowAndThen(wanted: () => Promise<object | undefined>): Promise<boolean> {
    if (this.clock() - this.triedAt < AGAIN) return false;
    this.triedAt = this.clock();
    const settings = await wanted();
    return settings !== undefined && (await this.deliver(settings));
  }

  /** By this member's own clock: others' may be off. */
  private async isLedByAnother(): Promise<boolean> {
    const { leader, renewTime } = await this.keys.lock();
    if (leader === undefined || leader === "" || leader === this.self) return false;
    const text = `${leader} ${renewTime ?? ""}`;
    if (text !== this.lock.text) this.lock = { text, since: this.clock() };
    return this.clock() - this.lock.since < LOCK_COUNTS;
  }
}
