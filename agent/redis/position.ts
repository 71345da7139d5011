import type { Mark } from "./mark";

/**
 * How far a member's data goes, as a text: `<term>.<mark>`, and behind it `@<history>:<offset>` where the server knows its
 * place in a history: one that was started from its log of commands does not, until it follows somebody.
 */
export interface Position extends Mark {
  place?: Place;
}

/** A place in a history, which the server names by forty digits. */
export interface Place {
  history: string;
  offset: number;
}

const NOTATION = /^(\d{1,15})\.(\d{1,15})(?:@([0-9a-f]{40}):(\d{1,15}))?$/;

export function formatPosition({ term, offset, place }: Position): string {
  return `${term}.${offset}${place === undefined ? "" : `@${place.history}:${place.offset}`}`;
}

export function parsePosition(text: string): Position | undefined {
  const [whole, term, offset, history, at] = NOTATION.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const place = history === undefined ? {} : { place: { history, offset: Number(at) } };
  return { term: Number(term), offset: Number(offset), ...place };
}

/** Whether a text is a position. */
export function isPosition(text: string): boolean {
  return parsePosition(text) !== undefined;
}
