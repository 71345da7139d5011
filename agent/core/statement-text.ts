/** How a language writes what is no value. */
export interface Dialect {
  /** `$tag$ … $tag$` is a text. */
  dollarQuotes?: boolean;
  /** A comment may hold another one. */
  nestedComments?: boolean;
  /** `//` begins a comment as well. */
  slashComments?: boolean;
}

/** What stands for a value. */
const VALUE = "?";
/** What stands for what cannot be told apart from values. */
const REST = "…";
/** The longest that is logged, characters: what a statement is about stands at its beginning. */
const LONGEST = 2_000;

/** Parts of a statement that end where they begin to be something else, in the order in which they are tried. */
const SPACE = /\s+/y;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/iy;
/** With its unit, exponent or base: all that hangs on digits. A placeholder, `$1`, is a name. */
const NUMBER = /\.?\d[\w.]*(?:(?<=[eE])[+-]\d+)?/y;
const NAME = /[\p{L}_@$:][\p{L}\p{N}_$]*/uy;
const QUOTED_NAME = /"(?:[^"]|"")*"/y;
const PLACEHOLDER = /\$\d+/y;
const DOLLAR_QUOTE = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;

/**
 * A statement without its values, on one line. Where it cannot be told where a text ends, all the rest is left out: with an unusual setting
 * a backslash is what escapes a quote, or just a character, and who takes one for the other logs what is quoted and hides the rest.
 */
export function withoutValues(statement: string, dialect: Dialect = {}): string {
  const parts: string[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(statement)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  while (at < statement.length) {
    if (take(SPACE) !== undefined) {
      parts.push(" ");
      continue;
    }
    const comment = commentEnd(statement, at, dialect);
    if (comment !== undefined) {
      parts.push(" ");
      at = comment;
      continue;
    }
    const quoted = textEnd(statement, at, dialect);
    if (quoted === "unsure") {
      parts.push(REST);
      break;
    }
    if (quoted !== undefined) {
      parts.push(VALUE);
      at = quoted;
      continue;
    }
    if (statement[at] === '"') {
      const name = take(QUOTED_NAME);
      if (name === undefined) {
        parts.push(REST);
        break;
      }
      parts.push(name);
      continue;
    }
    if (take(UUID) !== undefined) parts.push(VALUE);
    else
      parts.push(
        take(PLACEHOLDER) ?? take(NAME) ?? (take(NUMBER) === undefined ? undefined : VALUE) ?? next(),
      );
  }
  const text = parts.join("").replace(/ {2,}/g, " ").trim();
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}${REST}` : text;

  function next(): string {
    const character = String.fromCodePoint(statement.codePointAt(at) ?? 0);
    at += character.length;
    return character;
  }
}

/** Where a comment ends that begins here; `undefined` where none does. */
function commentEnd(statement: string, at: number, dialect: Dialect): number | undefined {
  const two = statement.slice(at, at + 2);
  if (two === "--" || (two === "//" && dialect.slashComments === true)) {
    const end = statement.indexOf("\n", at);
    return end < 0 ? statement.length : end;
  }
  if (two !== "/*") return undefined;
  let depth = 0;
  for (let here = at; here < statement.length; here++) {
    const pair = statement.slice(here, here + 2);
    if (pair === "/*" && (depth === 0 || dialect.nestedComments === true)) depth++;
    else if (pair === "*/") depth--;
    else continue;
    here++;
    if (depth === 0) return here + 1;
  }
  return statement.length;
}

/** Where a text ends that begins here; `undefined` where none does. */
function textEnd(statement: string, at: number, dialect: Dialect): number | "unsure" | undefined {
  if (statement[at] === "'") return quoteEnd(statement, at);
  if (dialect.dollarQuotes !== true) return undefined;
  DOLLAR_QUOTE.lastIndex = at;
  const quote = DOLLAR_QUOTE.exec(statement)?.[0];
  if (quote === undefined) return undefined;
  const end = statement.indexOf(quote, at + quote.length);
  return end < 0 ? "unsure" : end + quote.length;
}

function quoteEnd(statement: string, at: number): number | "unsure" {
  for (let here = at + 1; here < statement.length; here++) {
    if (statement[here] === "\\") return "unsure";
    if (statement[here] !== "'") continue;
    if (statement[here + 1] !== "'") return here + 1;
    here++;
  }
  return "unsure";
}
