import type { Pod } from "../../../../operate/kube/objects";
import { isReady } from "../../../../operate/status/pod-words";
import { Watch, type WatchEvent } from "../cluster/watch";

/** How long a pod took to be replaced. */
export interface Replacement {
  /** From the order to delete it to its being gone. */
  stopSeconds: number;
  /** From its being gone to its successor's being Ready. */
  backSeconds: number;
}

/**
 * Follows pods through something that deletes them, until their successors of the same names are ready.
 *
 * @returns what each took, in the order of the names
 */
export async function replaced(
  namespace: string,
  names: string[],
  deletion: () => Promise<unknown>,
  timeoutSeconds = 150,
): Promise<Replacement[]> {
  const watches = names.map(
    (name) => new Watch<Pod>(namespace, ["pods", `--field-selector=metadata.name=${name}`]),
  );
  const uid = ({ object }: WatchEvent<Pod>) => object.metadata.uid;
  const ready = ({ object }: WatchEvent<Pod>) => isReady(object);
  try {
    const before = await Promise.all(watches.map(async (watch) => watch.first("it to be ready", 30, ready)));
    const ordered = Date.now();
    await deletion();
    return await Promise.all(
      watches.map(async (watch, index) => {
        const old = uid(before[index]!);
        const isGone = (event: WatchEvent<Pod>) => event.type === "DELETED" && uid(event) === old;
        const isBack = (event: WatchEvent<Pod>) => ready(event) && uid(event) !== old;
        const gone = await watch.first("it to be gone", timeoutSeconds, isGone);
        const back = await watch.first("its successor to be ready", timeoutSeconds, isBack);
        return { stopSeconds: (gone.at - ordered) / 1000, backSeconds: (back.at - gone.at) / 1000 };
      }),
    );
  } finally {
    for (const watch of watches) watch.close();
  }
}
