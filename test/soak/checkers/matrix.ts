import type { Finding } from "../../e2e/support/engines/engine";
import { atMostSeconds, type Verdict } from "../../e2e/support/validate/verdict";
import type { Checker, Judgement, RoundHistory } from "./checker";

/** What looks, after the last round, for what all rounds acknowledged. */
export const LOOKING_BACK = "looking back";

/**
 * The checkers of which one must turn red where the matrix expects a finding. A round that came to no end has no verdict
 * of its own writes: what it lost is found by looking back.
 */
export const checkersOf: Record<Finding, string[]> = {
  lost: ["acknowledged writes", LOOKING_BACK],
  "two primaries": ["primaries"],
  gap: ["gap"],
  failed: ["failed writes"],
  "not recovered": ["recovery"],
  violation: ["recovery"],
};

/** A verdict of the failure matrix. */
function ofMatrix(
  name: string,
  judge: (verdict: Verdict, history: RoundHistory) => Omit<Judgement, "checker">,
): Checker {
  return {
    name,
    judge: async (history) =>
      history.verdict === undefined
        ? { outcome: "skipped", says: "the round came to no end" }
        : judge(history.verdict, history),
  };
}

const verdicts: Checker[] = [
  ofMatrix("acknowledged writes", ({ lost, acknowledged }) => ({
    outcome: lost === 0 ? "passed" : "failed",
    says: `${lost} of ${acknowledged} lost`,
  })),
  ofMatrix("primaries", ({ twoPrimaries }) => {
    if (twoPrimaries === undefined) return { outcome: "skipped", says: "members are equals: there is none" };
    return {
      outcome: twoPrimaries === 0 ? "passed" : "failed",
      says: twoPrimaries === 0 ? "never two" : `${twoPrimaries} writes acknowledged by a second one`,
    };
  }),
  ofMatrix("failed writes", ({ failedWrites }, { asked }) => {
    if (failedWrites === undefined || asked?.failedWrites === undefined)
      return { outcome: "skipped", says: "no figure is asked" };
    return {
      outcome: failedWrites <= asked.failedWrites ? "passed" : "failed",
      says: `${failedWrites} failed, asked for ${asked.failedWrites} at most`,
    };
  }),
  ofMatrix("gap", ({ writeGapSeconds, resumed }, { asked }) => {
    const seen = `longest write gap ${writeGapSeconds.toFixed(1)} s`;
    if (!resumed) return { outcome: "failed", says: `${seen}, and writes did not go on` };
    if (asked?.writeGapSeconds === undefined)
      return { outcome: "passed", says: `${seen}; no figure is asked` };
    const most = atMostSeconds(asked);
    return {
      outcome: writeGapSeconds <= most ? "passed" : "failed",
      says: `${seen}, asked for ${most} s at most`,
    };
  }),
];

/** Whether all was well again without help. */
const recovery: Checker = {
  name: "recovery",
  judge: async ({ stuck, verdict }) =>
    stuck === undefined
      ? { outcome: "passed", says: `all well after ${(verdict?.recoveredSeconds ?? 0).toFixed(1)} s` }
      : { outcome: "failed", says: stuck },
};

export const matrixCheckers: Checker[] = [...verdicts, recovery];
