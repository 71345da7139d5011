import type { Notice } from "../core/notices";

/** A row of the server's global variables, with where its value comes from. */
export interface Variable {
  name: string;
  value: string;
  /** `VARIABLE_SOURCE`: `EXPLICIT` is the option file that was named. */
  source: string;
}

export const VARIABLES_QUERY = `
  SELECT v.VARIABLE_NAME AS name, v.VARIABLE_VALUE AS value, i.VARIABLE_SOURCE AS source
    FROM performance_schema.global_variables v JOIN performance_schema.variables_info i USING (VARIABLE_NAME)`;

/** Options whose variable has another name. */
const VARIABLES: Record<string, string> = {
  default_time_zone: "time_zone",
  character_set: "character_set_server",
};

/** Where a value comes from that is not the option file's. */
const ELSEWHERE: Record<string, string> = {
  DYNAMIC: "somebody has set it since (SET GLOBAL)",
  PERSISTED: "somebody has set it for good (SET PERSIST)",
  COMMAND_LINE: "the agent gives it",
};

/**
 * What is in force otherwise than the option file asks for, by what it is about. A server that starts has understood every
 * name and value there, but for those that begin with `loose_`; but it adjusts some, and others may be set later.
 */
export function settingsTrouble(optionFile: string, variables: readonly Variable[]): Map<string, Notice> {
  const found = new Map<string, Notice>();
  const present = new Map(variables.map((variable) => [variable.name, variable]));
  for (const { name, loose, value } of optionsOf(optionFile)) {
    const variable = present.get(VARIABLES[name] ?? name);
    if (variable === undefined) {
      if (!loose) continue;
      const what = `the server knows no setting ${name}, and leaves loose_${name} out`;
      found.set(name, { severity: "notice", text: what });
      continue;
    }
    if (isSame(value, variable.value)) continue;
    const what = `${name} is ${variable.value} and not ${value}, as it was asked for`;
    const who = ELSEWHERE[variable.source];
    if (who === undefined) {
      // Its own file's value: only numbers are adjusted; texts are merely written otherwise, and -1 leaves it to the server.
      const asked = numberOf(value);
      if (asked === undefined || asked === -1 || numberOf(variable.value) === undefined) continue;
      found.set(name, { severity: "notice", text: `${what}: the server has adjusted it` });
    } else {
      const advice =
        variable.source === "PERSISTED"
          ? `take it back as the administrator: RESET PERSIST ${variable.name}; then restart the pod`
          : `set it back as the administrator: SET GLOBAL ${variable.name}; a restart of the pod does so too`;
      found.set(name, { severity: "problem", text: `${what}: ${who}`, advice });
    }
  }
  return found;
}

interface Option {
  name: string;
  loose: boolean;
  value: string;
}

/** The server's options in a file, each as it holds: the last one. */
function optionsOf(optionFile: string): Option[] {
  const options = new Map<string, Option>();
  let ours = false;
  for (const line of optionFile.split("\n").map((one) => one.trim())) {
    if (line.startsWith("[")) ours = /^\[(mysqld|server)\]$/.test(line);
    if (!ours || line === "" || /^[[#;]/.test(line)) continue;
    const [, given = "", value = "ON"] = /^([^=\s]+)\s*(?:=\s*(.*))?$/.exec(line) ?? [];
    const spelled = given.toLowerCase().replaceAll("-", "_");
    const loose = spelled.startsWith("loose_");
    const name = loose ? spelled.slice("loose_".length) : spelled;
    options.set(name, { name, loose, value: unquoted(value) });
  }
  return [...options.values()];
}

function unquoted(value: string): string {
  const [, , inner] = /^(["'])(.*)\1$/.exec(value) ?? [];
  return inner ?? value;
}

function isSame(wanted: string, present: string): boolean {
  const [one, other] = [numberOf(wanted), numberOf(present)];
  if (one !== undefined && other !== undefined) return one === other;
  return normal(wanted) === normal(present);
}

const SUFFIXES = ["", "K", "M", "G", "T", "P", "E"];

/** A number with MySQL's suffixes. */
function numberOf(text: string): number | undefined {
  const [, digits, suffix = ""] = /^(-?\d+(?:\.\d+)?)([KMGTPE]?)$/i.exec(text.trim()) ?? [];
  return digits === undefined ? undefined : Number(digits) * 1024 ** SUFFIXES.indexOf(suffix.toUpperCase());
}

/** A switch, or a list whose order says nothing. */
function normal(text: string): string {
  const word = text.trim().toUpperCase();
  if (["ON", "TRUE", "1", "YES"].includes(word)) return "ON";
  if (["OFF", "FALSE", "0", "NO"].includes(word)) return "OFF";
  if (word === "NULL") return "";
  return word
    .split(",")
    .map((part) => part.trim())
    .sort()
    .join(",");
}
