import type { Refusal } from "../core/types";

/** How much of it is passed on, in characters. */
const LONGEST = 400;

/** A line of the server's log: process, role, when, how grave, what. */
const LINE = /^\d+:[A-Z] \d{1,2} \w{3} \d{4} [\d:.]+ ([-.*#]) (.*)$/;

/** What is said of a file of settings that cannot be read. It has no time, and is told where, what and why. */
const SETTINGS = /^\*\*\* FATAL CONFIG FILE ERROR/;

/** It has read its files, and cannot read what is in them. */
const BROKEN = [
  /^bad file format reading the append only file/i,
  /^unexpected end of file reading the append only file/i,
  /^unable to obtain the aof file .* no such file/i,
  /^invalid aof manifest file format/i,
  /^wrong signature trying to load db/i,
  /^internal error in rdb reading offset/i,
  /^(terminating server after )?rdb file .*(corrupt|wrong)/i,
  /^wrong rdb checksum/i,
];

/** The same data is sound for another version, with more memory, or with a module. */
const NOT_BROKEN = [
  /can't handle rdb format version/i,
  /no space left|disk is full/i,
  /out of memory|cannot allocate memory/i,
  /permission denied/i,
  /data type .* module|module .* not loaded/i,
];

/** Nothing that it would start with, whatever its data. */
const NEVER_STARTS = [
  /because of acl errors/i,
  /failed to (load certificate|load private key|configure tls)/i,
];

/** They only say that something was said before, or that advice was not taken. */
const CONSEQUENCES = [
  /^failed to configure tls/i,
  /^error reading the rdb base file/i,
  /^reading the manifest file|^>>> /i,
  /^warning/i,
];

/** Why a server ended, from what it said last. */
export function refusalFrom(log: string): Refusal | undefined {
  const lines = log.split("\n").map((line) => line.trim());
  const settings = lines.findIndex((line) => SETTINGS.test(line));
  if (settings >= 0) {
    const words = lines.slice(settings + 1, settings + 4).filter((line) => line !== "");
    return { words: words.join(" ").slice(0, LONGEST), blames: "settings" };
  }
  const grave = lines.flatMap((line) => {
    const [, level, text = ""] = LINE.exec(line) ?? [];
    return level === "#" ? [text] : [];
  });
  const causes = grave.filter((text) => !CONSEQUENCES.some((one) => one.test(text)));
  const matching = (patterns: readonly RegExp[]): string | undefined =>
    causes.find((text) => patterns.some((one) => one.test(text)));
  const broken = matching(NOT_BROKEN) === undefined ? matching(BROKEN) : undefined;
  if (broken !== undefined) return { words: broken.slice(0, LONGEST), blames: "data" };
  const never = matching(NEVER_STARTS);
  if (never !== undefined) return { words: never.slice(0, LONGEST), blames: "settings" };
  const said = matching(NOT_BROKEN) ?? causes.at(-1);
  return said === undefined ? undefined : { words: said.slice(0, LONGEST) };
}
