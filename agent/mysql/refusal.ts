import type { Refusal } from "../core/types";

/** How much of it is passed on, in characters. */
const LONGEST = 400;

/** A line of the error log: when, by which thread, how grave, which message, of which part of the server. */
const ERROR = /^\S+ \d+ \[ERROR\] \[MY-\d+\] \[\w+\] (.*)$/;

/** Errors that only say that others were told before. */
const CONSEQUENCES = [
  /^Aborting$/,
  /Data Dictionary initialization failed/,
  /Failed to initialize DD Storage Engine/,
  /^Failed to initialize (builtin|dynamic) plugins/,
  /Plugin initialization aborted/,
];

/** InnoDB has read its files, and what is in them cannot be. */
const BROKEN = [
  /page corruption/i,
  /corrupted page/i,
  /checksum mismatch/i,
  /invalid redo log header checksum/i,
  /failed to read header of the redo log/i,
  /space id in fsp header is/i,
  /data structure corruption/i,
  /(log file|redo log|tablespace|datafile|data file|page).* (is|are) corrupt(ed)?\b/i,
];

/** Whatever else is said beside them: the same data is sound for another version, with another key or another setting. */
const NOT_BROKEN = [
  /downgrad/i,
  /cannot (boot|upgrade)/i,
  /unsupported redo log format/i,
  /encrypt|keyring|master key/i,
  /lower_case_table_names/i,
  /permission denied/i,
  /no space left|disk is full/i,
  /out of memory|cannot allocate memory/i,
];

/** Settings that no server of this version starts with. */
const SETTINGS = [
  /unknown (variable|option)/i,
  /error while setting value/i,
  /unknown suffix/i,
  /unknown default time zone/i,
  /parsing options for plugin/i,
  /ambiguous option/i,
  /unknown (character set|collation)/i,
  /can't open shared library/i,
  /lower_case_table_names/i,
];

/**
 * Why a server ended, from its error log. It is taken for broken data only where InnoDB says so in as many words: "Data
 * Dictionary initialization failed" is also what a wrong `lower_case_table_names` ends with.
 */
export function refusalFrom(log: string): Refusal | undefined {
  const errors = log.split("\n").flatMap((line) => ERROR.exec(line.trim())?.[1] ?? []);
  const causes = errors.filter((text) => !CONSEQUENCES.some((one) => one.test(text)));
  const [said] = causes.length > 0 ? causes : errors;
  if (said === undefined) return undefined;
  const matches = (patterns: readonly RegExp[]): string | undefined =>
    causes.find((text) => patterns.some((one) => one.test(text)));
  const broken = matches(NOT_BROKEN) === undefined ? matches(BROKEN) : undefined;
  if (broken !== undefined) return { words: broken.slice(0, LONGEST), blames: "data" };
  const setting = matches(SETTINGS);
  if (setting !== undefined) return { words: setting.slice(0, LONGEST), blames: "settings" };
  return { words: said.slice(0, LONGEST) };
}
