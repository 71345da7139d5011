import { execFileSync } from "node:child_process";
import { loginSecretName } from "../../components/protocol/names";
import { join } from "node:path";
import { PROJECT } from "../../operate/deploy/stack-config";
import { stateDir } from "../../cluster/layout";
import { isAcknowledged } from "../e2e/support/traffic/attempts";
import { type ClusterFacts, clusterFacts, kubectl, noNodePower } from "../e2e/support/cluster/cluster";
import { LOCAL, MeasuredDatabase } from "../e2e/support/deploy/measured-database";
import { keepFailure } from "../e2e/support/report/failed-logs";
import { Writers } from "../e2e/support/traffic/writers";
import { judgeRound } from "./checkers/all";
import { ensurePrograms, type Programs } from "./checkers/programs";
import type { Judgement, RoundHistory } from "./checkers/checker";
import { LOOKING_BACK } from "./checkers/matrix";
import { conduct, type Surroundings } from "./conduct";
import type { Place } from "./fault";
import { soakFaults } from "./faults";
import { Kept } from "./kept";
import type { SoakOptions } from "./options";
import { roundText } from "./round-text";
import { type Round, rounds } from "./scenario";
import { type Summary, Tally } from "./summary";
import { schemaOf } from "../e2e/support/engines/engine";

/**
 * A soak, from the empty cluster to the empty cluster.
 *
 * @param interrupted ends it early: faults are undone and the database is removed all the same
 * @returns what it came to
 */
export async function soak(
  options: SoakOptions,
  interrupted: AbortSignal,
  say: (line: string) => void,
): Promise<Summary> {
  const { engine, seed, minutes, without } = options;
  const begun = Date.now();
  const cluster = await clusterFacts();
  const programs = await ensurePrograms();
  for (const program of Object.values(programs) as Programs["adya"][])
    if ("missing" in program) say(`SKIPPED: ${program.missing}`);
  const place = placeOf(options, cluster);
  const skipped = soakFaults.filter((fault) => fault.applies(place) !== undefined);
  for (const fault of skipped) say(`SKIPPED ${fault.name}: ${String(fault.applies(place))}`);
  say(`seed ${seed}; deploying ${engine.name}`);
  const setup = {
    purpose: "soak",
    nodes: options.nodes ?? cluster.nodes,
    storageClass: classOf(options, cluster),
    database: cluster.database[engine.name],
    toolsImage: cluster.images.tools,
    // Five members on three nodes, while there are five.
    args: { affinity: { spread: "preferred" } },
  };
  const guarantee = without === undefined ? undefined : engine.guarantees[without];
  const database = await MeasuredDatabase.deploy(kubectl, engine, setup, guarantee);
  const surroundings: Surroundings = {
    ...{ database, nodes: setup.nodes, seed, interrupted },
    writerImage: options.writerImage ?? cluster.images.node,
    say: (state) => {
      say(`    ${state}`);
    },
  };
  const tally = new Tally();
  try {
    await go(options, place, surroundings, programs, tally, say);
  } finally {
    say("removing the database");
    await database.remove();
  }
  const { faults, operations, verdicts, longestGapSeconds, findings, acknowledged } = tally;
  return {
    ...{ engine: engine.name, seed, minutes },
    tookMinutes: Math.round((Date.now() - begun) / 6000) / 10,
    at: new Date().toISOString(),
    commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: PROJECT, encoding: "utf8" }).trim(),
    setup:
      `${engine.name} ${setup.database.version ?? engine.version}, ${place.replicas} replicas on ` +
      `${setup.nodes.length} nodes, volumes of class ${setup.storageClass}, ` +
      (cluster.isTestBed ? "the test bed" : "a cluster of one's own"),
    ...(without === undefined ? {} : { without }),
    ...{ rounds: tally.rounds, faults, operations, acknowledged, verdicts, longestGapSeconds, findings },
  };
}

