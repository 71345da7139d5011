import { Disbelieved, ordinalIn } from "./ask";
import type { Clock } from "./clock";
import type { Peer } from "./engine";
import type { Notices } from "./notices";
import type { Ordinal, Report } from "./types";

/** For how long an answer is taken for the present, ms. */
const FRESH = 3_000;

/**
 * For how long answers from where a member should be must have been disbelieved until that is said, ms: longer than a
 * changed Secret takes to come to all members.
 */
const DISBELIEVED_FOR = 180_000;

/**
 * Asks the other members again and again, each on its own, so that neither a dead one nor a wrong answer delays anybody. A
 * member is asked at the address that it last proved to be at, and is looked for when it does not answer there. It is also
 * asked at the address that it itself last asked from: a member that restarted is the first to know where it is.
 */
export class Peers {
  private readonly answers = new Map<Ordinal, { at: number; report: Report }>();
  private readonly addresses = new Map<Ordinal, string>();
  /** Where members asked from, by their own proof; an answer from there must be proven like any other. */
  private readonly heard = new Map<Ordinal, string>();
  /** Where each of them last was. */
  private readonly last = new Map<Ordinal, string>();
  private readonly asking = new Set<Ordinal>();
  private readonly disbelieved = new Map<Ordinal, number>();

  /**
   * @param set - the own set.
   * @param ask - reads the report of a member at an address, and rejects unless it proves to be that member's.
   * @param locate - looks for a member; rejects when it is not found.
   * @param notices - where it says which member is not believed.
   */
  constructor(
    private readonly set: string,
    private readonly ask: (address: string, ordinal: Ordinal) => Promise<Report>,
    private readonly locate: (peer: Peer) => Promise<string>,
    private readonly clock: Clock,
    private readonly notices?: Notices,
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
          this.last.set(ordinal, report.address);
          this.answers.set(ordinal, { at: this.clock(), report });
          this.complain(ordinal, undefined);
        })
        .catch((error: unknown) => {
          this.answers.delete(ordinal);
          this.addresses.delete(ordinal);
          this.complain(ordinal, disbeliefIn(error));
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

  /** Notes where a member asked from that proved to be it. */
  heardFrom(caller: string, address: string): void {
    const ordinal = ordinalIn(this.set, caller);
    if (ordinal !== undefined) this.heard.set(ordinal, address);
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
        const report = await this.ask(await place, ordinal);
        if (report.ordinal !== ordinal || report.set !== this.set)
          throw new Disbelieved("a stranger answered");
        return report;
      }),
    );
  }

  private complain(ordinal: Ordinal, reason: string | undefined): void {
    if (reason === undefined) this.disbelieved.delete(ordinal);
    const since = this.disbelieved.get(ordinal) ?? this.clock();
    if (reason !== undefined) this.disbelieved.set(ordinal, since);
    const lasting = reason !== undefined && this.clock() - since >= DISBELIEVED_FOR;
    this.notices?.set(
      `member ${ordinal}`,
      lasting
        ? { severity: "problem", text: `Member ${ordinal} is not believed: ${reason}`, advice: ADVICE }
        : undefined,
    );
  }

  /** Where each member that ever proved to be one last did so. */
  places(): ReadonlyMap<Ordinal, string> {
    return this.last;
  }

  /** Answers that are no older than three seconds. */
  current(): Report[] {
    const now = this.clock();
    const recent = [...this.answers.values()].filter(({ at }) => now - at < FRESH);
    return recent.map(({ report }) => report).sort((a, b) => a.ordinal - b.ordinal);
  }
}

const ADVICE =
  "see whether all pods run the same agent and mount the same members' Secret; restart the pod that has an older one";

/** Why an answer was not believed, if one came. */
function disbeliefIn(error: unknown): string | undefined {
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error];
  return errors.find((one) => one instanceof Disbelieved)?.message;
}
