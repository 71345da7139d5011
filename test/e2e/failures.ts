import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { PROJECT } from "../../operate/deploy/stack-config";
import { say } from "../../cluster/progress";
import { runToEnd } from "./support/run-to-end";
import { stateDir } from "../../cluster/layout";
import { type ClusterFacts, clusterFacts, kubectl, noNodePower } from "./support/cluster/cluster";
import { LOCAL, MeasuredDatabase, type Setup } from "./support/deploy/measured-database";
import { ensureObjectStore } from "../../cluster/object-store";
import { loadOnDemand } from "../../cluster/images/load";
import { type Extras, extras } from "./support/deploy/extras";
import { backupIn, storeSecrets } from "./support/deploy/backed-up";
import { faults } from "./support/faults/faults";
import { losses } from "./support/faults/losses";
import { type FaultName, isLoss, type LossName } from "./support/faults/names";
import { type Options, readOptions, usage } from "./support/options";
import { publish, recordedResults, RUNS_FILE } from "./support/report/pages";
import { recordAlerts } from "./support/report/alerts/file";
import { AlertWatch } from "./support/report/alerts/watch";
import { recordTimeline } from "./support/report/timeline/file";
import { Recorder } from "./support/report/timeline/recorder";
import {
  type Result,
  type Run,
  RunFile,
  type Series,
  shortcomings,
  summarize,
} from "./support/report/results";
import { runFault, type RunOptions, type RunOutcome } from "./support/run";
import { runLoss } from "./support/run-loss";
import { bySecondPrimary, findings } from "./support/validate/verdict";

/** Lets faults strike a database, and records what they do to it. */
async function main(args: string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(usage);
    return 0;
  }
  const options = readOptions(args);
  if (options === undefined) {
    await publish(recordedResults());
    return 0;
  }
  const cluster = await clusterFacts();
  const noPower = noNodePower();
  const wanted = options.faults.filter((fault) => {
    if (noPower === undefined || !(isLoss(fault) || faults[fault].onBedOnly)) return true;
    say(`SKIPPED ${fault}: ${noPower}`);
    return false;
  });
  const standIn = cluster.standIns[options.engine.name];
  if (standIn !== undefined) say(`nothing is recorded: the test bed has ${standIn}`);
  const file = new RunFile(isCounted(options, cluster) ? RUNS_FILE : join(stateDir, "uncounted-runs.json"));
  const series = (fault: FaultName | LossName): Series => seriesOf(options, cluster, fault);
  for (const fault of wanted) file.forget(series(fault), options.resume);
  const missing = wanted.filter((fault) => file.count(series(fault)) < options.runs);
  if (missing.length === 0) say("every run is recorded already");
  else {
    // What is backed up is another database: shipping its log costs the others nothing.
    for (const some of [missing.filter((fault) => !isLoss(fault)), missing.filter(isLoss)]) {
      if (some.length > 0) await measure(options, cluster, some, file);
    }
  }
  return conclude(options, summarize(file.runs), wanted) ? 0 : 1;
}

/** Whether all is as it should be: every figure met or, with a guarantee switched off, that seen to be missed. */
function conclude(
  { engine, without }: Options,
  results: Result[],
  wanted: (FaultName | LossName)[],
): boolean {
  const guarantee = without === undefined ? undefined : engine.guarantees[without];
  const verdicts = results
    .filter((result) => result.engine === engine.name && result.without === without)
    .flatMap((result) => {
      const fault = wanted.find((name) => name === result.fault);
      return fault === undefined ? [] : [shortcomings(result, engine.asked[fault] ?? {})];
    });
  if (guarantee === undefined) return verdicts.every((found) => found.length === 0);
  const seen = verdicts.some((found) => found.includes(guarantee.expected));
  say(seen ? `shown: without it, ${guarantee.expected}` : `NOT SHOWN: ${guarantee.expected} was expected`);
  return seen;
}

/** Whether runs are of the matrix: neither those of a stand-in are, nor those that more was watched in. */
function isCounted({ engine, timeline, alerts }: Options, { standIns }: ClusterFacts): boolean {
  return standIns[engine.name] === undefined && !timeline && !alerts;
}

/** What each member has beside it. Nodes of the test bed are given the images first. */
async function extrasOf({ engine, nodes }: Options, cluster: ClusterFacts): Promise<Extras> {
  const { exporter } = engine;
  const image = cluster.isTestBed ? exporter?.image : undefined;
  if (image !== undefined) for (const node of nodes ?? cluster.nodes) await loadOnDemand(node, image);
  return extras(engine, cluster.images, image);
}

async function measure(
  options: Options,
  cluster: ClusterFacts,
  missing: (FaultName | LossName)[],
  file: RunFile,
): Promise<void> {
  const { engine, without, runs } = options;
  say(`deploying ${engine.name}`);
  const guarantee = without === undefined ? undefined : engine.guarantees[without];
  const alone = setupOf(options, cluster);
  const setup = options.extras ? { ...alone, ...(await extrasOf(options, cluster)) } : alone;
  const backedUp = missing.some(isLoss) ? await withBackup(setup) : setup;
  const database = await MeasuredDatabase.deploy(kubectl, engine, backedUp, guarantee);
  try {
    for (const fault of missing) {
      const series = seriesOf(options, cluster, fault);
      while (file.count(series) < runs) {
        const title = `${fault} ${file.count(series) + 1}/${runs}`;
        const how = {
          nodes: setup.nodes,
          writerImage: options.writerImage ?? cluster.images.node,
          onProgress: (state: string) => {
            say(`  ${title}: ${state}`);
          },
        };
        const outcome = isLoss(fault)
          ? await runLoss(database, losses[fault], how)
          : await runWatched(options, cluster, { ...series, fault }, database, how);
        file.add({ ...series, ...circumstances(), ...outcome.verdict });
        if (isCounted(options, cluster)) await publish(summarize(file.runs));
        tell(title, outcome, findings(outcome.verdict, engine.asked[fault] ?? {}));
      }
    }
  } finally {
    say("removing the database");
    await database.remove();
  }
}

