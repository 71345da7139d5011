import type { Row } from "./table";

/** What one version has otherwise than the one that was asked. */
export interface Differences {
  /** Where they were read. */
  source: string;
  without: string[];
  /** Settings, with what is not as in a text that takes anything. */
  added: (Pick<Row, "name"> & Partial<Row>)[];
  changed: Record<string, Partial<Row>>;
}

const NONE = {
  type: "text",
  least: "",
  most: "",
  unit: "",
  choices: [],
  restart: true,
  default: "",
} as const;

/** The table of a version, made of the table of another one. */
export function withDifferences(rows: Row[], { without, added, changed }: Differences): Row[] {
  const kept = rows.filter(({ name }) => !without.includes(name));
  const all = [
    ...kept.map((row) => ({ ...row, ...changed[row.name] })),
    ...added.map((row) => ({ ...NONE, ...row })),
  ];
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}
