import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** Time between two questions to the name server, ms. */
const ASK_EVERY = 1000;

/**
 * Addresses of names, kept up to date aside, so that no attempt waits for a name server: it may be on the far side of
 * a partition. The last known address holds until another is told.
 */
export class Addresses {
  private readonly known = new Map<string, string>();
  private readonly asking = new Set<string>();

  constructor(private readonly resolve: (host: string) => Promise<string> = byLookup) {}

  /** Asks for names from now on. */
  follow(hosts: string[]): void {
    const names = hosts.filter((host) => isIP(host) === 0);
    for (const name of names) void this.ask(name);
    setInterval(() => {
      for (const name of names) void this.ask(name);
    }, ASK_EVERY).unref();
  }

  /** @throws Error while a name was never resolved */
  of(host: string): string {
    const address = isIP(host) === 0 ? this.known.get(host) : host;
    if (address === undefined) throw new Error(`${host} has no address yet`);
    return address;
  }

  /** Also answers once, for those that do not follow a name. */
  async ask(host: string): Promise<void> {
    if (this.asking.has(host)) return;
    this.asking.add(host);
    try {
      this.known.set(host, await this.resolve(host));
    } catch {
      // The pod may be on its way: the old address, if any, stays.
    } finally {
      this.asking.delete(host);
    }
  }
}

async function byLookup(host: string): Promise<string> {
  return (await lookup(host, { family: 4 })).address;
}
