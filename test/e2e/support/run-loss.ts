import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../../../cluster/wait";
import { storedUntil, untilCopied } from "./deploy/backed-up";
import type { MeasuredDatabase } from "./deploy/measured-database";
import type { Loss } from "./faults/losses";
import { caughtUp, recovered, type RunOptions, type RunOutcome, writersArgs } from "./run";
import { judge, NOT_PROMISED_SECONDS } from "./validate/verdict";
import { Writers } from "./traffic/writers";

/** How long the first full copy may take, s. */
const COPIED_WITHIN = 300;
/** How long what was committed may take to be stored, s. */
const STORED_WITHIN = 60;
/** Writers write for that long before a loss, so that some of it is stored as log alone, ms. */
const BEFORE_MS = 20_000;

/** Lets a loss strike a database while writers are at work, restores it under its own name, and judges what they saw. */
export async function runLoss(
  database: MeasuredDatabase,
  loss: Loss,
  { nodes, writerImage, onProgress }: RunOptions,
): Promise<RunOutcome> {
  await database.healthy();
  const cluster = await database.cluster();
  onProgress("waiting for a full copy");
  const scene = await database.scene();
  const { kubectl, namespace, database: name } = scene;
  await untilCopied(kubectl, { namespace, database: name, cluster }, COPIED_WITHIN);
  onProgress(`writers on ${nodes.join(", ")}`);
  const writers = await Writers.start(writersArgs(scene, nodes, writerImage));
  try {
    await sleep(BEFORE_MS);
    onProgress("loss");
    const faultAt = Date.now();
    await loss.strike(scene, writers);
    const struckAt = Date.now();
    if (loss.toMoment) {
      const stored = async (): Promise<boolean> => (await storedUntil(kubectl, namespace, name)) > struckAt;
      await until(stored, { what: "all before the loss to be stored", timeoutSeconds: STORED_WITHIN });
    }
    onProgress("restoring");
    const since = Date.now();
    await database.restore(scene, cluster, loss.toMoment ? new Date(faultAt) : undefined);
    const watched = { since, members: scene.pods, sides: nodes };
    const { attempts, unread } = (await recovered(database, writers, watched)) ?? (await writers.attempts());
    if (unread.length > 0) throw new Error(`the log of the writer on ${unread.join(", ")} cannot be read`);
    const from = loss.toMoment ? faultAt : faultAt - NOT_PROMISED_SECONDS * 1000;
    // Until it was gone it took writes.
    const notPromised = { from, to: since };
    const promised = attempts.filter(({ end }) => end < from || end > since);
    const rows = await caughtUp(writers, nodes[0] ?? "", promised, scene.pods);
    return {
      verdict: judge({ attempts, faultAt, struckSides: [], members: scene.pods, rows, notPromised }),
      attempts,
      faultAt,
    };
  } finally {
    await writers.remove();
  }
}
