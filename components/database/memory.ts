import type { Problems } from "../common/problems";
import { MEBIBYTE, parseBytes } from "../common/quantity";

/** A part of what a server may use of its memory. */
export interface MemoryPart {
  /** What it is for, in a word or two. */
  what: string;
  bytes: number;
  /** How many there are of it. @default one */
  count?: number;
  /** Settings that it follows from, as the engine calls them. */
  settings: readonly string[];
}

/** What a server uses of its memory when all of it is used at once: an engine says it by one function. */
export type MemoryBudget = readonly MemoryPart[];

/** Bytes of a part, all of them. */
export function bytesOf({ bytes, count = 1 }: MemoryPart): number {
  return bytes * count;
}

/** Bytes of a whole budget. */
export function totalOf(budget: MemoryBudget): number {
  return budget.reduce((sum, part) => sum + bytesOf(part), 0);
}

/** The budget in words, its largest parts first. */
export function describeMemory(budget: MemoryBudget, memory: string): string {
  const left = (parseBytes(memory) ?? 0) - totalOf(budget);
  return `at most ${inMebibytes(totalOf(budget))} of ${memory}: ${inWords(budget)}; ${inMebibytes(left)} for the cache of files`;
}

/**
 * Holds a budget against the memory of a replica: a server that uses more is killed, with all of its clients.
 *
 * @param settings the user's, by the names that the budget has them by, each with the key as it was written
 */
export function checkMemory(
  budget: MemoryBudget,
  memory: string,
  settings: ReadonlyMap<string, string>,
  problems: Problems,
): void {
  const limit = parseBytes(memory);
  const total = totalOf(budget);
  if (limit === undefined || total <= limit) return;
  const enough = `${Math.ceil(total / MEBIBYTE)}Mi`;
  const blamed = [...budget]
    .sort((a, b) => bytesOf(b) - bytesOf(a))
    .flatMap((part) => part.settings.filter((name) => settings.has(name)).map((name) => ({ part, name })))[0];
  const allowed = `no more memory than resources.memory, ${memory}; this asks for ${enough}: ${inWords(budget)}`;
  if (blamed === undefined) {
    problems.add("resources.memory", { value: memory, allowed, fix: `raise it to ${enough} or more` });
    return;
  }
  problems.at("settings").add(settings.get(blamed.name) ?? blamed.name, {
    allowed,
    fix:
      `lower it${atMost(blamed.part, limit - total)}, raise resources.memory to ${enough} or more, ` +
      "or remove it: the default follows the memory",
  });
}

/** What a part that stands alone may be, where anything is left for it. */
function atMost(part: MemoryPart, missing: number): string {
  if (part.count !== undefined || part.settings.length !== 1) return "";
  const most = Math.floor((part.bytes + missing) / MEBIBYTE);
  return most > 0 ? ` to ${most} MiB at most` : "";
}

function inWords(budget: MemoryBudget): string {
  return [...budget]
    .sort((a, b) => bytesOf(b) - bytesOf(a))
    .map((part) => {
      const each = part.count === undefined ? "" : ` (${part.count} × ${inMebibytes(part.bytes)})`;
      return `${part.what} ${inMebibytes(bytesOf(part))}${each}`;
    })
    .join(", ");
}

function inMebibytes(bytes: number): string {
  const mebibytes = bytes / MEBIBYTE;
  return `${mebibytes < 10 ? Number(mebibytes.toFixed(1)) : Math.round(mebibytes)} MiB`;
}
