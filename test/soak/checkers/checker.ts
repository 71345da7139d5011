import type { Attempt } from "../../e2e/support/traffic/attempts";
import type { Asked } from "../../e2e/support/engines/engine";
import type { Verdict } from "../../e2e/support/validate/verdict";
import type { Operation } from "../history";
import type { Programs } from "./programs";

/** All that was seen of one round. */
export interface RoundHistory {
  /** In one line: see `round-text.ts`. */
  round: string;
  number: number;
  /** When each fault began, and when it was undone; ms since 1970. */
  faults: { name: string; member?: string; start: number; healed?: number }[];
  /** Sides whose clients were struck too. */
  struckSides: string[];
  operations: Operation[];
  /** Of the writers that the matrix is made with. */
  attempts: Attempt[];
  /** What the matrix says of them, unless the round came to no end. */
  verdict?: Verdict;
  /** The figures that are asked for, where that is one of the matrix's faults alone. */
  asked?: Asked;
  /** Rows that each member has under each name of a large transaction. */
  loads: Record<string, Record<string, number>>;
  /** Why somebody had to help. */
  stuck?: string;
}

/** What one checker comes to. */
export interface Judgement {
  checker: string;
  /** `skipped` says that it could not judge; it is no success. */
  outcome: "passed" | "failed" | "skipped";
  /** What was judged, or what is wrong, in one line. */
  says: string;
  /** For whoever looks into it. */
  details?: string;
}

/** Judges one thing about a history. */
export interface Checker {
  name: string;
  /** @param folder for pages about what is wrong */
  judge(history: RoundHistory, programs: Programs, folder: string): Promise<Omit<Judgement, "checker">>;
}
