import { exclusiveRole } from "../../../../components/protocol/topology";
import type { Spread } from "../../../../bench/spread";
import type { Asked, MeasuredEngine } from "../engines/engine";
import { faults } from "../faults/faults";
import { losses } from "../faults/losses";
import { type FaultName, type LossName, lossNames } from "../faults/names";
import { faultsOf } from "../engines/registry";
import { NOT_PROMISED_SECONDS } from "../validate/verdict";
import { runsPicture } from "./pictures/runs";
import { courseWords, timelinePicture } from "./pictures/timeline";
import { isAsDeployed, type Result, shortcomings } from "./results";
import type { RaisedByFault } from "./alerts/file";
import type { Timeline } from "./timeline/timeline";

/** Writes the page that says what each fault does to each engine, measured. */
export function failureMatrix(
  engines: MeasuredEngine[],
  results: Result[],
  timelines: Timeline[] = [],
  alerts: RaisedByFault[] = [],
): string {
  const chapters = engines.map((engine) => chapter(engine, results, timelines, alerts));
  return `${[PREFACE, ...chapters].join("\n\n")}\n`;
}

/** Whether any fault has struck an engine with all its guarantees. */
export function isMeasured({ name }: Pick<MeasuredEngine, "name">, results: Result[]): boolean {
  return results.some((result) => result.engine === name && isAsDeployed(result));
}

const PREFACE = `# What failures do

<!-- Made by \`npm run failures -- --matrix\` from what is recorded in bench/results. -->

Each fault strikes the primary of a healthy database while clients on every node write to it. Each write has a
connection of its own, and one second in all. The clients reach the primary by the address behind the database's name,
which never changes; others write to each pod directly.

- **Write gap**: the longest time between two acknowledged writes of one client, from the last one before the fault on;
  that of the client that waited longest. _0 s_ means at most 1 s. Clients on a node that is itself switched off or cut
  off do not count.
- **Failed writes**, where members are equals: writes that failed although their driver tried other members for three seconds. There,
  clients have one session that lasts.
- **Lost**: acknowledged writes that a member lacks after the recovery. Every member is read.
- **Two primaries**: acknowledged writes that prove a second primary. Each row holds the server that took it and the
  number of its reign, counted on from the rows that it has. A server that takes a write of a reign that another one has
  already followed, or that another one holds too, is a second primary.
- **All well**: from the fault's beginning until every member answers again, and goes on answering. Where the fault
  lasts a while, that time is in it.

Under a loss that no member is left from, the database is restored from its backup, under its own name, as soon as what was committed before is stored. Nobody is promised the
last writes then: \`volumes-lost\` may cost those acknowledged within ${NOT_PROMISED_SECONDS} s before it (the recovery point, 5 s, and 2 s), and
\`table-dropped\` those acknowledged while the table was being dropped. They are counted by themselves.

Figures are min / median / max over all runs. In the pictures each dot is a run with all guarantees, and a cross is one that missed something
that is asked, be it another figure than the gap. The bar is the longest gap that is asked for; where there is none, none is.`;

const NOT_MEASURED = "not measured";

function chapter(
  engine: MeasuredEngine,
  all: Result[],
  timelines: Timeline[],
  alerts: RaisedByFault[],
): string {
  const results = all.filter((result) => result.engine === engine.name);
  const measured = results.filter(isAsDeployed);
  const { standIn } = engine.images.bed;
  const setups = [...new Set(measured.map(({ setup }) => setup))];
  const rows = faultsOf(engine).map((name) => {
    const result = measured.find(({ fault }) => fault === name);
    return row(name, faults[name].what, engine.asked[name], result, standIn);
  });
  const restored = lossNames.flatMap((name) => {
    const asked = engine.asked[name];
    const result = measured.find(({ fault }) => fault === name);
    return asked === undefined ? [] : [row(name, losses[name].what, asked, result)];
  });
  return [
    `## ${engine.name}`,
    `Asked for: ${engine.source}; nothing acknowledged is lost${
      exclusiveRole(engine.topology) === undefined ? "" : ", and two primaries never acknowledge"
    }.`,
    ...(standIn === undefined || measured.length > 0
      ? []
      : [
          `Not run here: the test bed has ${standIn}. On a cluster that can pull the image, \`npm run failures -- --engine ${engine.name}\` measures it.`,
        ]),
    ...setups.map((setup) => `Measured on: ${setup}.`),
    table(columns(engine), [...rows, ...restored]),
    ...(isMeasured(engine, all) ? [eachRun(engine, measured)] : []),
    ...timelines.filter(({ engine: of }) => of === engine.name).map(course),
    ...alarming(alerts.filter(({ engine: of }) => of === engine.name)),
    ...accompanied(engine, results),
    "### With a guarantee switched off",
    "To see that the tool notices, what a guarantee rests on was switched off.",
    table(["guarantee", "fault", "expected", "seen", "verdict"], shown(engine, results)),
  ].join("\n\n");
}

function columns({ topology }: MeasuredEngine): string[] {
  const writes = exclusiveRole(topology) === undefined ? "failed writes" : "two primaries";
  return [
    ...["fault", "what happens", "asked gap", "write gap", "verdict", "lost"],
    ...[writes, "all well", "runs"],
  ];
}

