/** A figure, and what it is a figure of. */
export interface Sample {
  labels?: Record<string, string>;
  value: number;
}

/** Figures of one kind. */
export interface Family {
  /** Without the ending that its kind asks for. */
  name: string;
  kind: "gauge" | "counter";
  /** What it says, as a sentence without its full stop. */
  help: string;
  samples: Sample[];
}

/** How figures are written down. */
export type Format = "openmetrics" | "prometheus";

/** What an answer in a format is called. */
export const CONTENT_TYPES: Record<Format, string> = {
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
};

/** The format that is asked for: the older one, unless the other is accepted. */
export function formatFor(accept: string | undefined): Format {
  return accept?.includes("application/openmetrics-text") === true ? "openmetrics" : "prometheus";
}

/**
 * Writes figures down, for instance `stateful_ready{pod="orders-0"} 1`. What is no number is left out, and a family that has none.
 *
 * @param labels - of every figure.
 */
export function textOf(families: readonly Family[], labels: Record<string, string>, format: Format): string {
  const lines = families.flatMap((family) => linesOf(family, labels, format));
  return [...lines, ...(format === "openmetrics" ? ["# EOF"] : []), ""].join("\n");
}

function linesOf(
  { name, kind, help, samples }: Family,
  labels: Record<string, string>,
  format: Format,
): string[] {
  const numbers = samples.filter(({ value }) => Number.isFinite(value));
  if (numbers.length === 0) return [];
  const full = kind === "counter" ? `${name}_total` : name;
  // OpenMetrics has the family's name without the ending, the older format with it.
  const head = format === "openmetrics" ? name : full;
  return [
    `# TYPE ${head} ${kind}`,
    `# HELP ${head} ${escaped(help)}.`,
    ...numbers.map((sample) => `${full}${labelled({ ...labels, ...sample.labels })} ${sample.value}`),
  ];
}

function labelled(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`));
}
