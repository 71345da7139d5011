import type { Clock } from "../core/clock";
import type { Archive } from "../core/engine";
import type { Log } from "../core/log";

/** For how long a store that was never reached may be away until logs are given up that may be in it, ms. */
const UNKNOWN_FOR = 300_000;

/** So much of the volume stays free while the store is away: a server that cannot write its log takes no writes, or ends. */
const FREE_PERCENT = 5;
/** At least so much, bytes: some files of the log; but of a small volume no more than a tenth. */
const FREE_BYTES = 128 * 1024 * 1024;
const FREE_PERCENT_AT_MOST = 10;

/** How long the server may take to remove what was given up, ms. */
const REMOVED_WITHIN = 90_000;

/** What room is kept with. */
interface RoomParts {
  archive: Archive;
  /** What is free of the volume, and its size, bytes. */
  volume: () => Promise<{ free: number; size: number }>;
  log: Log;
  clock: Clock;
}

/** What is known of the logs that take the room. */
export interface Kept {
  /** What is stored; `undefined` while nobody has read that. */
  archived: string | undefined;
  /** The store does not take what it is given. */
  storeIsAway: boolean;
  /** How much of the volume they may take, percent. */
  percent: number;
}

/** Keeps logs that are not stored from taking the whole volume, or, where other data has most of it, the last of it. */
export class LogRoom {
  private readonly began: number;
  /** What was given up for want of room, and until when the server may not have removed it. */
  private freeing = { bytes: 0, until: -Infinity };

  constructor(private readonly parts: RoomParts) {
    this.began = parts.clock();
  }

  /** Gives up the oldest of them, where they take too much. */
  async bound({ archived, storeIsAway, percent }: Kept): Promise<void> {
    const { archive, volume, clock, log } = this.parts;
    if (archived === undefined && clock() - this.began < UNKNOWN_FOR) return;
    const room = async (): Promise<number> => (await volume()).free + ((await archive.spare?.()) ?? 0);
    const { size } = await volume();
    const free = await room();
    const backlog = await archive.backlog(archived ?? "");
    const lacking = storeIsAway ? this.lacks(free, size) : 0;
    const most = Math.min((size * percent) / 100, Math.max(0, backlog - lacking));
    if (backlog <= most || !(await archive.release(archived ?? "", most))) return;
    if (lacking > 0) {
      await archive.remove?.();
      const freed = (await room()) - free;
      this.freeing = { bytes: Math.max(0, lacking - freed), until: clock() + REMOVED_WITHIN };
    }
    const why = lacking > 0 ? "the volume is nearly full" : "they took too much of the volume";
    log("warning", `logs were given up that are not stored, since ${why}`, { percent, free });
  }

  /** What lacks of the room that a server needs, bytes. */
  private lacks(free: number, size: number): number {
    const freeing = this.parts.clock() < this.freeing.until ? this.freeing.bytes : 0;
    const least = Math.min(FREE_BYTES, (size * FREE_PERCENT_AT_MOST) / 100);
    return Math.max(0, Math.max((size * FREE_PERCENT) / 100, least) - free - freeing);
  }
}
