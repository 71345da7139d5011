import { request } from "node:http";
import type { Clock } from "./clock";
import type { Peer } from "./engine";
import type { Ordinal, Report } from "./types";

/** For how long an answer is taken for the present, ms. */
const FRESH = 3_000;

/** Longest report that is read, in bytes: a member's position can be long. */
const LONGEST = 1 << 20;

/** Header in which an agent says who asks. */
export const CALLER = "x-stateful-member";

/** A member's name to other agents. */
export function callerName(set: string, ordinal: Ordinal): string {
  return `${set}/${ordinal}`;
}

/**
 * Reads the report of an agent. Rejects when it does not answer in time, ms.
 *
 * @param caller - who asks: {@link callerName}.
 */
export async function fetchReport(
  address: string,
  port: number,
  timeout: number,
  caller: string,
): Promise<Report> {
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
 * is asked at the address that it last answered from, and is looked for when it does not answer there. It is also
 * asked at the address that it itself last asked from: a member that restarted is the first to know where it is.
 */
export class Peers {
  private readonly answers = new Map<Ordinal, { at: number; report: Report }>();
  private readonly addresses = new Map<Ordinal, string>();
  /** Where members asked from. Anybody may claim to be one: an answer from there is looked at like any other. */
  private readonly heard = new Map<Ordinal, string>();
  private readonly asking = new Set<Ordinal>();

  /**
   * @param set - the own set; whoever answers for another one is a stranger.
   * @param ask - reads the report of the agent at an address.
   * @param locate - looks for a member; rejects when it is not found.
   */
  constructor(
    private readonly set: string,
    private readonly ask: (address: string) => Promise<Report>,
    private readonly locate: (peer: Peer) => Promise<string>,
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
  private async reach(peer: Peer): Promise<Report> {
    const { ordinal } = peer;
    const last = this.addresses.get(ordinal);
    const heard = this.heard.get(ordinal);
    const places = [last ?? this.locate(peer)];
    if (heard !== undefined && heard !== last) places.push(heard);
    return await Promise.any(
      places.map(async (place) => {
        const report = await this.ask(await place);
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
