import { backupName, bootstrapMarkerName } from "../components/protocol/names";
import { applyRetention, type BaseParts, makeBase } from "./backup/base";
import { Catalogue } from "./backup/catalogue";
import { Lease } from "./backup/lease";
import { reportOf } from "./backup/report";
import { currentLife, openBackup, resticFor } from "./backup/open";
import { timeOfDay } from "./core/clock";
import type { Config } from "./core/config";
import type { Source } from "./core/engine";
import { jsonLog, messageOf } from "./core/log";
import { Notices } from "./core/notices";
import { Supervisor } from "./core/supervisor";
import { KubeClient } from "./kube/client";
import { writeCopies } from "./kube/backup-report";
import { ConfigMapMarkers } from "./kube/marker-store";
import { servingMembers } from "./kube/sources";
import type { EngineKind } from "./run";

/** Between two looks for a cluster that runs, ms. */
const LOOK_EVERY = 5_000;

/** How long somebody else may be at work on the backups, ms. */
const LEASE_WITHIN = 30 * 60_000;

/** What a Job is told by its environment, beside what a member is. */
const ENVIRONMENT = {
  source: "STATEFUL_BASE_SOURCE",
  firstOnly: "STATEFUL_BASE_FIRST_ONLY",
  kibPerSecond: "STATEFUL_BASE_KIB_PER_SECOND",
} as const;

/** Makes a full copy of a database's data, stores it, and deletes what is too old. Returns when that is done; rejects when it is not. */
export async function runBase(
  config: Config,
  kind: EngineKind,
  env: Record<string, string | undefined>,
): Promise<void> {
  const { name, namespace, pod } = config;
  // The first process of a container is ended by no signal that it has not asked for.
  process.on("SIGTERM", () => process.exit(1));
  const opened = await openBackup(env);
  if (!opened) throw new Error("this database has no backup");
  const client = new KubeClient(config.api);
  const place = { namespace, name };
  const cluster = await runningCluster(client, place);
  const supervisor = new Supervisor(config.control, config.volume, kind.dataMarks);
  const host = `${backupName(name)}.${namespace}.svc`;
  const self = { ordinal: pod.ordinal, host, address: pod.address };
  const engine = kind.create({ config, self, supervisor, client, notices: new Notices() });
  const { copies, copy } = engine;
  if (!copies || !copy) throw new Error("the engine makes no full copies");

  const holder = env["STATEFUL_HOLDER"] ?? pod.name;
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${backupName(name)}`;
  const lease = new Lease(client, path, holder);
  await lease.take(LEASE_WITHIN);
  lease.keep();
  try {
    const where = { namespace, database: name, cluster };
    const life = await currentLife(opened.store, where);
    const catalogue = new Catalogue(opened.store, opened.seal, { ...where, life }, "job");
    const firstOnly = env[ENVIRONMENT.firstOnly] === "true";
    if (firstOnly && (await catalogue.read()).some((event) => event.kind === "base")) {
      jsonLog("info", "there is a full copy already");
      return;
    }
    const kibPerSecond = Number(env[ENVIRONMENT.kibPerSecond] ?? 0) || undefined;
    const parts: BaseParts = {
      copies,
      copy,
      sources: async (): Promise<Source[]> => servingMembers(client, place),
      catalogue,
      store: opened.store,
      restic: await resticFor(opened, { ...where, life }, { env, kibPerSecond }),
      lease,
      database: name,
      volume: config.volume,
      log: jsonLog,
    };
    await makeBase(parts, env[ENVIRONMENT.source] === "primary");
    await applyRetention(parts, opened.settings.retentionSeconds * 1000);
    // The copy counts, whether anybody is told of it or not.
    await writeCopies(
      client,
      place,
      reportOf({ cluster, life }, await catalogue.read(), copies.positions, timeOfDay()),
    ).catch((error: unknown) => {
      jsonLog("warning", "what is stored could not be written down", { error: messageOf(error) });
    });
  } finally {
    await supervisor.halt().catch(() => undefined);
    await supervisor.discard();
    await lease.release();
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
    if (stored?.marker.phase === "running" && members.some(({ role }) => role === "primary")) {
      return stored.marker.cluster;
    }
    if (!said) jsonLog("info", "waiting for a primary that serves");
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}
