import { lookup } from "node:dns/promises";
import { request } from "node:http";
import { isIP } from "node:net";
import { within, type Clock } from "./clock";
import type { Peer } from "./engine";
import type { Ordinal, Report } from "./types";

/** For how long an answer is taken for the present, ms. */
const FRESH = 3_000;

/** Longest report that is read, in bytes: a member's position can be long. */
const LONGEST = 1 << 20;

const lookups = new Map<string, Promise<string>>();

/**
 * The address of a host. At most one look-up of a name is under way: each occupies a thread for as long
 * as the DNS does not answer, and reading files needs the same threads.
 */
async function addressOf(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  let pending = lookups.get(host);
  if (!pending) {
    pending = lookup(host)
      .then(({ address }) => address)
      .finally(() => {
        lookups.delete(host);
      });
    lookups.set(host, pending);
  }
  return await pending;
}

/** Header in which an agent says who asks. */
export const CALLER = "x-stateful-member";

/** A member's name to other agents. */
export function callerName(set: string, ordinal: Ordinal): string {
  return `${set}/${ordinal}`;
}

/**
 * Reads the report of an agent. Rejects when it does not answer in time.
 *
 * @param caller - who asks: {@link callerName}.
 */
export async function fetchReport(
  host: string,
  port: number,
  timeout: number,
  caller: string,
): Promise<Report> {
  const address = await within(timeout, addressOf(host));
  return await new Promise<Report>((resolve, reject) => {
    const headers = { [CALLER]: caller };
    const place = { host: address, port, path: "/v1/report" };
    const call = request({ ...place, headers, timeout, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      let length = 0;
      answer.on("data", (part: Buffer) => {
        length += part.length;
        if (length > LONGEST) call.destroy(new Error("report too long"));
        parts.push(part);
      });
      answer.on("end", () => {
        try {
          resolve(JSON.parse(Buffer.concat(parts).toString("utf8")) as Report);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      answer.on("error", reject);
    });
    const deadline = setTimeout(() => call.destroy(new Error("timeout")), timeout);
    call.on("close", () => {
      clearTimeout(deadline);
    });
    call.on("error", reject);
    call.end();
  });
}

/**
 * Asks the other members again and again, each on its own, so that a dead one delays nobody. A member
 * is asked at the address that it last answered from, and by its name when it does not answer there:
 * names cannot be looked up while the part of the cluster's DNS that is asked is gone. It is also asked at the
 * address that it itself last asked from: for half a minute after a restart, its name leads to its former self.
 */
export class Peers {
  private readonly answers = new Map<Ordinal, { at: number; report: Report }>();
  private readonly addresses = new Map<Ordinal, string>();
  /** Where members asked from. Anybody may claim to be one: an answer from there is looked at like any other. */
  private readonly heard = new Map<Ordinal, string>();
  private readonly asking = new Set<Ordinal>();

  /**
   * @param set - the own set; whoever answers for another one is a stranger.
   * @param ask - reads the report of the agent at a host.
   */
  constructor(
    private readonly set: string,
    private readonly ask: (host: string) => Promise<Report>,
    private readonly clock: Clock,
  ) {}

  /** Starts asking everyone who is not being asked already. */
  refresh(peers: readonly Peer[]): void {
    for (const peer of peers) {
      const { ordinal } = peer;
      if (this.asking.has(ordinal)) continue;
      this.asking.add(ordinal);
      this.reach(peer)
        .then((report) => {
          this.addresses.set(ordinal, report.address);
          this.answers.set(ordinal, { at: this.clock(), report });
        })
        .catch(() => {
          this.answers.delete(ordinal);
          this.addresses.delete(ordinal);
        })
        .finally(() => {
          this.asking.delete(ordinal);
        });
    }
  }

  /** Asks everyone now. @returns what those answer who do, each asked after this call began. */
  async askNow(peers: readonly Peer[]): Promise<Report[]> {
    const settled = await Promise.allSettled(peers.map(async (peer) => this.reach(peer)));
    return settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  }

  /** Notes where a member asked from. */
  heardFrom(caller: string, address: string): void {
    const ordinal = Number(caller.slice(caller.lastIndexOf("/") + 1));
    if (Number.isInteger(ordinal) && caller === callerName(this.set, ordinal))
      this.heard.set(ordinal, address);
  }

  /** Asks a member wherever it may be, at once. Rejects if it is nowhere. */
  private async reach({ ordinal, host }: Peer): Promise<Report> {
    const places = [this.addresses.get(ordinal) ?? host, this.heard.get(ordinal)];
    const known = new Set(places.filter((place) => place !== undefined));
    return await Promise.any(
      [...known].map(async (place) => {
        const report = await this.ask(place);
        if (report.ordinal !== ordinal || report.set !== this.set) throw new Error("a stranger answered");
        return report;
      }),
    );
  }

  /** Answers that are no older than three seconds. */
  current(): Report[] {
    const now = this.clock();
    const recent = [...this.answers.values()].filter(({ at }) => now - at < FRESH);
    return recent.map(({ report }) => report).sort((a, b) => a.ordinal - b.ordinal);
  }
}
