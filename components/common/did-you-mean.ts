import { closest, distance } from "fastest-levenshtein";

/** A suggestion, where one of the allowed names is near enough to be what was meant. */
export function didYouMean(text: string, allowed: readonly string[]): string | undefined {
  if (allowed.length === 0) return undefined;
  const abbreviated = text.length >= 3 ? allowed.find((name) => name.startsWith(text)) : undefined;
  const candidate = abbreviated ?? closest(text, allowed);
  const near = distance(text.toLowerCase(), candidate.toLowerCase()) <= Math.max(2, text.length / 3);
  return near || abbreviated ? `did you mean "${candidate}"?` : undefined;
}
