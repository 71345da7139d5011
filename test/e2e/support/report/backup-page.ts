import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { type Spread, spread } from "../../../../bench/spread";
import { PROJECT } from "../../../../operate/deploy/stack-config";
import { engineCalled } from "../engines/registry";
import { type BackupRun, type Recorded, totalOf } from "./backup-figures";
import { span, table } from "./matrix";
import { INK, namedRows, type Picture } from "./pictures/draw";

export const BACKUP_PAGE_FILE = join(PROJECT, "docs", "backup-figures.md");
export const BACKUP_PICTURE = "backup-figures.svg";

/** How far a drill's figure may be from that of a restore, as a share. */
const DRILL_WITHIN = 0.3;

const PHASES = [
  ["download", "fetching copy and log", INK.good],
  ["replay", "replaying the log", INK.text],
  ["ready", "starting on all of it", INK.faint],
] as const;

/** The page, formatted as all pages are. */
export async function backupPage(recorded: Recorded): Promise<string> {
  const style = await resolveConfig(BACKUP_PAGE_FILE);
  return format(pageOf(recorded), { ...style, parser: "markdown" });
}

function pageOf(recorded: Recorded): string {
  const engines = Object.entries(recorded);
  return [
    `# What a gibibyte takes

<!-- Made by \`npm run failures -- --matrix\` from what is recorded in bench/results/backup.json. -->

A gibibyte of rows that do not compress, in one member of 1 GiB of memory, is backed up to the test bed's object store and restored
into a new database, which must have every row: on a machine of two processors that runs the cluster and the store as well. \`npm run e2e -- --long
--record --grep gibibyte\` measures it once more. Figures are min / median / max of the runs.`,
    ...(engines.length === 0 ? ["Nothing is recorded yet."] : []),
    ...engines.map(([engine, runs]) => chapter(engine, runs)),
    `![The phases of a drill and of a restore, of the middle run of each engine](pictures/${BACKUP_PICTURE})`,
    "",
  ].join("\n\n");
}

function chapter(engine: string, runs: readonly BackupRun[]): string {
  const asked = engineCalled(engine)?.gibibyteRestoredSeconds;
  const serves = spread(runs.map(({ servesSeconds }) => servesSeconds));
  const apart = spread(runs.map(({ drill, restore }) => Math.abs(totalOf(drill) / totalOf(restore) - 1)));
  const rows = [
    ["a full copy", span(spread(runs.map(({ copySeconds }) => copySeconds))), "", ""],
    ["a drill, as it says itself", span(spread(runs.map(({ drill }) => totalOf(drill)))), "", ""],
    ["a restore, as it says itself", span(spread(runs.map(({ restore }) => totalOf(restore)))), "", ""],
    [
      "from the order to restore to a database that serves",
      span(serves),
      asked === undefined ? "" : `≤ ${asked} s`,
      asked === undefined ? "" : verdict(serves.max <= asked),
    ],
    [
      "how far the drill's figure is from the restore's",
      percent(apart),
      `≤ ${DRILL_WITHIN * 100} %`,
      verdict(apart.max <= DRILL_WITHIN),
    ],
    [
      "the most memory of the primary's agent",
      `${Math.max(...runs.map(({ agentMebibytes }) => agentMebibytes))} MiB`,
      "",
      "",
    ],
  ];
  const sizes = [...new Set(runs.map(({ copyMebibytes }) => copyMebibytes))].join(", ");
  return [
    `## ${engine}`,
    `${runs.length} runs, the last on ${runs.at(-1)?.at.slice(0, 10) ?? ""}; the copy has ${sizes} MiB.`,
    table(["what", "measured", "asked", "verdict"], rows),
  ].join("\n\n");
}

/** A bar for the drill and one for the restore of each engine's middle run. */
export function backupSpec(recorded: Recorded): Picture {
  const bars = Object.entries(recorded).flatMap(([engine, runs]) => {
    const middle = [...runs].sort((a, b) => totalOf(a.restore) - totalOf(b.restore))[
      Math.floor(runs.length / 2)
    ];
    if (middle === undefined) return [];
    return (["drill", "restore"] as const).flatMap((kind) =>
      PHASES.map(([phase, words], order) => ({
        row: `${engine}: ${kind}`,
        phase: words,
        order,
        seconds: middle[kind][phase],
      })),
    );
  });
  const rows = [...new Set(bars.map(({ row }) => row))];
  return {
    title: "A gibibyte: what a drill and a restore take",
    width: 560,
    height: rows.length * 44,
    data: { values: bars },
    mark: { type: "bar", height: { band: 0.6 } },
    encoding: {
      y: namedRows("row", rows),
      x: { field: "seconds", type: "quantitative", stack: "zero", title: "seconds" },
      order: { field: "order" },
      color: {
        field: "phase",
        type: "nominal",
        scale: { domain: PHASES.map(([, words]) => words), range: PHASES.map(([, , color]) => color) },
      },
    },
  };
}

function verdict(met: boolean): string {
  return met ? "met" : "**missed**";
}

function percent({ min, median, max }: Spread): string {
  return `${[min, median, max].map((figure) => Math.round(figure * 100)).join(" / ")} %`;
}
