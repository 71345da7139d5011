import { bootstrapMarkerName } from "../components/protocol/names";
import { describeCopy, listBackups } from "./backup/look/listing";
import { NotDeleted, removeCluster, removeCopy } from "./backup/look/remove";
import { type Look, LOOK_VARIABLE, type LookResult, RESULT } from "./backup/look/request";
import { verifyBackup } from "./backup/look/verify";
import type { Lease } from "./backup/lease";
import { currentLife, type Opened, resticFor } from "./backup/open";
import { findBackup, roomFor } from "./backup/restore-steps";
import { NotRestorable } from "./backup/target";
import { agreedNow, type BackupTools, takeLease, toolsOf } from "./backup-job";
import { timeOfDay } from "./core/clock";
import type { Config } from "./core/config";
import type { Engine, Positions } from "./core/engine";
import { jsonLog } from "./core/log";
import { ConfigMapMarkers } from "./kube/marker-store";
import type { EngineKind } from "./engine-kind";

/** How long somebody else may be at work on the backups, ms: a person waits. */
const LEASE_WITHIN = 120_000;

/** Looks at a database's backup, or deletes from it, for a person who has not the store's keys. Prints what comes out as one line. */
export async function runLook(
  config: Config,
  kind: EngineKind,
  env: Record<string, string | undefined>,
): Promise<void> {
  const look = JSON.parse(env[LOOK_VARIABLE] ?? "null") as Look;
  const tools = await toolsOf(config, kind, env);
  process.stdout.write(`${JSON.stringify({ [RESULT]: await answer(look, tools) })}\n`);
}

async function answer(look: Look, parts: BackupTools): Promise<LookResult> {
  switch (look.what) {
    case "list": {
      const { namespace, name: database } = parts.config;
      const where = { namespace, database, running: await runningCluster(parts) };
      return {
        what: "list",
        listing: await listBackups(parts.opened, where, positionsOf(parts.engine), timeOfDay()),
      };
    }
    case "verify":
      return await verify(look.percent, parts);
    case "target":
      return await target(look, parts);
    case "delete":
      return await remove(look, parts);
  }
}

/** How the engine compares what is stored, by whichever of its parts. */
function positionsOf({ replay, copies, archive }: Engine): Positions {
  const found = (replay ?? copies ?? archive)?.positions;
  if (!found) throw new Error("this engine's databases have no backups");
  return found;
}

/** @returns `undefined` where the database has never run, or is gone */
async function runningCluster({
  client,
  config: { namespace, name },
}: BackupTools): Promise<string | undefined> {
  const markers = new ConfigMapMarkers(client, namespace, bootstrapMarkerName(name), {});
  return (await markers.read())?.marker.cluster;
}

async function verify(percent: number, parts: BackupTools): Promise<LookResult> {
  const { opened, engine, env, config } = parts;
  const { namespace, name: database } = config;
  const cluster = await runningCluster(parts);
  if (cluster === undefined) throw new Error(`${database} has never run: it has no backup of its own`);
  const where = { namespace, database, cluster };
  const place = { ...where, life: await currentLife(opened.store, where) };
  return await withLease(parts, async (lease) => ({
    what: "verify",
    verdict: await verifyBackup(
      {
        opened,
        place,
        positions: positionsOf(engine),
        restic: await resticFor(opened, place, { env }),
        lease,
        log: jsonLog,
        now: timeOfDay(),
      },
      percent,
    ),
  }));
}

async function target(look: Extract<Look, { what: "target" }>, parts: BackupTools): Promise<LookResult> {
  const { namespace, name: database } = parts.config;
  const { time, beforeTransaction, cluster } = look;
  const { replay } = parts.engine;
  if (!replay) throw new Error("this engine's databases cannot be restored");
  const wanted = {
    ...{ namespace, database },
    ...(time === undefined ? {} : { time: Date.parse(time) }),
    ...(beforeTransaction === undefined ? {} : { beforeTransaction }),
    ...(cluster === undefined ? {} : { cluster }),
  };
  try {
    const tools = {
      replay,
      log: jsonLog,
      lifeOf: async ({ store }: Opened, where: Parameters<typeof currentLife>[1]) =>
        currentLife(store, where),
    };
    const { place, target: found } = await findBackup(tools, parts.opened, wanted);
    const { needed, log } = roomFor(found);
    return {
      what: "target",
      target: {
        cluster: place.cluster,
        life: place.life,
        position: found.position,
        ...(found.before === undefined ? {} : { before: found.before }),
        copy: describeCopy(found.way.base),
        pieces: found.pieces.length,
        logBytes: log,
        neededBytes: needed,
      },
    };
  } catch (error) {
    if (error instanceof NotRestorable) return { what: "target", refused: error.message };
    throw error;
  }
}

async function remove(look: Extract<Look, { what: "delete" }>, parts: BackupTools): Promise<LookResult> {
  const { opened, env, config } = parts;
  const { namespace, name: database } = config;
  const running = await runningCluster(parts);
  return await withLease(parts, async (lease) => {
    const removing = {
      ...{ opened, namespace, database, running, lease },
      restic: async (place: Parameters<typeof resticFor>[1]) => resticFor(opened, place, { env }),
      log: jsonLog,
      now: await agreedNow(parts, `${namespace}/${database}`),
    };
    try {
      const deleted =
        "copy" in look ? await removeCopy(removing, look.copy) : await removeCluster(removing, look.cluster);
      return { what: "delete", deleted };
    } catch (error) {
      if (error instanceof NotDeleted) return { what: "delete", refused: error.message };
      throw error;
    }
  });
}

async function withLease<T>(tools: BackupTools, work: (lease: Lease) => Promise<T>): Promise<T> {
  const lease = await takeLease(tools, LEASE_WITHIN);
  try {
    return await work(lease);
  } finally {
    await lease.release();
  }
}
