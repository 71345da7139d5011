import type { BackupDestination } from "../../../components/protocol/backup";
import type { Positions } from "../../core/engine";
import { messageOf } from "../../core/log";
import { Catalogue } from "../catalogue";
import type { Base, Written } from "../events";
import { livesOf, type Place } from "../layout";
import type { Opened } from "../open";
import { viewOf, type View } from "../view";
import { windowsOf } from "../windows";
import type { ClusterListing, CopyListing, LifeListing, Listing } from "./request";

/** Whose backup is looked at. */
export interface Looked {
  namespace: string;
  database: string;
  /** Identity of the cluster that runs; `undefined` where there is none. */
  running: string | undefined;
}

type Backup = Pick<Opened, "store" | "seal" | "settings">;

/** Lists all that is stored under a database's name: what cannot be read must not hide the rest. */
export async function listBackups(
  opened: Backup,
  { namespace, database, running }: Looked,
  positions: Positions,
  now: number,
): Promise<Listing> {
  const { settings, store } = opened;
  const clusters: ClusterListing[] = [];
  for (const cluster of await store.folders(`${namespace}/${database}`)) {
    clusters.push(await listCluster(opened, { namespace, database, cluster }, positions, now));
  }
  return {
    at: now,
    namespace,
    database,
    ...(running === undefined ? {} : { running }),
    destination: describeDestination(settings.destination),
    retentionSeconds: settings.retentionSeconds,
    recoveryPointSeconds: settings.recoveryPointSeconds,
    clusters,
  };
}

async function listCluster(
  { store, seal }: Backup,
  where: Omit<Place, "life">,
  positions: Positions,
  now: number,
): Promise<ClusterListing> {
  const { cluster } = where;
  try {
    const lives: LifeListing[] = [];
    for (const life of await livesOf(store, where)) {
      const damaged: string[] = [];
      const catalogue = new Catalogue(store, seal, { ...where, life }, "look");
      const events = await catalogue.read(undefined, (_, error) => damaged.push(messageOf(error)));
      lives.push(describeLife(life, events, positions, now, damaged));
    }
    return { cluster, lives };
  } catch (error) {
    return { cluster, lives: [], unreadable: messageOf(error) };
  }
}

/** Puts what a catalogue holds into words. @param damaged what of it could not be read */
export function describeLife(
  life: number,
  events: readonly Written[],
  positions: Positions,
  now: number,
  damaged: readonly string[] = [],
): LifeListing {
  const view = viewOf(events, positions);
  const heldUntil = Math.max(0, ...view.holds.map(({ until }) => until));
  return {
    life,
    copies: [...view.bases].sort((a, b) => a.finished - b.finished).map(describeCopy),
    windows: windowsOf(view, positions),
    gaps: view.gaps.map(({ from, to, why }) => ({ from, to, why })).sort((a, b) => a.from - b.from),
    drills: view.drills
      .map(({ at, good, download, replay, ready, why }) => ({
        ...{ at, good, seconds: download + replay + ready },
        ...(why === undefined ? {} : { why }),
      }))
      .sort((a, b) => a.at - b.at),
    ...(heldUntil > now ? { heldUntil } : {}),
    logBytes: [...view.segments.flatMap(({ pieces }) => pieces), ...view.stray]
      .flatMap(({ parts }) => parts)
      .reduce((sum, { bytes }) => sum + bytes, 0),
    problems: [...damaged, ...brokenness(view)],
  };
}

/** What a catalogue says was stored, and its pieces do not add up to. */
export function brokenness({ broken, stray }: View): string[] {
  if (!broken) return [];
  const [first] = [...stray].sort((a, b) => a.at - b.at);
  const from = first ? `: log before ${first.file} (${first.name}) is missing` : "";
  return [`something that was stored is not in the catalogue any more${from}`];
}

/** A copy as the catalogue has it. */
export function describeCopy(base: Base): CopyListing {
  const { reference, started, finished, bytes, source, version, position } = base;
  return { reference, started, finished, bytes, source, version, position };
}

/** Where it lies. */
export function describeDestination(destination: BackupDestination): string {
  const { prefix } = destination;
  const below = prefix === "" ? "" : `/${prefix}`;
  if (destination.kind === "directory") return `the volume at ${destination.path}${below}`;
  const { bucket, endpoint, region } = destination;
  return `s3://${bucket}${below} at ${endpoint ?? `Amazon S3, ${region}`}`;
}
