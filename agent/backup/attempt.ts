import type { CopyResult, DrillResult } from "../../components/protocol/backup";
import { messageOf, type Log } from "../core/log";
import { NoRoom } from "./restore-steps";
import { StoreError } from "./store/store";

/** Where it is written down how attempts ended. */
export interface Sheet<R extends CopyResult | DrillResult> {
  read: () => Promise<R | undefined>;
  write: (result: R) => Promise<void>;
}

/** The most that is told of a reason. */
const TOLD = 600;

const CUT_OFF =
  "look whether its pod had enough memory (backup.limits.memory), and whether its node was there all the time";

/**
 * Does something, and writes down how it ended. One that began and wrote nothing down was cut off: the next one says so, before it
 * begins. That nobody can be told stops nothing.
 *
 * @param now - ms since 1970
 */
export async function attempt<R extends CopyResult | DrillResult>(
  sheet: Sheet<R>,
  work: () => Promise<R>,
  { now, log, noRoom }: { now: () => number; log: Log; noRoom: string },
): Promise<R> {
  const tell = async (result: R): Promise<void> => {
    await sheet.write(result).catch((error: unknown) => {
      log("warning", "cannot write down how it went", { error: messageOf(error) });
    });
  };
  let last = await sheet.read().catch(() => undefined);
  if (last?.begun !== undefined) {
    const why = `the attempt that began at ${last.begun} was cut off`;
    last = { good: false, at: time(now()), why, advice: CUT_OFF } as R;
  }
  await tell({ ...last, begun: time(now()) } as R);
  try {
    const result = { ...(await work()), at: time(now()) };
    await tell(result);
    return result;
  } catch (error) {
    const advice = error instanceof NoRoom ? noRoom : error instanceof StoreError ? error.advice : undefined;
    await tell({
      good: false,
      at: time(now()),
      why: messageOf(error).slice(0, TOLD),
      ...(advice === undefined ? {} : { advice }),
    } as R);
    throw error;
  }
}

function time(moment: number): string {
  return new Date(moment).toISOString().replace(/\.\d+Z$/, "Z");
}
