import { lookup } from "node:dns/promises";
import { Since, within, type Clock } from "./clock";
import type { Peer } from "./engine";
import type { Ordinal } from "./types";

/** How long the DNS may take, ms. */
const DNS_WITHIN = 1_500;

/** For how long the API server must have told nothing before the DNS is asked, ms: a busy one answers late. */
const AWAY_FOR = 10_000;

/**
 * For how long an answer is not asked for again, ms; while a member is nowhere, twice as long each time. One that starts
 * says itself where it is, and many databases may start at once.
 */
const FRESH = { first: 1_000, last: 8_000 };

interface Answer {
  at: number;
  fresh: number;
  address: Promise<string>;
}

/**
 * Finds members. The API server tells where a pod is, or that it is nowhere; its name is looked up only while the API
 * server is away. A cluster's DNS goes on for 30 s with what it last said, to everybody who asks, also that there is no
 * such name (CoreDNS as kubeadm sets it up): asking it too early would hide a pod from its own clients.
 */
export class Locator {
  private readonly answers = new Map<Ordinal, Answer>();
  private readonly lookups = new Map<string, Promise<string>>();
  private readonly away: Since;

  /**
   * @param podAddress - asks the API server; `undefined` when there is no such pod, or it has no address yet. Must
   *   reject when the API server does not answer.
   * @param resolve - asks the DNS. @default the machine's resolver
   */
  constructor(
    private readonly podAddress: (ordinal: Ordinal) => Promise<string | undefined>,
    private readonly clock: Clock,
    private readonly resolve = async (host: string): Promise<string> => (await lookup(host)).address,
  ) {
    this.away = new Since(clock);
  }

  /** Where a member is. Rejects when it is nowhere, or nobody can tell. */
  async locate(peer: Peer): Promise<string> {
    const at = this.clock();
    const known = this.answers.get(peer.ordinal);
    if (known && at - known.at < known.fresh) return await known.address;
    const address = this.ask(peer);
    const answer = { at, fresh: FRESH.first, address };
    this.answers.set(peer.ordinal, answer);
    const longer = Math.min(2 * (known?.fresh ?? 0), FRESH.last);
    return await address.catch((error: unknown) => {
      answer.fresh = Math.max(longer, FRESH.first);
      throw error;
    });
  }

  private async ask({ ordinal, host }: Peer): Promise<string> {
    let address: string | undefined;
    try {
      address = await this.podAddress(ordinal);
    } catch (error) {
      if (this.away.measure(true) < AWAY_FOR) throw error;
      return await within(DNS_WITHIN, this.byName(host));
    }
    this.away.measure(false);
    if (address === undefined) throw new Error(`${host} has no address yet`);
    return address;
  }

  /**
   * At most one look-up of a name is under way: each occupies a thread for as long as the DNS does not
   * answer, and reading files needs the same threads.
   */
  private async byName(host: string): Promise<string> {
    let pending = this.lookups.get(host);
    if (!pending) {
      pending = this.resolve(host).finally(() => {
        this.lookups.delete(host);
      });
      this.lookups.set(host, pending);
    }
    return await pending;
  }
}
