import { mkdirSync } from "node:fs";
import type { Checker, Judgement, RoundHistory } from "./checker";
import { loads } from "./loads";
import { looks } from "./looks";
import { matrixCheckers } from "./matrix";
import type { Programs } from "./programs";
import { registers } from "./registers";
import { transactions } from "./transactions";

export const checkers: readonly Checker[] = [...matrixCheckers, registers, transactions, looks, loads];

/** What every checker says of a round. @param folder for what they write about it */
export async function judgeRound(
  history: RoundHistory,
  programs: Programs,
  folder: string,
): Promise<Judgement[]> {
  mkdirSync(folder, { recursive: true });
  const judgements: Judgement[] = [];
  for (const checker of checkers)
    judgements.push({ checker: checker.name, ...(await checker.judge(history, programs, folder)) });
  return judgements;
}
