import { monotonic, type Clock } from "../../core/clock";
import type { Store } from "./store";

/** What a store is read with. */
interface Pace {
  /** What is fetched in a second at most, KiB. */
  kibPerSecond: number;
  clock?: Clock;
  sleep?: (time: number) => Promise<unknown>;
}

/** A store from which no more is read than a rate lets, over the time since the first read: what comes next waits for what came. */
export function limited(store: Store, { kibPerSecond, clock = monotonic, sleep = pause }: Pace): Store {
  /** Until when what was read takes by that rate. */
  let until = -Infinity;
  return {
    put: async (name, content) => store.put(name, content),
    get: async (name) => {
      if (until > clock()) await sleep(until - clock());
      const content = await store.get(name);
      until = Math.max(until, clock()) + (content.length / 1024 / kibPerSecond) * 1000;
      return content;
    },
    list: async (folder, after) => store.list(folder, after),
    folders: async (folder) => store.folders(folder),
    delete: async (name) => store.delete(name),
    time: async (folder) => store.time(folder),
  };
}

async function pause(time: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, time));
}
