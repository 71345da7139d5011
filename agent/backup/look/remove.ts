import type { Log } from "../../core/log";
import { Catalogue } from "../catalogue";
import type { Written } from "../events";
import { clusterFolder, livesOf, type Place } from "../layout";
import type { Opened } from "../open";
import type { Restic } from "../restic";
import { Refused } from "../store/store";
import { heldUntil } from "../view";
import type { Deleted } from "./request";

/** What deletes with. */
export interface RemoveParts {
  opened: Pick<Opened, "store" | "seal">;
  namespace: string;
  database: string;
  /** Identity of the cluster that runs; `undefined` where there is none. */
  running: string | undefined;
  restic: (place: Place) => Promise<Pick<Restic, "remove">>;
  lease: { check: () => void };
  log: Log;
  /** ms since 1970, by more than one clock. */
  now: number;
}

/** It is not deleted, and nothing else was. */
export class NotDeleted extends Error {}

/** Deletes one full copy of the cluster that runs, or of another one. Never the last one of what runs, nor while somebody restores. */
export async function removeCopy(parts: RemoveParts, copy: string): Promise<Deleted> {
  const { opened, namespace, database, running, lease } = parts;
  for (const cluster of await opened.store.folders(`${namespace}/${database}`)) {
    const where = { namespace, database, cluster };
    for (const life of await livesOf(opened.store, where)) {
      const place = { ...where, life };
      const events = await new Catalogue(opened.store, opened.seal, place, "look").read();
      const bases = events.flatMap((event) => (event.kind === "base" ? [event] : []));
      const found = bases.filter(({ reference }) => copy.length >= 8 && reference.startsWith(copy));
      const [base, another] = found;
      if (base === undefined) continue;
      if (another !== undefined) throw new NotDeleted(`several copies begin with ${copy}: write more of it`);
      refuseHeld(events, parts.now);
      if (cluster === running && bases.length === 1) {
        throw new NotDeleted(
          `${base.reference} is the only full copy of ${database}, which runs: without it nothing of it can be restored. Make another one first`,
        );
      }
      lease.check();
      await (await parts.restic(place)).remove([base.reference]);
      await opened.store.delete(base.name);
      return { copies: 1, objects: 1 };
    }
  }
  throw new NotDeleted(`there is no full copy ${copy} of ${database}`);
}

/** Deletes all that a former cluster of that name has left. What is listed goes last: what is cut off can be tried again. */
export async function removeCluster(parts: RemoveParts, cluster: string): Promise<Deleted> {
  const { opened, namespace, database, running, lease, log, now } = parts;
  const { store, seal } = opened;
  if (cluster === running) {
    throw new NotDeleted(
      `${cluster} is the cluster that runs: its backup is all that there is beside it. Turn the backup off and remove the database first`,
    );
  }
  const there = await store.folders(`${namespace}/${database}`);
  if (!there.includes(cluster)) {
    const known = there.length === 0 ? "there is none" : `there are ${there.join(", ")}`;
    throw new NotDeleted(`there is no backup of a cluster ${cluster} of ${database}: ${known}`);
  }
  const where = { namespace, database, cluster };
  let copies = 0;
  for (const life of await livesOf(store, where)) {
    const catalogue = new Catalogue(store, seal, { ...where, life }, "look");
    const events = await catalogue.read(undefined, (_, error) => {
      // What nobody can open holds nobody's restore up.
      if (error instanceof Refused) throw error;
    });
    refuseHeld(events, now);
    copies += events.filter(({ kind }) => kind === "base").length;
  }
  const names = (await store.list(clusterFolder(where))).map(({ name }) => name);
  const listed = names.filter((name) => name.split("/")[4] === "catalogue");
  const others = names.filter((name) => !listed.includes(name));
  for (const [index, name] of [...others, ...listed].entries()) {
    if (index % 200 === 0) {
      lease.check();
      log("info", "deleting", { objects: index, of: names.length });
    }
    await store.delete(name);
  }
  return { copies, objects: names.length };
}

function refuseHeld(events: readonly Written[], now: number): void {
  const until = heldUntil(events);
  if (until <= now) return;
  throw new NotDeleted(
    `a database is being restored from it: nothing is deleted until ${new Date(until).toISOString()}`,
  );
}
