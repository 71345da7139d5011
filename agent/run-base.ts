import { upkeepName } from "../components/protocol/names";
import { readWhatThereIs } from "./backup/catalogue";
import { isWhole } from "./backup/whole";
import { type BackupJob, withBackups } from "./backup-job";
import { copyAndTidy, drill, drillIfDue } from "./backup-work";
import type { Config } from "./core/config";
import { jsonLog, messageOf } from "./core/log";
import { KubeClient } from "./kube/client";
import { scaleDeployment } from "./kube/scale";
import type { EngineKind } from "./engine-kind";

type Environment = Record<string, string | undefined>;

/** Between two attempts to end, ms. */
const AGAIN_AFTER = 10_000;

/** Makes a full copy of a database's data, stores it, and deletes what is too old. Returns when that is done; rejects when it is not. */
export async function runBase(config: Config, kind: EngineKind, env: Environment): Promise<void> {
  await withBackups(config, kind, env, async (job) => {
    await copyAndTidy(job);
    await drillIfDue(job);
  });
}

/** Tries a restore. Returns when it was good; rejects when it was not, or could not be done. */
export async function runDrills(config: Config, kind: EngineKind, env: Environment): Promise<void> {
  await withBackups(config, kind, env, async (job) => {
    const { good } = await drill(job);
    if (good === true) return;
    // What is missing is missing for good: what comes after it can be restored from a copy that is made now.
    await copyIfNotWhole(job);
    throw new Error("the drill failed");
  });
}

/**
 * Makes a full copy where what is stored cannot be restored without one: there is none yet, or the newest is before a gap. Then it takes
 * its own Deployment back to no pods, and waits for its end; the primary's agent begins it again when it is needed. Of a paused database
 * it does the second alone.
 */
export async function runUpkeep(
  config: Config,
  kind: EngineKind,
  env: Environment,
  { work = withBackups, end = endPods } = {},
): Promise<void> {
  if (env["STATEFUL_PAUSED"] !== "true") {
    await work(config, kind, env, async (job) => {
      await copyIfNotWhole(job);
      await drillIfDue(job);
    });
  }
  await end(config);
}

/** Takes the Deployment that this pod is of back to none, until that ends it. */
async function endPods({ api, namespace, name }: Config): Promise<void> {
  const client = new KubeClient(api);
  for (;;) {
    await scaleDeployment(client, namespace, upkeepName(name), 0).catch((error: unknown) => {
      jsonLog("warning", "cannot end", { error: messageOf(error) });
    });
    await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER));
  }
}

async function copyIfNotWhole(job: BackupJob): Promise<void> {
  const { engine, catalogue } = job;
  if (!engine.copies) throw new Error("the engine makes no full copies");
  if (await isWhole(await readWhatThereIs(catalogue, jsonLog), engine.copies.positions)) {
    jsonLog("info", "all that is stored can be restored: no copy is due");
    return;
  }
  await copyAndTidy(job);
}
