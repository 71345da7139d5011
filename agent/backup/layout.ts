import type { Store } from "./store/store";

/**
 * Where a cluster's backup lies in its store: `<namespace>/<database>/<cluster's UUID>/<life>/{base,log,catalogue}`. A life ends
 * when data goes on that lacks what is stored: what is made of it afterwards goes its own way.
 */
export interface Place {
  namespace: string;
  database: string;
  /** The marker's: a database that was made anew under the same name is another one. */
  cluster: string;
  /** Counts from 1. */
  life: number;
}

/** The folder with a folder for each life. */
export function clusterFolder({ namespace, database, cluster }: Omit<Place, "life">): string {
  return `${namespace}/${database}/${cluster}`;
}

/** The lives that anything was stored of, the last one first. */
export async function livesOf(
  store: Pick<Store, "folders">,
  cluster: Omit<Place, "life">,
): Promise<number[]> {
  const lives = (await store.folders(clusterFolder(cluster))).map(Number);
  return lives.filter((life) => Number.isInteger(life) && life > 0).sort((a, b) => b - a);
}

export function lifeFolder(place: Place): string {
  return `${clusterFolder(place)}/${String(place.life).padStart(4, "0")}`;
}

/** Where bases are; the tool that stores them makes its own files there. */
export function baseFolder(place: Place): string {
  return `${lifeFolder(place)}/base`;
}

export function catalogueFolder(place: Place): string {
  return `${lifeFolder(place)}/catalogue`;
}

/** Where a primary of this epoch and view puts its logs: one that was fenced meanwhile writes over nothing of its successor's. */
export function logFolder(place: Place, { epoch, view }: { epoch: number; view: number }): string {
  const counted = [epoch, view].map((count) => String(count).padStart(8, "0")).join(".");
  return `${lifeFolder(place)}/log/${counted}`;
}
