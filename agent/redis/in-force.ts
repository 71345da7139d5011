import type { Notice } from "../core/notices";

/** Settings whose value in the file is no text that the server gives back: it counts them together, or reads more of it. */
const OTHERWISE_SAID = ["save", "client-output-buffer-limit", "include", "loadmodule", "rename-command"];

/** Those that agents change while a server runs. */
const AGENTS = ["appendonly", "min-replicas-to-write"];

/** Each setting of the file, the last time that it is given. */
export function settingsIn(file: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of file.split("\n").map((one) => one.trim())) {
    const [, name, value = ""] = /^([a-z][a-z0-9-]*)\s+(.*)$/i.exec(line) ?? [];
    if (name !== undefined) found.set(name.toLowerCase(), unquoted(value));
  }
  return found;
}

/**
 * What is in force otherwise than the file asks for, by what it is about: a server that starts has understood all of it, but it
 * may have been set since.
 *
 * @param answer - of `CONFIG GET *`: names and values by turns.
 */
export function settingsTrouble(file: string, answer: readonly unknown[]): Map<string, Notice> {
  const present = new Map<string, string>();
  for (let at = 0; at + 1 < answer.length; at += 2) present.set(String(answer[at]), String(answer[at + 1]));
  const found = new Map<string, Notice>();
  for (const [name, wanted] of settingsIn(file)) {
    const value = present.get(name);
    if (value === undefined || OTHERWISE_SAID.includes(name) || AGENTS.includes(name)) continue;
    if (isSame(wanted, value)) continue;
    found.set(name, {
      severity: "problem",
      text: `${name} is ${value === "" ? "empty" : value} and not ${wanted}, as it was asked for: somebody has set it since (CONFIG SET)`,
      advice: `set it back as the administrator: CONFIG SET ${name} ${wanted}; a restart of the pod does so too`,
    });
  }
  return found;
}

function unquoted(value: string): string {
  const [, , inner] = /^(["'])(.*)\1$/.exec(value) ?? [];
  return inner ?? value;
}

function isSame(wanted: string, present: string): boolean {
  const [one, other] = [bytesOf(wanted), bytesOf(present)];
  if (one !== undefined && other !== undefined) return one === other;
  return wanted.toLowerCase() === present.toLowerCase();
}

const UNITS: Record<string, number> = {
  "": 1,
  b: 1,
  k: 1_000,
  kb: 1_024,
  m: 1_000_000,
  mb: 1_048_576,
  g: 1_000_000_000,
  gb: 1_073_741_824,
};

/** A number with the server's units, in which `k` is a thousand and `kb` is 1024. */
export function bytesOf(text: string): number | undefined {
  const [, digits, unit = ""] = /^(-?\d+)([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}
