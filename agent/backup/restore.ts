import { monotonic, timeOfDay } from "../core/clock";
import { messageOf } from "../core/log";
import type { Saying } from "../core/saying";
import { lifeFolder } from "./layout";
import type { Opened } from "./open";
import {
  findBackup,
  type FindTools,
  NoRoom,
  restoreData,
  type RestoreTools,
  type Source,
} from "./restore-steps";
import { heldUntil } from "./view";

/** For how long nothing may be deleted that is restored from, ms. */
const HOLD = 12 * 3_600_000;

/** Between two attempts, ms: what is missing in a store does not come within seconds. */
const AGAIN_AFTER = 30_000;

/** What a member's first data is restored with. */
export interface RestoreParts extends Omit<RestoreTools, "say">, FindTools {
  /** What is wanted; `undefined`: nothing is restored. */
  source: () => Promise<Source | undefined>;
  /** The store, with the key of what is read. */
  open: () => Promise<Opened>;
  now?: () => number;
  sleep?: (time: number) => Promise<void>;
}

/**
 * Makes a member's first data of another database's backup, in place of an empty directory. Cut off anywhere, it begins anew.
 */
export class Restore {
  private said: Saying | undefined;
  private failedAt = -Infinity;

  constructor(private readonly parts: RestoreParts) {}

  /** What it does, or why it failed; `undefined` where there is nothing to restore, or no longer. */
  get state(): Saying | undefined {
    return this.said;
  }

  /**
   * @returns whether anything was to be restored.
   * @throws Error when the data is not what was asked for. The server is then stopped, or has data that counts for nothing.
   */
  async run(): Promise<boolean> {
    const { source, clock = monotonic, sleep = pause, log } = this.parts;
    const wanted = await source();
    if (wanted === undefined) return false;
    const rest = AGAIN_AFTER - (clock() - this.failedAt);
    if (rest > 0) await sleep(rest);
    try {
      await this.restore(wanted);
      this.said = undefined;
      return true;
    } catch (error) {
      this.failedAt = clock();
      const why = `${messageOf(error)}${error instanceof NoRoom ? ": raise `storage`" : ""}`;
      this.said = { reason: "RestoreFailed", state: `not restored from ${wanted.database}: ${why}` };
      log("error", "not restored", { error: why });
      throw error;
    }
  }

  private async restore(wanted: Source): Promise<void> {
    const { now = timeOfDay } = this.parts;
    const say = (message: string): void => {
      this.said = { reason: "Restoring", state: message };
    };
    say(`looking for what ${wanted.database} has stored`);
    const opened = await this.parts.open();
    const found = await findBackup(this.parts, opened, wanted);
    if (heldUntil(found.events) < (await opened.store.time(lifeFolder(found.place))) + HOLD / 2) {
      const why = "a new database is restored from it";
      await found.catalogue.write({ kind: "hold", until: now() + HOLD, why });
    }
    await restoreData({ ...this.parts, say }, opened, found);
  }
}

async function pause(time: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, time));
}
