import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { PROJECT } from "../../../operate/deploy/stack-config";
import { draw } from "../support/report/pictures/draw";
import { PICTURES } from "../support/report/pages";
import { CLIENTS, VARIANT_WORDS, VARIANTS } from "./engine";
import { loadPicture, loadSpec } from "./picture";
import { leftOutEngines, loadedEngines } from "./registry";
import { type Cell, type Check, type Loaded, placesOf, ratioOf, recorded, type Results } from "./results";

export const PAGE_FILE = join(PROJECT, "docs", "load.md");

/** Writes the page that the recorded figures make, with its pictures. */
export async function publish(results: Results | undefined = recorded()): Promise<void> {
  if (results === undefined) return;
  writeFileSync(PAGE_FILE, await loadPage(results));
  mkdirSync(PICTURES, { recursive: true });
  for (const [file, picture] of await loadPictures(results)) writeFileSync(join(PICTURES, file), picture);
}

/** The pictures that the page shows, by their files' names. */
export async function loadPictures({ engines }: Results): Promise<Map<string, string>> {
  const pictures = new Map<string, string>();
  for (const [name, loaded] of Object.entries(engines))
    pictures.set(loadPicture(name), await draw(loadSpec(name, loaded)));
  return pictures;
}

/** The page, formatted as all pages are. */
export async function loadPage(results: Results): Promise<string> {
  const style = await resolveConfig(PAGE_FILE);
  return format(pageOf(results), { ...style, parser: "markdown" });
}

function pageOf({ machine, engines }: Results): string {
  const chapters = Object.entries(engines).map(([name, loaded]) => chapter(name, loaded));
  const left = [...leftOutEngines].map(([name, why]) => `Left out is ${name}: ${why}.`);
  const missing = [...loadedEngines.keys()].filter((name) => engines[name] === undefined);
  return [
    `# What high availability costs

<!-- Made by \`npm run bench -- --load --page\` from what is recorded in bench/results/load.json. -->

Transactions a second, measured with an engine's usual tool, of

${VARIANTS.map((variant) => `- **${variant}**: ${VARIANT_WORDS[variant]}`).join("\n")}

All of them stand side by side on the test bed, a machine of ${machine.cores} processors and ${machine.memoryGiB} GiB: its nodes are parts of it, so
three members share what one has alone, and their disks are one disk; what they cost on three machines was not measured. Each is reached by the name of a Service, and its data lies
on a node's disk. They are loaded in turn, each round beginning with another one, by ${CLIENTS.join(", ").replace(/, (\d+)$/, " and $1")} clients;
of each ratio, both figures are of the same round. Figures are the median of the rounds; ratios median (least to most). Other work on the machine is in the spread, and where that is wide, a ratio tells little.`,
    ...chapters,
    ...left,
    ...missing.map((name) => `No figures of ${name} are recorded yet.`),
    "",
  ].join("\n\n");
}

function chapter(name: string, loaded: Loaded): string {
  const { setup, group, cases, roundsEach, secondsEach, repeated, cells } = loaded;
  const places = placesOf(cells);
  const rows = places.map(({ case: of, clients }) => {
    const figures = VARIANTS.map((variant) => figureOf(find(cells, of, clients, variant)));
    return `| ${[of, clients, ...figures].join(" | ")} |`;
  });
  const pairs = [
    ["three", "one"],
    ["three", "group"],
    ["group", "same"],
    ["one", "bare"],
    ["one", "same"],
    ["three", "same"],
  ] as const;
  const shares = places.map(({ case: of, clients }) => {
    const each = pairs.map(([above, below]) => {
      const ratio = ratioOf(cells, of, clients, above, below)?.ratio;
      return ratio === undefined ? "" : `${share(ratio.median)} (${share(ratio.min)} to ${share(ratio.max)})`;
    });
    return `| ${[of, clients, ...each].join(" | ")} |`;
  });
  return `## ${name}

${setup}; ${roundsEach} rounds of ${secondsEach} s each.${repeatedWords(repeated)} The group: ${group}. A transaction is, under

${Object.entries(cases)
  .map(([of, what]) => `- ${of}: ${what}`)
  .join("\n")}

![${name}: each variant's share of the transactions of a bare server with our settings](pictures/${loadPicture(name)})

Transactions a second, and the time within which 95 % are done:

| | clients | ${VARIANTS.join(" | ")} |
|-|-|${VARIANTS.map(() => "-").join("|")}|
${rows.join("\n")}

Ratios:

| | clients | ${pairs.map((pair) => pair.join(" / ")).join(" | ")} |
|-|-|${pairs.map(() => "-").join("|")}|
${shares.join("\n")}

${verdictsOf(loaded.checks)}`;
}

/** What was asked for, and where it is missed. */
function verdictsOf(checks: readonly Check[]): string {
  const pairs = [...new Set(checks.map(({ of, to }) => `${of} / ${to}`))];
  return pairs
    .map((pair) => {
      const own = checks.filter(({ of, to }) => `${of} / ${to}` === pair);
      const missed = own.filter(({ met }) => !met).map(wordsOf);
      const bounds = own.filter(({ bound }) => bound !== undefined).length;
      const less =
        bounds === 0
          ? ""
          : `, or what follows from the group where that is less, as in ${bounds} of ${own.length}`;
      const end =
        missed.length === 0
          ? "met in all."
          : `met in ${own.length - missed.length} of ${own.length}. Missed: ${missed.join("; ")}.`;
      return `Asked for ${pair}: at least ${askedOf(own)}${less}; ${end}`;
    })
    .join("\n\n");
}

/** A share for all, or one for each number of clients. */
function askedOf(checks: readonly Check[]): string {
  const each = new Map(
    checks.flatMap(({ clients, asked }) => (asked === undefined ? [] : [[clients, asked] as const])),
  );
  if (each.size === 0) return share(Math.max(...checks.map(({ atLeast }) => atLeast)));
  return [...each].map(([clients, asked]) => `${share(asked)} with ${clients}`).join(", ");
}

function wordsOf({ case: name, clients, measured, atLeast }: Check): string {
  return `${name} with ${clients}: ${measured.toFixed(3)} of ${atLeast.toFixed(3)}`;
}

function repeatedWords(repeated: number): string {
  if (repeated === 0) return "";
  return ` Runs that came to nothing, since the server cut them off or the tool ended, and were made again: ${repeated}.`;
}

function find(cells: readonly Cell[], name: string, clients: number, variant: string): Cell | undefined {
  return cells.find((cell) => cell.case === name && cell.clients === clients && cell.variant === variant);
}

function figureOf(cell: Cell | undefined): string {
  if (cell === undefined) return "not measured";
  const { perSecond, p95Ms } = cell;
  return `${Math.round(perSecond.median).toLocaleString("en")}, ${Number(p95Ms.median.toPrecision(2))} ms`;
}

function share(ratio: number): string {
  return ratio.toFixed(2);
}
