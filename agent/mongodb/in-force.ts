import type { Notice } from "../core/notices";
import { type Document, documentIn } from "./wire";

/** Parameters that the server shows otherwise than they are given, or not at all. */
const OTHERWISE_SHOWN = ["authenticationMechanisms", "initialSyncSourceReadPreference"];

/** What the file gives for parameters, by their names. Other settings change with a start alone. */
export function parametersIn(file: string): Document {
  const text = file
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n");
  return documentIn(JSON.parse(text) as Document, "setParameter");
}

/** What the server is asked, to find out. */
export function settingsQuestion(file: string): Document {
  const names = Object.keys(parametersIn(file)).filter((name) => !OTHERWISE_SHOWN.includes(name));
  return { getParameter: 1, ...Object.fromEntries(names.map((name) => [name, 1])) };
}

/** What is in force otherwise than the file asks for, by what it is about: a server that starts has taken all of it. */
export function settingsTrouble(file: string, answer: Document): Map<string, Notice> {
  const found = new Map<string, Notice>();
  for (const [name, wanted] of Object.entries(parametersIn(file))) {
    const present = answer[name];
    if (present === undefined || OTHERWISE_SHOWN.includes(name) || shown(present) === shown(wanted)) continue;
    found.set(name, {
      severity: "problem",
      text: `${name} is ${shown(present)} and not ${shown(wanted)}, as it was asked for: somebody has set it since (setParameter)`,
      advice: `set it back as the administrator: db.adminCommand({ setParameter: 1, ${name}: ${JSON.stringify(wanted)} }); a restart of the pod does so too`,
    });
  }
  return found;
}

/** Numbers come in several types, of which one is an object. */
function shown(value: unknown): string {
  const text = typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) ? String(number) : text;
}
