/** One setting of a server, as a line of its table. */
export interface Row {
  name: string;
  type: "boolean" | "integer" | "real" | "choice" | "set" | "switches" | "text";
  least: string;
  most: string;
  /** What a number without a unit counts. */
  unit: string;
  choices: readonly string[];
  /** Whether a change holds only after a restart. */
  restart: boolean;
  default: string;
}

/** A table as it is committed: what it was made of, then a line for each setting. */
export function formatTable(source: string[], rows: Row[]): string {
  const lines = rows.map(({ name, type, least, most, unit, choices, restart, default: value }) =>
    [name, type, least, most, unit, choices.join("|"), restart ? "restart" : "", value].join("\t").trimEnd(),
  );
  return [
    ...source.map((line) => `# ${line}`),
    "# name\ttype\tleast\tmost\tunit\tchoices\trestart\tdefault",
    ...lines,
    "",
  ].join("\n");
}
