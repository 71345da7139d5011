import type { Notice } from "../core/notices";
import type { Row } from "./sql";

/** What a server says of its settings. */
export interface ServerSettings {
  /** Rows of `pg_settings`: name, setting, unit, vartype, source, pending_restart. */
  settings: Row[];
  /** Rows of `pg_file_settings`: name, setting, applied, error. Texts are as they are written in the files. */
  file: Row[];
  /** Rows of `pg_hba_file_rules` with an error. */
  hbaErrors: Row[];
}

export const SETTINGS_QUERY = "SELECT name, setting, unit, vartype, source, pending_restart FROM pg_settings";
export const FILE_QUERY = "SELECT name, setting, applied, error FROM pg_file_settings ORDER BY seqno";
export const HBA_ERRORS_QUERY = "SELECT line_number, error FROM pg_hba_file_rules WHERE error IS NOT NULL";

/** Where a session's own value comes from: it says nothing of the server's. */
const OF_THE_SESSION = ["client", "session", "user", "database", "database user", "override"];

/** What shows the asking connection's own value, which over a socket is 0. */
const OF_THE_CONNECTION = [
  "tcp_keepalives_idle",
  "tcp_keepalives_interval",
  "tcp_keepalives_count",
  "tcp_user_timeout",
];

/** Where the values come from that Patroni gives a server as it starts it: they hold until it is started anew. */
const AT_START = "command line";

/** What a server shows of a command that it does not use. */
const UNUSED = "(disabled)";

const CORRECT = "correct it in the stack file";

/**
 * What is in force otherwise than it was asked for, by what it is about.
 *
 * @param restart - how to restart the members.
 * @param log - the last of what the server said, for its reasons.
 */
export function settingsTrouble(
  wanted: Record<string, string>,
  { settings, file, hbaErrors }: ServerSettings,
  restart: string,
  log: string,
): Map<string, Notice> {
  const found = new Map<string, Notice>();
  const problem = (about: string, what: string, advice: string): void => {
    found.set(about, { severity: "problem", text: what, advice });
  };
  const rows = new Map(settings.map((row) => [text(row["name"]).toLowerCase(), row]));
  for (const [name, value] of Object.entries(wanted)) {
    const row = rows.get(name.toLowerCase());
    if (row === undefined) {
      if (!name.includes(".")) problem(name, `PostgreSQL knows no setting ${name}: it is left out`, CORRECT);
      continue;
    }
    if (OF_THE_SESSION.includes(text(row["source"])) || OF_THE_CONNECTION.includes(name.toLowerCase()))
      continue;
    if (text(row["setting"]) === UNUSED || isSame(value, row) || isTakenAsWritten(value, row, file)) continue;
    const present = `${text(row["setting"])}${row["unit"] ? ` × ${text(row["unit"])}` : ""}`;
    const what = `${name} is ${present} and not ${value}, as it was asked for`;
    const waits = row["pending_restart"] === true || text(row["source"]) === AT_START;
    if (waits) problem(name, `${what}: it holds after a restart of the members`, restart);
    else problem(name, `${what}${because(name, log)}`, CORRECT);
  }
  for (const row of file.filter(({ error }) => text(error) !== "")) {
    const name = text(row["name"]);
    const pending = rows.get(name.toLowerCase())?.["pending_restart"] === true;
    if (pending || found.has(name)) continue;
    problem(name, `${name} = ${text(row["setting"])}: ${text(row["error"])}${because(name, log)}`, CORRECT);
  }
  for (const row of hbaErrors) {
    const line = text(row["line_number"]);
    problem(
      `pg_hba.conf ${line}`,
      `line ${line} of pg_hba.conf is wrong, so that the rules before it was written hold on, and no server starts with it: ` +
        text(row["error"]),
      "correct clientHba in the stack file",
    );
  }
  return found;
}

/** The server's own reason, which only its log has. */
function because(name: string, log: string): string {
  const lines = log
    .split("\n")
    .filter((line) => line.toLowerCase().includes(`parameter "${name.toLowerCase()}"`));
  const reason = /(?:LOG|ERROR|WARNING): {2}(.*)$/.exec(lines.at(-1)?.trimEnd() ?? "")?.[1];
  return reason === undefined ? "" : `: ${reason}`;
}

/** Factors of units, in bytes and in milliseconds. */
const UNITS: Record<string, number> = {
  B: 1,
  kB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
  us: 0.001,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Whether a value as it is written in a file is what the server has, in its own unit. */
function isSame(wanted: string, { setting, unit, vartype }: Row): boolean {
  const [asked, has] = [plain(wanted), text(setting)];
  if (vartype === "integer" || vartype === "real") {
    const number = inUnit(asked, text(unit));
    // Rounded to a whole number of the unit.
    const slack = vartype === "integer" ? 1 : Math.abs(Number(has)) * 1e-6;
    return number !== undefined && (Math.abs(number - Number(has)) < slack || number === Number(has));
  }
  const [one, other] = [asBoolean(asked), asBoolean(has)];
  if (vartype !== "string" && one !== undefined && one === other) return true;
  return squeezed(asked) === squeezed(has) || squeezed(wanted) === squeezed(has);
}

/**
 * Whether a server has what was asked for though it shows it in words of its own: `German, DMY` for `german`, `debug2` for
 * `debug`, `<-05>+05` for `-5`. It has taken its value from a file where just that text is, and had nothing against it.
 */
function isTakenAsWritten(wanted: string, row: Row, file: readonly Row[]): boolean {
  const { name, source } = row;
  if (text(source) !== "configuration file" || isPlainNumber(wanted, row)) return false;
  const own = (row: Row): boolean => text(row["name"]).toLowerCase() === text(name).toLowerCase();
  // Of several, the last one holds.
  const last = file.findLast((row) => own(row) && row["applied"] === true);
  return last !== undefined && squeezed(text(last["setting"])) === squeezed(wanted);
}

/** A number that is not octal has been compared as such: a server that shows another has not read its file since. */
function isPlainNumber(wanted: string, { unit, vartype }: Row): boolean {
  const asked = plain(wanted);
  const isNumber = vartype === "integer" || vartype === "real";
  return isNumber && inUnit(asked, text(unit)) !== undefined && !/^[-+]?0\d/.test(asked);
}

function inUnit(value: string, unit: string): number | undefined {
  const [, digits, suffix = ""] = /^([-+]?[\d.]+(?:e[-+]?\d+)?)\s*([a-zA-Z]*)$/.exec(value) ?? [];
  if (digits === undefined) return /^0x[\da-f]+$/i.test(value) ? Number(value) : undefined;
  if (suffix === "") return Number(digits);
  const [, count = "", name = ""] = /^(\d*)([a-zA-Z]+)$/.exec(unit) ?? [];
  const [from, to] = [UNITS[suffix], UNITS[name]];
  if (from === undefined || to === undefined) return undefined;
  return (Number(digits) * from) / (to * Number(count === "" ? "1" : count));
}

function asBoolean(value: string): boolean | undefined {
  const word = value.toLowerCase();
  if (["on", "true", "yes", "1", "t", "y"].includes(word)) return true;
  return ["off", "false", "no", "0", "f", "n"].includes(word) ? false : undefined;
}

function plain(value: string): string {
  const [, quoted] = /^'(.*)'$/s.exec(value.trim()) ?? [];
  return quoted ?? value.trim();
}

function squeezed(value: string): string {
  return value.toLowerCase().replace(/\s+/g, "");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}