/** Lets a fault strike, watched as it is asked for. */
async function runWatched(
  { engine, timeline, alerts }: Options,
  { standIns }: ClusterFacts,
  series: Series & { fault: FaultName },
  database: MeasuredDatabase,
  how: RunOptions,
): Promise<RunOutcome> {
  const isReal = standIns[engine.name] === undefined;
  if (timeline && isReal) return runRecorded(database, series, how);
  if (alerts && isReal) return runAlerting(database, series, how);
  return runFault(database, faults[series.fault], how);
}

/** Lets a fault strike, and keeps which alerts that raises. */
async function runAlerting(
  database: MeasuredDatabase,
  { engine, fault }: Series & { fault: FaultName },
  how: RunOptions,
): Promise<RunOutcome> {
  await database.healthy();
  const { namespace, pods } = await database.scene();
  const watch = await AlertWatch.start(namespace, database.name, pods.length);
  try {
    const outcome = await runFault(database, faults[fault], how);
    const since = (time: number): number => Math.round((time - outcome.faultAt) / 1000);
    const raised = [...watch.first].map(([alert, time]) => ({ alert, seconds: since(time) }));
    const { commit, at } = circumstances();
    await recordAlerts({ engine, fault, raised, watchedSeconds: since(Date.now()), commit, at });
    say(
      `  raised: ${raised.map(({ alert, seconds }) => `${alert} after ${seconds} s`).join(", ") || "nothing"}`,
    );
    await publish(recordedResults());
    return outcome;
  } finally {
    await watch.stop();
  }
}

/** Lets a fault strike, and keeps the course of that run. */
async function runRecorded(
  database: MeasuredDatabase,
  { engine, fault, setup }: Series & { fault: FaultName },
  how: RunOptions,
): Promise<RunOutcome> {
  await database.healthy();
  const recorder = await Recorder.start(await database.scene());
  try {
    const outcome = await runFault(database, faults[fault], how);
    const { commit, at } = circumstances();
    say(
      `  its course: ${await recordTimeline(recorder.timeline({ engine, fault, setup, commit, at }, outcome))}`,
    );
    await publish(recordedResults());
    return outcome;
  } finally {
    recorder.close();
  }
}

function setupOf({ engine, storageClass, nodes }: Options, cluster: ClusterFacts): Setup {
  const { database, images } = cluster;
  return {
    storageClass,
    nodes: nodes ?? cluster.nodes,
    database: database[engine.name],
    toolsImage: images.tools,
  };
}

/** Backed up to the test bed's object store, in a folder that nobody else has. */
async function withBackup(setup: Setup): Promise<Setup> {
  const store = await ensureObjectStore();
  return {
    ...setup,
    args: { backup: backupIn(store, `failures-${Date.now().toString(36)}`) },
    beside: (namespace) => storeSecrets(store, namespace),
  };
}

function seriesOf(options: Options, cluster: ClusterFacts, fault: FaultName | LossName): Series {
  const { engine, without, storageClass } = options;
  const replicas = engine.guarantees[without ?? ""]?.database?.replicas ?? engine.replicas;
  const { nodes, database } = setupOf(options, cluster);
  const place = cluster.isTestBed ? "the test bed" : "a cluster of one's own";
  const volumes = storageClass === LOCAL ? "local volumes" : `volumes of class ${storageClass}`;
  const setup = `${engine.name} ${database.version ?? engine.version}, ${replicas} replicas on ${nodes.length} nodes, ${volumes}, ${place}${isLoss(fault) ? ", backed up to a bucket" : ""}`;
  const { isTestBed, images } = cluster;
  const beside = extras(engine, images, isTestBed ? engine.exporter?.image : undefined).what;
  return { engine: engine.name, fault, without, ...(options.extras ? { extras: beside } : {}), setup };
}

/** One line for a run, and for a bad one all that was seen. */
function tell(title: string, { verdict, ...seen }: RunOutcome, found: string[]): void {
  const { writeGapSeconds, acknowledged, lost, recoveredSeconds, violations = [] } = verdict;
  say(
    `${found.length === 0 ? "met   " : "MISSED"} ${title}: gap ${writeGapSeconds.toFixed(1)} s, ` +
      `${lost} of ${acknowledged} lost, ${bySecondPrimary(verdict)}` +
      `all well after ${recoveredSeconds.toFixed(1)} s${found.length === 0 ? "" : ` (${[...found, ...violations].join(", ")})`}`,
  );
  if (found.length === 0) return;
  const folder = join(stateDir, "failed");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `failures-${Date.now().toString(36)}.json`);
  writeFileSync(file, JSON.stringify({ title, verdict, ...seen }));
  say(`  every attempt: ${file}`);
}

function circumstances(): Pick<Run, "commit" | "at" | "load"> {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: PROJECT, encoding: "utf8" });
  return { commit: commit.trim(), at: new Date().toISOString(), load: loadavg()[0] ?? 0 };
}

runToEnd(main(process.argv.slice(2)));
