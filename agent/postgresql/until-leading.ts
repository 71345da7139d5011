import { setTimeout as sleep } from "node:timers/promises";
import { monotonic } from "../core/clock";
import type { Copying } from "./copy-of-source";
import type { PatroniKeys } from "./keys";

/** How long bootstrapping may take, ms: making a data directory on a slow disk, or recovering one. */
const FOUND_WITHIN = 600_000;

/** Between two looks, ms. */
const LOOK_EVERY = 500;

/** What a bootstrap waits by. */
export interface Leading {
  /** Whether it has come about. */
  leads: () => Promise<boolean>;
  /** The first copy of another database, which takes as long as it takes. */
  copies: Copying | undefined;
  keys: Pick<PatroniKeys, "leader">;
}

/** Waits until Patroni has made this member the one that leads. @throws Error where it does not come about, or another one does */
export async function untilLeading(name: string, { leads, copies, keys }: Leading): Promise<void> {
  const end = monotonic() + FOUND_WITHIN;
  while (!(await leads())) {
    if (copies) await copies.check();
    else if (monotonic() > end) throw new Error("Patroni did not make this member the primary");
    await sleep(LOOK_EVERY);
    const leader = await keys.leader().catch(() => undefined);
    if (leader !== undefined && leader !== name) throw new Error(`${leader} is the primary`);
  }
}
