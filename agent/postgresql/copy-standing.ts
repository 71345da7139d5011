import type { Clock } from "../core/clock";
import type { Notices } from "../core/notices";
import type { Orders } from "../core/types";
import { followNotice } from "./copy-of-source";
import type { PatroniKeys } from "./keys";

/** Between two attempts to log in to a copy as applications do, ms. */
const TRY_COPY_EVERY = 60_000;

/** Between two looks at whether clients are led to the primary as they should, ms. */
const ROUTE_EVERY = 10_000;

/** What a database may do that is a copy of another one, was one, or is fenced. */
export class CopyStanding {
  /** What the marker says, as last known. */
  orders: Orders | undefined;
  /** Whether the server only reads what another one writes, as last seen. */
  reads = false;
  /** Whether clients were last led to the primary, and when that was looked at. */
  private led: { clients?: boolean; at: number } = { at: -Infinity };
  private triedAt = -Infinity;

  constructor(private readonly parts: { notices: Notices; keys: PatroniKeys; clock: Clock }) {}

  /** Whether agents may change anything of the data. */
  get writes(): boolean {
    return !this.reads && this.orders?.fenced === undefined && this.orders?.follows !== "source";
  }

  /** Whether to try a login: a copy has its source's passwords, which may be others, and each attempt is a line in the server's log. */
  tries(): boolean {
    const { clock } = this.parts;
    if (this.orders?.follows !== "source") return true;
    if (clock() - this.triedAt < TRY_COPY_EVERY) return false;
    this.triedAt = clock();
    return true;
  }

  /** On the member that leads: a copy has no address for writes; what was promoted gets its own when it takes them. */
  async reconcile(asked: boolean): Promise<void> {
    const { notices, keys, clock } = this.parts;
    const { follows } = this.orders ?? {};
    if (this.orders === undefined) return;
    notices.set("follow", followNotice(asked, follows));
    const leads = !this.reads;
    const due = leads !== this.led.clients || clock() - this.led.at >= ROUTE_EVERY;
    if (follows === undefined || !due) return;
    await keys.lead(leads);
    this.led = { clients: leads, at: clock() };
  }
}
