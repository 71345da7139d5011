import type { Clock } from "../clock";
import type { Reached } from "../engine";
import type { Replication, ReplicationState } from "./replication";

/** How long writes wait for a successor that is to have them all, ms. */
const FREEZE = 3_000;

/** Between two looks at how far it is, ms. */
const LOOK_EVERY = 20;

/** What a hand-over works with. */
export interface HandOverParts {
  replication: Replication;
  clock: Clock;
  /** Looks at the server. */
  look: () => Promise<ReplicationState | undefined>;
  /** @default by the machine's timer */
  sleep?: (time: number) => Promise<void>;
}

/**
 * Has writes wait, and returns when a follower has all that is here.
 * @throws Error when it does not get so far; then writes go on.
 */
export async function freezeUntilHas(
  { address, ordinal }: Reached,
  { replication, clock, look, sleep = pause }: HandOverParts,
): Promise<void> {
  await replication.freeze(FREEZE);
  const end = clock() + FREEZE;
  for (;;) {
    const { position, followers = [] } = (await look()) ?? {};
    const its = followers.find((one) => one.address === address);
    if (its && position?.offset !== undefined && its.offset >= position.offset) return;
    if (clock() >= end) {
      await replication.freeze(0);
      throw new Error(`member ${ordinal} does not get all that is here`);
    }
    await sleep(LOOK_EVERY);
  }
}

async function pause(time: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, time));
}
