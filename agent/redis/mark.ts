/**
 * The mark: what the primary of a term writes into its data first of all, and once a second. It is replicated, kept and
 * loaded as every write is, so that data itself tells how far it goes. It lies in a library of functions, where no key of
 * an application is, and which `FLUSHALL` leaves alone.
 */

/** The library, and its one function. */
export const LIBRARY = "stateful";

/** Of the primary whose writes the data ends with, and where in its history the mark was made. */
export interface Mark {
  term: number;
  offset: number;
}

/** The request that writes a mark. */
export function writeMark({ term, offset }: Mark): string[] {
  const code = [
    `#!lua name=${LIBRARY}`,
    `-- mark ${term} ${offset}`,
    `redis.register_function{function_name='${LIBRARY}_mark',callback=function() return '${term} ${offset}' end,flags={'no-writes'}}`,
  ].join("\n");
  return ["FUNCTION", "LOAD", "REPLACE", code];
}

/** The request whose answer `markFrom` reads. */
export const READ_MARK = ["FUNCTION", "LIST", "LIBRARYNAME", LIBRARY, "WITHCODE"];

/** The mark in a server's answer; none in data that never had a primary. */
export function markFrom(answer: unknown): Mark | undefined {
  // Lists of lists, of which one text is the code.
  const texts = [answer].flat(4).filter((value) => typeof value === "string");
  for (const text of texts) {
    const [, term, offset] = /^-- mark (\d{1,15}) (\d{1,15})$/m.exec(text) ?? [];
    if (term !== undefined) return { term: Number(term), offset: Number(offset) };
  }
  return undefined;
}