/** Whom each fault wakes. Most are over before anybody should get up. */
function alarming(runs: RaisedByFault[]): string[] {
  if (runs.length === 0) return [];
  const words = ({ raised, watchedSeconds }: RaisedByFault): string =>
    raised.length === 0
      ? `none in ${watchedSeconds} s, by when all was well`
      : raised.map(({ alert, seconds }) => `\`${alert}\` after ${seconds} s`).join(", ");
  return [
    "### The alerts that a fault raises",
    "Of one run each, watched by a Prometheus with [the alerts of a stack](monitoring.md#alerts) until all was well.",
    table(
      ["fault", "alerts"],
      runs.map((run) => [`\`${run.fault}\``, words(run)]),
    ),
  ];
}

/** What the same faults do where more stands beside the servers. */
function accompanied(engine: MeasuredEngine, results: Result[]): string[] {
  const found = results.filter(({ extras }) => extras !== undefined);
  const [first] = found;
  if (first?.extras === undefined) return [];
  const rows = faultsOf(engine).flatMap((name) => {
    const result = found.find(({ fault }) => fault === name);
    return result === undefined ? [] : [row(name, faults[name].what, engine.asked[name], result)];
  });
  return [
    "### With more beside it",
    `The same, where the database has ${first.extras}.`,
    table(columns(engine), rows),
  ];
}

/** The picture of all runs, and what it shows to who does not see it. */
function eachRun(engine: MeasuredEngine, measured: Result[]): string {
  const missed = measured.filter(
    (result) => shortcomings(result, engine.asked[result.fault as FaultName | LossName] ?? {}).length > 0,
  );
  const runs = measured.reduce((sum, result) => sum + result.runs, 0);
  const verdict =
    missed.length === 0
      ? "all met what is asked"
      : `something was missed under ${missed.map(({ fault }) => fault).join(", ")}`;
  return `![${engine.name}: the write gap of each of ${runs} runs by fault, beside the longest that is asked for; ${verdict}](pictures/${runsPicture(engine)})`;
}

/** The picture of one run from its beginning to its end. */
function course(timeline: Timeline): string {
  const { engine, fault, writeGapSeconds, at, commit, setup } = timeline;
  return [
    "### The course of one run",
    `![${engine}, ${fault}: writes, members and routes in the seconds around the fault; no write of some client for ${writeGapSeconds.toFixed(1)} s](pictures/${timelinePicture(timeline)})`,
    `\`${fault}\`, recorded on ${at.slice(0, 10)} at ${commit}, on: ${setup}. Writes are those of all clients through the database's name. ` +
      "Members show what their agents say on their pods, and routes whom the database's names lead to.",
    courseWords(timeline)
      .map((line) => `- ${line}`)
      .join("\n"),
  ].join("\n\n");
}

function row(
  name: string,
  what: string,
  asked: Asked,
  result: Result | undefined,
  standIn?: string,
): string[] {
  const wanted = asked.writeGapSeconds === undefined ? "no figure" : `≤ ${asked.writeGapSeconds} s`;
  return [
    `\`${name}\``,
    what,
    wanted,
    ...(result === undefined
      ? [standIn === undefined ? NOT_MEASURED : "not run here"]
      : figures(asked, result)),
  ];
}

/** The cells that were measured. */
function figures(asked: Asked, result: Result): string[] {
  const { writeGapSeconds, lost, givenUp, acknowledged, recoveredSeconds, runs } = result;
  return [
    span(writeGapSeconds),
    verdictOf(asked, result),
    `${lost} of ${acknowledged}${givenUp === undefined ? "" : `; ${givenUp} not promised`}`,
    secondOrFailed(result),
    span(recoveredSeconds),
    String(runs),
  ];
}

/** Writes that prove a second primary or, where there is none to be, that failed. */
function secondOrFailed({ twoPrimaries, failedWrites = 0 }: Result): string {
  if (twoPrimaries === undefined) return String(failedWrites);
  return twoPrimaries === 0 ? "never" : String(twoPrimaries);
}

/** Met, or by how much it was missed. The worst of all runs counts. */
function verdictOf(asked: Asked, result: Result): string {
  const found = shortcomings(result, asked);
  if (found.length === 0) return "met";
  const over = result.writeGapSeconds.max - (asked.writeGapSeconds ?? 0);
  const words = {
    gap:
      result.notResumed > 0
        ? `writes did not resume in ${result.notResumed} runs`
        : `gap by ${over.toFixed(1)} s`,
    failed: `${result.failedWrites ?? 0} writes failed`,
    lost: `${result.lost} writes lost`,
    "two primaries": "two primaries",
    violation: (result.violations ?? []).join(", "),
    "not recovered": `not all well again in ${result.notRecovered} runs`,
  };
  return `**missed**: ${found.map((finding) => words[finding]).join(", ")}`;
}

/** One row for each guarantee: what was switched off, and whether that was noticed. */
function shown(engine: MeasuredEngine, results: Result[]): string[][] {
  const guarantees = Object.entries(engine.guarantees).map(([name, { what, fault, expected }]) => {
    const result = results.find(({ without }) => without === name);
    const found = result === undefined ? [] : shortcomings(result, engine.asked[fault]);
    const seen = result === undefined ? NOT_MEASURED : verdictOf(engine.asked[fault], result);
    const verdict = found.includes(expected) ? "shown" : "not shown";
    return [`\`${name}\`: ${what}`, `\`${fault}\``, expected, seen, verdict];
  });
  return [...guarantees, ...engine.notShown.map(({ what, why }) => [what, "", "", why, "not shown"])];
}

export function span({ min, median, max }: Spread): string {
  return `${[min, median, max].map((figure) => figure.toFixed(1)).join(" / ")} s`;
}

export function table(head: string[], rows: string[][]): string {
  const full = (cells: string[]): string[] => head.map((_, index) => cells[index] ?? "");
  const lines = [head, head.map(() => "---"), ...rows.map(full)];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
