import type { Refusal } from "../core/types";

/** How much of it is passed on, in characters. */
const LONGEST = 400;

/** An entry of the server's log. https://www.mongodb.com/docs/manual/reference/log-messages/#structured-logging */
interface Entry {
  /** `F`: it ends because of that; `E`: an error. */
  s?: string;
  msg?: string;
  attr?: Record<string, unknown>;
}

/** It has read its files, and cannot read what is in them. */
const BROKEN = [
  /WT_TRY_SALVAGE/,
  /checksum (error|mismatch)|read checksum/i,
  /file .*(corrupt|does not appear to be a WiredTiger file)/i,
  /Detected data corruption|Failed to start up WiredTiger under any compatibility version.*corrupt/i,
  /WiredTiger metadata corruption/i,
];

/** The same data is sound with more room, more memory, or another version. */
const NOT_BROKEN = [
  /No space left on device/i,
  /out of memory|cannot allocate memory/i,
  /permission denied|operation not permitted/i,
  /incompatible with this version|UPGRADE PROBLEM|featureCompatibilityVersion/i,
  /unsupported WiredTiger file version/i,
];

/** Nothing that it would start with, whatever its data. */
const NEVER_STARTS = [
  /Error parsing (YAML|command line|INI)|Unrecognized option|BadValue: |Bad digit|Invalid value for/i,
  /(security key|key ?file).*(bad|invalid|too open|permissions|length)/i,
  /(SSL|TLS).*(cannot|can't|failed|error).*(certificate|private key|CA file)/i,
  /Illegal instruction|requires a CPU with AVX/i,
];

/** What to do where its own words do not say it. */
const ADVICE: readonly [RegExp, string][] = [
  [
    /Illegal instruction/i,
    "this server needs a processor with AVX, which this node's does not have or does not show to its machines",
  ],
];

/** Why a server ended, from what it said last. */
export function refusalFrom(log: string): Refusal | undefined {
  const said = log.split("\n").flatMap(graveIn);
  const matching = (patterns: readonly RegExp[]): string | undefined =>
    said.find((text) => patterns.some((one) => one.test(text)));
  const elsewhere = matching(NOT_BROKEN);
  const broken = elsewhere === undefined ? matching(BROKEN) : undefined;
  if (broken !== undefined) return { words: broken.slice(0, LONGEST), blames: "data" };
  const never = matching(NEVER_STARTS);
  if (never !== undefined) return { words: advised(never).slice(0, LONGEST), blames: "settings" };
  const words = elsewhere ?? said.at(-1);
  return words === undefined ? undefined : { words: words.slice(0, LONGEST) };
}

/** What a line tells of a failure, if it does: an entry of the log, or what was said before there is one. */
function graveIn(line: string): string[] {
  const text = line.trim();
  if (!text.startsWith("{")) {
    return [...NEVER_STARTS, ...NOT_BROKEN].some((one) => one.test(text)) ? [text] : [];
  }
  let entry: Entry;
  try {
    entry = JSON.parse(text) as Entry;
  } catch {
    // Cut off where the log was begun anew.
    return [];
  }
  if (entry.s !== "F" && entry.s !== "E") return [];
  const details = Object.values(entry.attr ?? {}).map((value) =>
    typeof value === "string" ? value : JSON.stringify(value),
  );
  return [[entry.msg ?? "", ...details].join(": ")];
}

function advised(words: string): string {
  const [, advice] = ADVICE.find(([pattern]) => pattern.test(words)) ?? [];
  return advice === undefined ? words : `${words}: ${advice}`;
}