/** Makes rounds until the time is over. */
async function go(
  options: SoakOptions,
  place: Place,
  around: Surroundings,
  programs: Programs,
  tally: Tally,
  say: (line: string) => void,
): Promise<void> {
  const { engine, seed, minutes, keepAll, stopWhenRed } = options;
  const deadline = Date.now() + minutes * 60_000;
  const isOver = (): boolean => around.interrupted.aborted;
  const kept = new Kept(
    join(options.keep ?? join(stateDir, "soak"), `${engine.name}-${seed}-${Date.now().toString(36)}`),
  );
  const acknowledged = new Map<string, string[]>();
  let number = 0;
  for (const round of sequence(options, place)) {
    if (Date.now() >= deadline || isOver()) break;
    say(`${++number}: ${roundText(round)}`);
    let history: RoundHistory;
    try {
      const conducted = await conduct(round, number, around);
      ({ history } = conducted);
      acknowledged.set(
        conducted.run,
        history.attempts.filter(isAcknowledged).map(({ id }) => id),
      );
    } catch (error) {
      if (isOver()) return;
      // Neither a verdict nor a success: somebody has to look.
      const what = `round ${number} (${roundText(round)}) could not be carried out: ${String(error)}`;
      tally.judged("recovery", "failed", what);
      say(`  RED ${what}\n  logs: ${keepFailure("soak", `round ${number}`, what).directory}`);
      return;
    }
    const judgements = await judgeRound(history, programs, kept.pages(number));
    tally.add(history, judgements);
    const red = tell(judgements, say);
    if (red || keepAll) say(`  history: ${kept.keep(history, judgements, seed)}`);
    else kept.forget(number);
    if (history.stuck !== undefined)
      say(`  logs: ${keepFailure("soak", `round ${number}`, history.stuck).directory}`);
    if (history.stuck !== undefined || (red && stopWhenRed)) return;
  }
  await lookBack(around, acknowledged, tally, say);
}

function sequence({ engine, without, seed, rounds: given }: SoakOptions, place: Place): Iterable<Round> {
  const guarantee = engine.guarantees[without ?? ""];
  if (guarantee !== undefined)
    return repeated([
      { strikes: [{ fault: guarantee.fault, aim: "main", afterSeconds: 0 }], calmSeconds: 5 },
    ]);
  return given.length > 0 ? repeated(given) : rounds(seed, soakFaults, place);
}

function* repeated(given: Round[]): Generator<Round> {
  for (;;) yield* given;
}

/** Whether any checker found something; says what they said. */
export function tell(judgements: Judgement[], say: (line: string) => void): boolean {
  for (const { checker, outcome, says } of judgements) {
    const word = { passed: "  ", failed: "  RED ", skipped: "  SKIPPED " }[outcome];
    say(`${word}${checker}: ${says}`);
  }
  return judgements.some(({ outcome }) => outcome === "failed");
}

/** What was acknowledged in any round must still be there after the last one. */
async function lookBack(
  { database, nodes, writerImage }: Surroundings,
  acknowledged: Map<string, string[]>,
  tally: Tally,
  say: (line: string) => void,
): Promise<void> {
  await database.healthy();
  const scene = await database.scene();
  const [side = ""] = nodes;
  const writers = await Writers.start({
    ...{
      scene,
      run: Date.now().toString(36),
      sides: [side],
      image: writerImage,
      schema: schemaOf(scene.engine),
    },
    secret: loginSecretName(scene.database),
  });
  try {
    for (const [run, ids] of acknowledged) {
      const rows = await writers.rows(side, run);
      const lost = ids.filter((id) => [...rows.values()].some((there) => !there.has(id))).length;
      const complete = lost === 0 && rows.size === scene.pods.length;
      const finding = `after all rounds: ${lost} writes of run ${run} are lost, ${rows.size} of ${scene.pods.length} members can be read`;
      if (!complete) say(`  RED ${finding}`);
      tally.judged(LOOKING_BACK, complete ? "passed" : "failed", finding);
    }
  } finally {
    await writers.remove();
  }
}

function classOf({ storageClass }: SoakOptions, { dynamicClass }: ClusterFacts): string {
  return storageClass ?? dynamicClass?.metadata.name ?? LOCAL;
}

function placeOf(options: SoakOptions, cluster: ClusterFacts): Place {
  const { engine, without } = options;
  const isDefault = classOf(options, cluster) === cluster.dynamicClass?.metadata.name;
  return {
    replicas: engine.guarantees[without ?? ""]?.database?.replicas ?? engine.replicas,
    isTestBed: noNodePower() === undefined,
    volumesGrow: isDefault && cluster.dynamicClass?.allowVolumeExpansion === true,
  };
}
