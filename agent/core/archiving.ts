import { within } from "./clock";
import { messageOf, type Log } from "./log";
import type { Shown } from "./publish";

/** What stores the engine's log elsewhere. It goes its own way; the agent waits for it at a stop alone. */
export interface Archiving {
  /** Until when all that was committed is stored, ms since 1970. */
  readonly restorable: number | undefined;
  /** Stores what is left when nothing more is committed. */
  finish(): Promise<void>;
}

/** How long a stop waits until what is left of the log is stored, ms. */
const FINISH_WITHIN = 15_000;

/** What a pod shows of it. */
export function shownOf(archiving: Archiving | undefined): Pick<Shown, "restorable"> {
  if (!archiving) return {};
  const { restorable } = archiving;
  return { restorable: restorable === undefined ? "" : new Date(restorable).toISOString() };
}

/** Waits for the last of the log, and no longer than a stop may take. Never rejects. */
export async function finishArchiving(archiving: Archiving | undefined, log: Log): Promise<void> {
  if (!archiving) return;
  await within(FINISH_WITHIN, archiving.finish()).catch((error: unknown) => {
    log("warning", "the last of the log is not stored", { error: messageOf(error) });
  });
}
