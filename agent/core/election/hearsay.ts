import type { Clock } from "../clock";
import type { Reached } from "../engine";
import type { Ordinal } from "../types";
import { majority } from "../views";
import type { Ballot } from "./ballot";
import { extent } from "./position";
import type { LogPosition } from "./replication";
import type { Heard } from "./world";

/** What other members said about the primary: they are asked again and again, each on its own. */
export class Hearsay {
  private readonly ballots = new Map<Ordinal, { at: number; ballot: Ballot }>();
  private readonly asking = new Set<Ordinal>();
  /** How far each of them was seen to be, by its marks. */
  private readonly seen = new Map<Ordinal, LogPosition>();
  /** When each of them was asked what it then promised. */
  private readonly promised = new Map<Ordinal, number>();

  /**
   * @param ask - asks a member, as the primary of a term or as nobody.
   * @param voted - told of a vote that was not known before.
   */
  constructor(
    private readonly ask: (other: Reached, term: number | undefined) => Promise<Ballot>,
    private readonly clock: Clock,
    private readonly voted: () => void = () => undefined,
  ) {}

  /** Starts asking everyone who is not being asked already. */
  inquire(others: readonly Reached[], term: number | undefined): void {
    for (const other of others) {
      const { ordinal } = other;
      if (this.asking.has(ordinal)) continue;
      this.asking.add(ordinal);
      const at = this.clock();
      this.ask(other, term)
        .then((ballot) => {
          if (ballot.ordinal !== ordinal) return;
          const before = this.ballots.get(ordinal)?.ballot.vote?.version;
          this.ballots.set(ordinal, { at: this.clock(), ballot });
          this.see(ballot);
          if (term !== undefined && ballot.promises === term) this.promised.set(ordinal, at);
          if (ballot.vote && ballot.vote.version !== before) this.voted();
        })
        .catch(() => undefined)
        .finally(() => {
          this.asking.delete(ordinal);
        });
    }
  }

  /** What each of them said last. */
  list(): Heard[] {
    const now = this.clock();
    return [...this.ballots.values()].map(({ at, ballot }) => {
      const before = this.seen.get(ballot.ordinal);
      const { position } = ballot;
      const less = before && position && extent(marksOf(position), before) === "behind";
      return { ...ballot, age: now - at, ...(less ? { before } : {}) };
    });
  }

  /** All of them have until some time as much as promised something. */
  trust(others: readonly Reached[], asOf: number): void {
    this.promised.clear();
    for (const { ordinal } of others) this.promised.set(ordinal, asOf);
  }

  /** What was promised to a primary holds for no other. */
  forget(): void {
    this.promised.clear();
  }

  /** For how long no majority of a set, with this member, has promised anything, ms. */
  unpromisedFor(size: number): number {
    const others = majority(size) - 1;
    if (others === 0) return 0;
    const times = [...this.promised].filter(([ordinal]) => ordinal < size).map(([, at]) => at);
    const at = times.sort((a, b) => b - a)[others - 1];
    return at === undefined ? Infinity : this.clock() - at;
  }

  private see({ ordinal, position }: Ballot): void {
    if (!position) return;
    const before = this.seen.get(ordinal);
    if (!before || extent(before, marksOf(position)) === "behind") this.seen.set(ordinal, marksOf(position));
  }
}

/** What is never less afterwards, unless data is lost. */
function marksOf({ term, mark }: LogPosition): LogPosition {
  return { term, mark };
}
