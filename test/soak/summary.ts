import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Finding } from "../e2e/support/engines/engine";
import type { Judgement, RoundHistory } from "./checkers/checker";
import { checkersOf } from "./checkers/matrix";
import type { Outcome } from "./history";

/** What a soak came to; a line in bench/results/soak.json. */
export interface Summary {
  engine: string;
  seed: number;
  /** As asked for; what it took is in `tookMinutes`. */
  minutes: number;
  tookMinutes: number;
  at: string;
  commit: string;
  setup: string;
  /** The guarantee that was switched off, if any. */
  without?: string;
  rounds: number;
  /** How often each fault struck, by name. */
  faults: Record<string, number>;
  /** What became of the clients' operations, by kind. */
  operations: Record<string, Record<Outcome, number>>;
  /** Writes that the matrix's writers were acknowledged. */
  acknowledged: number;
  /** Rounds by what each checker said of them. */
  verdicts: Record<string, Record<Judgement["outcome"], number>>;
  /** The longest write gap of each kind of round, s. */
  longestGapSeconds: Record<string, number>;
  /** All that was wrong, with its round. */
  findings: string[];
}

/** Adds up rounds as they come. */
export class Tally {
  readonly faults: Summary["faults"] = {};
  readonly operations: Summary["operations"] = {};
  readonly verdicts: Summary["verdicts"] = {};
  readonly longestGapSeconds: Summary["longestGapSeconds"] = {};
  readonly findings: string[] = [];
  rounds = 0;
  acknowledged = 0;

  add(history: RoundHistory, judgements: Judgement[]): void {
    this.rounds++;
    this.acknowledged += history.verdict?.acknowledged ?? 0;
    for (const { name } of history.faults) this.faults[name] = (this.faults[name] ?? 0) + 1;
    for (const { action, outcome } of history.operations) {
      const counts = (this.operations[action.f] ??= { ok: 0, fail: 0, info: 0 });
      counts[outcome]++;
    }
    for (const { checker, outcome, says } of judgements)
      this.judged(checker, outcome, `round ${history.number} (${history.round}): ${checker}: ${says}`);
    const gap = history.verdict?.writeGapSeconds;
    const kind = history.faults.map(({ name }) => name).join(" + ");
    if (gap !== undefined) this.longestGapSeconds[kind] = Math.max(gap, this.longestGapSeconds[kind] ?? 0);
  }

  judged(checker: string, outcome: Judgement["outcome"], finding: string): void {
    const counts = (this.verdicts[checker] ??= { passed: 0, failed: 0, skipped: 0 });
    counts[outcome]++;
    if (outcome === "failed") this.findings.push(finding);
  }
}

/** Whether a soak was red as it must be without a guarantee: by the verdict that the guarantee is about, and no other. */
export function shows(expected: Finding, { verdicts }: Pick<Summary, "verdicts">): boolean {
  return checkersOf[expected].some((checker) => (verdicts[checker]?.failed ?? 0) > 0);
}

/** Adds a soak to a file of them. */
export function recordSummary(file: string, summary: Summary): void {
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Summary[]) : [];
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify([...known, summary], null, 2)}\n`);
}
