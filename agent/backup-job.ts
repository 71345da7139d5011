import { backupName, backupReportName, bootstrapMarkerName } from "../components/protocol/names";
import { isExclusive } from "../components/protocol/topology";
import { Catalogue } from "./backup/catalogue";
import { agreedTime } from "./backup/clocks";
import type { Place } from "./backup/layout";
import { Lease } from "./backup/lease";
import { currentLife, openBackup, type Opened } from "./backup/open";
import type { Config } from "./core/config";
import type { Engine } from "./core/engine";
import { jsonLog } from "./core/log";
import { Notices } from "./core/notices";
import { Supervisor } from "./core/supervisor";
import { BackupResults } from "./kube/backup-results";
import { KubeClient } from "./kube/client";
import { ConfigMapMarkers } from "./kube/marker-store";
import { servingMembers } from "./kube/sources";
import type { EngineKind } from "./engine-kind";

/** Between two looks for a cluster that runs, ms. */
const LOOK_EVERY = 5_000;

/** How often the API server is asked what time it is. */
const ATTEMPTS = 3;

/** How long somebody else may be at work on the backups, ms. */
const LEASE_WITHIN = 30 * 60_000;

/** How long one may be at work, ms: as long as a Job. */
const ENDS_AFTER = 12 * 3_600_000;

type Environment = Record<string, string | undefined>;

/** What each pod has that looks at a database's backups: the store, and a server that belongs to nobody. */
export interface BackupTools {
  config: Config;
  env: Environment;
  client: KubeClient;
  opened: Opened;
  supervisor: Supervisor;
  engine: Engine;
}

/** What works on a database's backups, one pod at a time, has the right to change them, too. */
export interface BackupJob extends BackupTools {
  lease: Lease;
  /** The life that the database is in now. */
  place: Place;
  catalogue: Catalogue;
  results: BackupResults;
}

/** Works on a database's backups while nobody else does, once the database serves. The server's volume is empty afterwards. */
export async function withBackups(
  config: Config,
  kind: EngineKind,
  env: Environment,
  work: (job: BackupJob) => Promise<void>,
): Promise<void> {
  const { name, namespace } = config;
  const tools = await toolsOf(config, kind, env);
  const { client, opened, supervisor } = tools;
  const cluster = await runningCluster(client, { namespace, name });
  const lease = await takeLease(tools, LEASE_WITHIN);
  const end = setTimeout(() => {
    jsonLog("error", "ended: it took too long", { hours: ENDS_AFTER / 3_600_000 });
    process.exit(1);
  }, ENDS_AFTER);
  try {
    const where = { namespace, database: name, cluster };
    const place = { ...where, life: await currentLife(opened.store, where) };
    const catalogue = new Catalogue(opened.store, opened.seal, place, "job");
    const results = new BackupResults(client, namespace, backupReportName(name));
    await work({ ...tools, lease, place, catalogue, results });
  } finally {
    clearTimeout(end);
    await supervisor.halt().catch(() => undefined);
    await supervisor.discard();
    await lease.release();
  }
}

/** @throws Error for a database without a backup */
export async function toolsOf(config: Config, kind: EngineKind, env: Environment): Promise<BackupTools> {
  // The first process of a container is ended by no signal that it has not asked for.
  process.on("SIGTERM", () => process.exit(1));
  const opened = await openBackup(env);
  if (!opened) throw new Error("this database has no backup");
  const client = new KubeClient(config.api);
  const supervisor = new Supervisor(config.control, config.volume, kind.dataMarks);
  const host = `${backupName(config.name)}.${config.namespace}.svc`;
  const self = { ordinal: config.pod.ordinal, host, address: config.pod.address };
  const engine = kind.create({ config, self, supervisor, client, notices: new Notices(), apart: true });
  return { config, env, client, opened, supervisor, engine };
}

/** Takes and keeps the right to change a database's backups. @param within how long somebody else may have it, ms */
export async function takeLease({ config, env, client }: BackupTools, within: number): Promise<Lease> {
  const { namespace, name, pod } = config;
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${backupName(name)}`;
  const lease = new Lease(client, path, env["STATEFUL_HOLDER"] ?? pod.name);
  await lease.take(within);
  lease.keep();
  return lease;
}

/**
 * What time it is by this node's clock, by the store's and by the API server's, ms since 1970: what is deleted is deleted by that.
 * @param folder - one of the store that may be listed
 */
export async function agreedNow(
  { client, opened }: Pick<BackupTools, "client" | "opened">,
  folder: string,
): Promise<number> {
  return await agreedTime({
    store: async () => opened.store.time(folder),
    "API server": async () => patiently(async () => client.time()),
  });
}

/** One answer that fails to come is no reason to keep what is old until tomorrow. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let left = ATTEMPTS; ; left--) {
    try {
      return await ask();
    } catch (error) {
      if (left <= 1) throw error;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
  }
}

/** Waits until the database has been bootstrapped and serves. @returns its cluster's identity */
async function runningCluster(
  client: KubeClient,
  place: { namespace: string; name: string },
): Promise<string> {
  const markers = new ConfigMapMarkers(client, place.namespace, bootstrapMarkerName(place.name), {});
  for (let said = false; ; said = true) {
    const stored = await markers.read().catch(() => undefined);
    const members = await servingMembers(client, place).catch(() => []);
    if (stored?.marker.phase === "running" && members.some(({ role }) => isExclusive(role))) {
      return stored.marker.cluster;
    }
    if (!said) jsonLog("info", "waiting for a primary that serves");
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}
