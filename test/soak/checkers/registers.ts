import type { Operation } from "../history";
import { withUnlogged } from "../history";
import type { Checker } from "./checker";
import { ask } from "./programs";

/** What `porcupine/main.go` answers. */
interface Answer {
  operations: number;
  registers: number;
  illegal: string[];
  unknown: string[];
  pages: string[];
}

/**
 * Whether each register behaved as a single one would, in an order that agrees with the time: judged by porcupine.
 * Reads that commit nothing are not among the operations: see `looks.ts`.
 */
export const registers: Checker = {
  name: "registers",
  async judge({ operations, struckSides }, { porcupine }, folder) {
    if ("missing" in porcupine) return { outcome: "skipped", says: porcupine.missing };
    const input = porcupineInput(withUnlogged(operations, struckSides));
    const { status, said, complained } = await ask(porcupine.path, ["-pages", folder], input);
    if (status !== 0) throw new Error(`porcupine ended with ${String(status)}: ${complained}`);
    const answer = JSON.parse(said) as Answer;
    const of = `${answer.operations} operations on ${answer.registers} registers`;
    if (answer.illegal.length > 0) {
      return {
        outcome: "failed",
        says: `not linearizable: ${answer.illegal.join(", ")}`,
        details: answer.pages.join("\n"),
      };
    }
    if (answer.unknown.length > 0)
      return { outcome: "skipped", says: `no time for ${answer.unknown.join(", ")}` };
    if (answer.operations === 0) return { outcome: "skipped", says: "there is nothing to judge" };
    return { outcome: "passed", says: `${of} are linearizable` };
  },
};

/** Whole microseconds: what follows from a clock's digits must not be lost in a number's. */
const MICRO = 1000;

/** The operations as the program reads them. */
export function porcupineInput(operations: Operation[]): string {
  const clients = new Map<string, number>();
  const lines = operations.flatMap(({ action, process, outcome, start, end }) => {
    if (outcome === "fail" || (action.f !== "read" && action.f !== "write" && action.f !== "swap")) return [];
    // One that nobody heard the answer of told nobody anything.
    if (action.f === "read" && outcome === "info") return [];
    if (!clients.has(process)) clients.set(process, clients.size);
    const known = outcome === "ok";
    const { f: kind, key, value } = action;
    return [
      JSON.stringify({
        client: clients.get(process),
        kind,
        key,
        value: value ?? null,
        ...(action.f === "swap"
          ? { from: action.from, ...(known ? { swapped: action.swapped === true } : {}) }
          : {}),
        call: Math.floor(start * MICRO),
        ...(known && end !== undefined ? { return: Math.ceil(end * MICRO) } : {}),
      }),
    ];
  });
  return lines.map((line) => `${line}\n`).join("");
}
