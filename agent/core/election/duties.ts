import type { Clock } from "../clock";
import type { Reached } from "../engine";
import type { StoredLease } from "./lease";
import type { Replication, ReplicationState } from "./replication";

/** Between two marks, ms. */
const MARK_EVERY = 1_000;

/** How long telling the server may take, ms. */
const TELL_WITHIN = 5_000;

/** What a primary's agent does as long as it is one, beside asking the others. */
export class Duties {
  /** Where the primary was when none followed it any more whom a smaller set does not have. */
  cleared: number | undefined;
  private markedAt = -Infinity;
  /** The size of the set that the server was told. */
  private sized: number | undefined;

  constructor(
    private readonly replication: Replication,
    private readonly clock: Clock,
    private readonly within: <T>(limit: number, work: Promise<T>) => Promise<T>,
  ) {}

  /** It was promoted, and told this size. */
  begin(size: number): void {
    this.sized = size;
  }

  /** Rejects when the server does not do what it is told. */
  async attend(
    server: ReplicationState | undefined,
    lease: StoredLease | undefined,
    others: readonly Reached[],
    wanted: number,
  ): Promise<void> {
    const term = server?.as === "primary" ? server.position?.term : undefined;
    if (server === undefined || term === undefined || !lease) {
      this.sized = this.cleared = undefined;
      return;
    }
    const { followers = [], position } = server;
    const staying = new Set(others.filter(({ ordinal }) => ordinal < wanted).map(({ address }) => address));
    // Whose address nobody is known by may be one that leaves.
    const followed = followers.some(({ address }) => !staying.has(address));
    this.cleared = followed ? undefined : (this.cleared ?? position?.offset);
    if (this.clock() - this.markedAt >= MARK_EVERY) {
      this.markedAt = this.clock();
      await this.within(TELL_WITHIN, this.replication.mark(term));
    }
    // Only once so many follow: until then it would refuse writes for want of those that are being copied to.
    const size = lease.size ?? wanted;
    if (size === this.sized || followers.length < Math.floor(size / 2)) return;
    await this.within(TELL_WITHIN, this.replication.resize(size));
    this.sized = size;
  }
}
