import type { Refusal } from "../core/types";

/** How much of it is passed on, in characters. */
const LONGEST = 400;

/** It has read its files, and cannot read what is in them. */
const BROKEN = [
  /CorruptSSTableException/,
  /Corrupted?:? .*\.db/,
  // It has left the ring, and the others have what it held.
  /This node was decommissioned/,
];

/** It was writing its log when that could not be written any more: a full disk tears it. */
const TORN = /CommitLogReplayException|CommitLogReadException/;

/** Whether a server does not start because of its log alone. */
export function isTornLog({ words }: Pick<Refusal, "words">): boolean {
  return TORN.test(words);
}

/** Nothing that it would start with, whatever its data. */
const NEVER_STARTS = [
  /ConfigurationException/,
  /Invalid yaml|YAMLException/i,
  /Unrecognized VM option|Could not create the Java Virtual Machine/,
];

/** The same data is sound elsewhere, or later. */
const NOT_BROKEN = [
  /No space left on device/,
  /OutOfMemoryError/,
  /Permission denied/,
  /Unable to (gossip with|contact) any/,
];

/** How much an entry matters; the lines after it, of a stack, have no such word. */
const LEVEL = /^(ERROR|WARN|INFO|DEBUG|TRACE)\s/;

/** A line of a stack. */
const STACK = /^\s+at |^Caused by: |^\s*\.\.\. \d|^[\w.$]+(?:Exception|Error)(?::|$)/;

/** What a line begins with. */
const LINE = /^(?:ERROR|WARN|INFO)\s+\S+ \S+ \S+ - |^Caused by: /;

/**
 * The lines of a log that tell of failures. What is said in passing has the words of failures in it, too: the server's arguments, all of its
 * settings, and what it warns of.
 */
function failuresIn(log: string): string[] {
  let inPassing = false;
  return log.split("\n").flatMap((line) => {
    const [, level] = LEVEL.exec(line) ?? [];
    if (level !== undefined) inPassing = level !== "ERROR";
    // What has no level may be the virtual machine's own last words.
    const passes = inPassing && (level !== undefined || STACK.test(line));
    return passes ? [] : [line.trim()];
  });
}

/** Why a server ended, from what it said last. */
export function refusalFrom(log: string): Refusal | undefined {
  const lines = failuresIn(log);
  const matching = (patterns: readonly RegExp[]): string | undefined =>
    lines.find((line) => !line.startsWith("at ") && patterns.some((one) => one.test(line)));
  const say = (line: string): string => line.replace(LINE, "").slice(0, LONGEST);
  const elsewhere = matching(NOT_BROKEN);
  const torn = elsewhere === undefined ? matching([TORN]) : undefined;
  // All but a part of the log is sound: nothing to set aside.
  if (torn !== undefined) return { words: say(torn) };
  const broken = elsewhere === undefined ? matching(BROKEN) : undefined;
  if (broken !== undefined) return { words: say(broken), blames: "data" };
  const never = matching(NEVER_STARTS);
  if (never !== undefined) return { words: say(never), blames: "settings" };
  const said = elsewhere ?? lines.filter((line) => /^ERROR|^Error|Exception/.test(line)).at(-1);
  return said === undefined ? undefined : { words: say(said) };
}
