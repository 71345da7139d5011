import { lookup } from "node:dns/promises";
import { within, type Clock } from "./clock";
import type { Peer } from "./engine";
import type { Ordinal } from "./types";

/** How long the DNS may take, ms. */
const DNS_WITHIN = 1_500;

/** For how long an answer, also that there is none, is not asked for again, ms. */
const FRESH = 1_000;

/**
 * Finds members. The API server tells where a pod is, or that it is nowhere; its name is looked up only while the API
 * server does not answer. A cluster's DNS goes on for 30 s with what it last said, to everybody who asks, also that
 * there is no such name (CoreDNS as kubeadm sets it up): asking it too early would hide a pod from its own clients.
 */
export class Locator {
  private readonly found = new Map<Ordinal, { at: number; address: Promise<string> }>();
  private readonly lookups = new Map<string, Promise<string>>();

  /**
   * @param podAddress - asks the API server; `undefined` when there is no such pod, or it has no address yet. Must reject when
   *   the API server does not answer.
   * @param resolve - asks the DNS. @default the machine's resolver
   */
  constructor(
    private readonly podAddress: (ordinal: Ordinal) => Promise<string | undefined>,
    private readonly clock: Clock,
    private readonly resolve = async (host: string): Promise<string> => (await lookup(host)).address,
  ) {}

  /** Where a member is. Rejects when it is nowhere, or nobody can tell. */
  async locate(peer: Peer): Promise<string> {
    const now = this.clock();
    const known = this.found.get(peer.ordinal);
    if (known && now - known.at < FRESH) return await known.address;
    const address = this.ask(peer);
    this.found.set(peer.ordinal, { at: now, address });
    return await address;
  }

  private async ask({ ordinal, host }: Peer): Promise<string> {
    let address: string | undefined;
    try {
      address = await this.podAddress(ordinal);
    } catch {
      return await within(DNS_WITHIN, this.byName(host));
    }
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
