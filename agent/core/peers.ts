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

/** Reads the report of an agent. Rejects when it does not answer in time. */
export async function fetchReport(host: string, port: number, timeout: number): Promise<Report> {
  const address = await within(timeout, addressOf(host));
  return await new Promise<Report>((resolve, reject) => {
    const call = request({ host: address, port, path: "/v1/report", timeout, agent: false }, (answer) => {
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
 * names cannot be looked up while the part of the cluster's DNS that is asked is gone.
 */
export class Peers {
  private readonly answers = new Map<Ordinal, { at: number; report: Report }>();
  private readonly addresses = new Map<Ordinal, string>();
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
    for (const { ordinal, host } of peers) {
      if (this.asking.has(ordinal)) continue;
      this.asking.add(ordinal);
      this.ask(this.addresses.get(ordinal) ?? host)
        .then((report) => {
          if (report.ordinal !== ordinal || report.set !== this.set) throw new Error("a stranger answered");
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
    const answers = peers.map(async ({ ordinal, host }) => {
      const report = await this.ask(this.addresses.get(ordinal) ?? host);
      return report.ordinal === ordinal && report.set === this.set ? [report] : [];
    });
    const settled = await Promise.allSettled(answers);
    return settled.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
  }

  /** Answers that are no older than three seconds. */
  current(): Report[] {
    const now = this.clock();
    const recent = [...this.answers.values()].filter(({ at }) => now - at < FRESH);
    return recent.map(({ report }) => report).sort((a, b) => a.ordinal - b.ordinal);
  }
}
