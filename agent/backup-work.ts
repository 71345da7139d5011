import type { CopyResult, DrillResult } from "../components/protocol/backup";
import { attempt } from "./backup/attempt";
import { applyRetention, type BaseParts, makeBase, tidyStore } from "./backup/base";
import { readWhatThereIs } from "./backup/catalogue";
import { runDrill, type Verdict } from "./backup/drill";
import { lifeFolder } from "./backup/layout";
import { resticFor } from "./backup/open";
import { reportOf } from "./backup/report";
import { restoreData, targetOf } from "./backup/restore-steps";
import { limited } from "./backup/store/limited";
import { StoreError } from "./backup/store/store";
import { agreedNow, type BackupJob } from "./backup-job";
import { timeOfDay } from "./core/clock";
import type { Positions } from "./core/engine";
import { jsonLog, messageOf } from "./core/log";
import { restorableUntil, servingMembers } from "./kube/sources";

/** What a Job that makes full copies is told by its environment, beside what a member is. */
const ENVIRONMENT = {
  source: "STATEFUL_BASE_SOURCE",
  kibPerSecond: "STATEFUL_BASE_KIB_PER_SECOND",
} as const;

/** Where room for a copy and its log is made. */
const NO_ROOM = "raise backup.scratch.size";

/** Makes a full copy, and deletes what is too old. */
export async function copyAndTidy(job: BackupJob): Promise<void> {
  const { config, env, client, opened, engine, lease, place, catalogue, results } = job;
  const { copies } = engine;
  const copy = copies?.from ? { from: copies.from.bind(copies) } : engine.copy;
  if (!copies || !copy) throw new Error("the engine makes no full copies");
  const { name, namespace } = config;
  const parts: BaseParts = {
    copies,
    copy,
    sources: async () => servingMembers(client, { namespace, name }),
    catalogue,
    store: opened.store,
    restic: await resticFor(opened, place, { env, kibPerSecond: speedOf(job) }),
    lease,
    database: name,
    volume: config.volume,
    log: jsonLog,
    agreed: async () => agreedNow(job, lifeFolder(place)),
  };
  await attempt<CopyResult>(
    {
      read: async () => (await results.read()).copy,
      write: async (result) => results.write("copy", result),
    },
    async () => {
      const base = await makeBase(parts, env[ENVIRONMENT.source] === "primary");
      const done = { bytes: base.bytes, seconds: Math.round((base.finished - base.started) / 1000) };
      try {
        await applyRetention(parts, opened.settings.retentionSeconds * 1000);
        await tidyStore(parts, place);
        await tellWhatIsStored(job, copies.positions);
      } catch (error) {
        // It counts all the same: another one would mend nothing.
        const why = `the copy is stored, and what is old could not be deleted: ${messageOf(error)}`;
        jsonLog("error", why);
        const advice = error instanceof StoreError ? error.advice : undefined;
        return { ...done, good: false, why, ...(advice === undefined ? {} : { advice }) };
      }
      return { ...done, good: true };
    },
    { now: timeOfDay, log: jsonLog, noRoom: NO_ROOM },
  );
}

/** What a Job may send and fetch in a second, KiB; `undefined` for any amount. */
function speedOf({ env }: BackupJob): number | undefined {
  return Number(env[ENVIRONMENT.kibPerSecond] ?? 0) || undefined;
}

/** The copy counts, whether anybody is told of it or not. */
async function tellWhatIsStored(job: BackupJob, positions: Positions): Promise<void> {
  const { place, catalogue, results } = job;
  const report = reportOf(place, await readWhatThereIs(catalogue, jsonLog), positions, timeOfDay());
  await results.write("copies", report).catch((error: unknown) => {
    jsonLog("warning", "what is stored could not be written down", { error: messageOf(error) });
  });
}

/** Tries a restore where none was tried in this life of the backup by the version of its newest copy. A failure is written down. */
export async function drillIfDue(job: BackupJob): Promise<void> {
  const { opened, catalogue } = job;
  if (opened.settings.drillSeconds === undefined) return;
  const events = await readWhatThereIs(catalogue, jsonLog);
  const newest = events
    .filter((event) => event.kind === "base")
    .sort((a, b) => a.finished - b.finished)
    .at(-1);
  const tried = events.some((event) => event.kind === "drill" && event.version === newest?.version);
  if (newest === undefined || tried) return;
  jsonLog("info", "a drill follows: none was made of this backup by this version", {
    version: newest.version,
  });
  // Whatever came of it is written down; the copy before it stands.
  await drill(job).catch((error: unknown) => {
    jsonLog("error", "the drill could not be done", { error: messageOf(error) });
  });
}

/** Tries a restore, and writes down how it ended. Rejects where it could not be done, which says nothing of the backup. */
export async function drill(job: BackupJob): Promise<DrillResult> {
  const { config, env, client, opened, supervisor, engine, place, catalogue, results } = job;
  const { copies, replay } = engine;
  if (!copies || !replay) throw new Error("the engine restores nothing");
  const kibPerSecond = speedOf(job);
  const tools = {
    replay,
    supervisor,
    volume: config.volume,
    restic: async () => resticFor(opened, place, { env, kibPerSecond }),
    log: jsonLog,
  };
  // Copy and log come by one road: nobody waits for a drill.
  const source =
    kibPerSecond === undefined ? opened : { ...opened, store: limited(opened.store, { kibPerSecond }) };
  const result = await attempt<DrillResult>(
    {
      read: async () => (await results.read()).drill,
      write: async (found) => results.write("drill", found),
    },
    async () => {
      const { retentionSeconds, drillQuery } = opened.settings;
      const verdict = await runDrill({
        copies,
        catalogue,
        restore: async (wanted, events) =>
          restoreData(tools, source, { place, target: await targetOf(replay, source, events, wanted) }),
        primarySays: async () => restorableUntil(client, { namespace: config.namespace, name: config.name }),
        retention: retentionSeconds * 1000,
        query: drillQuery,
        log: jsonLog,
      });
      return resultOf(verdict);
    },
    { now: timeOfDay, log: jsonLog, noRoom: NO_ROOM },
  );
  if (result.good === true) await results.write("goodDrill", result).catch(() => undefined);
  return result;
}

function resultOf({
  drill: { good, time, download, replay, ready, bytes, why },
  advice,
}: Verdict): DrillResult {
  return {
    good,
    target: time === undefined ? "latest" : new Date(time).toISOString(),
    seconds: { download, replay, ready },
    bytes,
    ...(why === undefined ? {} : { why }),
    ...(advice === undefined ? {} : { advice }),
  };
}
