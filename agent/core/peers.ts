import { request } from "node:http";
import type { Clock } from "./clock";
import type { Peer } from "./engine";
import type { Report } from "./types";

/** For how long an answer is taken for the present, ms. */
const FRESH = 3_000;

/** Longest report that is read, in bytes: a member's position can be long. */
const LONGEST = 1 << 20;

/** Reads the report of another member's agent. Rejects when it does not answer in time. */
export async function fetchReport(peer: Peer, port: number, timeout: number): Promise<Report> {
  return await new Promise<Report>((resolve, reject) => {
    const call = request({ host: peer.host, port, path: "/v1/report", timeout, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      let length = 0;
      answer.on("data", (part: Buffer) => {
        length += part.length;
        if (length > LONGEST) call.destroy(new Error("report too long"));
        parts.push(part);
      });
      answer.on("end", () => {
        try {
          const report = JSON.parse(Buffer.concat(parts).toString("utf8")) as Report;
          if (report.ordinal !== peer.ordinal) throw new Error(`${peer.host} is not member ${peer.ordinal}`);
          resolve(report);
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

/** Asks the other members again and again, each on its own, so that a dead one delays nobody. */
export class Peers {
  private readonly answers = new Map<number, { at: number; report: Report }>();
  private readonly asking = new Set<number>();

  constructor(
    private readonly ask: (peer: Peer) => Promise<Report>,
    private readonly clock: Clock,
  ) {}

  /** Starts asking everyone who is not being asked already. */
  refresh(peers: readonly Peer[]): void {
    for (const peer of peers) {
      if (this.asking.has(peer.ordinal)) continue;
      this.asking.add(peer.ordinal);
      this.ask(peer)
        .then((report) => {
          this.answers.set(peer.ordinal, { at: this.clock(), report });
        })
        .catch(() => {
          this.answers.delete(peer.ordinal);
        })
        .finally(() => {
          this.asking.delete(peer.ordinal);
        });
    }
  }

  /** Answers that are no older than three seconds. */
  current(): Report[] {
    const now = this.clock();
    const recent = [...this.answers.values()].filter(({ at }) => now - at < FRESH);
    return recent.map(({ report }) => report).sort((a, b) => a.ordinal - b.ordinal);
  }
}
