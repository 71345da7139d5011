import { type Attempt, MAIN } from "../../e2e/support/traffic/attempts";

/** Logs of writers, made by hand. Times are seconds; the fault strikes at 100. */
export const FAULT_AT = 100;

export function ms(seconds: number): number {
  return Math.round(seconds * 1000);
}

interface Course {
  side?: string;
  through?: string;
}

/** One attempt that ends at a time. */
export function attempt(end: number, rest: Partial<Attempt> = {}): Attempt {
  const side = rest.side ?? "node1";
  const through = rest.through ?? MAIN;
  const id = `${side}-${through}-${end}-${rest.server ?? ""}`;
  return { id, side, through, start: ms(end) - 10, end: ms(end), outcome: "failed", ...rest };
}

export function acknowledged(
  end: number,
  server: string,
  term: number,
  rest: Partial<Attempt> = {},
): Attempt {
  return attempt(end, { outcome: "acknowledged", server, term, ...rest });
}

/** Acknowledged writes, one each second from a time to another. */
export function steady(
  from: number,
  to: number,
  server: string,
  term: number,
  course: Course = {},
): Attempt[] {
  return range(from, to).map((end) => acknowledged(end, server, term, course));
}

/** Answers of a member that is not the primary. */
export function standby(from: number, to: number, through: string, side = "node1"): Attempt[] {
  return range(from, to).map((end) => attempt(end, { side, through, outcome: "standby" }));
}

/** Attempts without an answer. */
export function silent(from: number, to: number, through: string, side = "node1"): Attempt[] {
  return range(from, to).map((end) => attempt(end, { side, through }));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.floor(to - from) + 1 }, (_, index) => from + index);
}
