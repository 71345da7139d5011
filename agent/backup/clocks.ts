import { timeOfDay } from "../core/clock";
import { StoreError } from "./store/store";

/** How far clocks may be apart, ms: stores take no request that is fifteen minutes off, and a window is days long. */
const APART = 5 * 60_000;

/** Clocks of other machines by their owners' names, asked when they are called: ms since 1970. */
export type Witnesses = Record<string, () => Promise<number>>;

/** Nobody knows how old anything is. */
export class ClocksApart extends StoreError {}

/**
 * What time it is, by this machine's clock and by those of others: the earliest of them, so that nothing is taken for older than it is.
 * One machine's word is not enough to delete by.
 *
 * @returns ms since 1970
 * @throws ClocksApart where one of them is several minutes off, or what their owners throw
 */
export async function agreedTime(witnesses: Witnesses, own: () => number = timeOfDay): Promise<number> {
  let agreed = own();
  for (const [owner, ask] of Object.entries(witnesses)) {
    const before = own();
    const told = await ask();
    const after = own();
    const off = told < before ? before - told : Math.max(0, told - after);
    if (off > APART) {
      throw new ClocksApart(
        `this node's clock is ${period(off)} ${told < before ? "ahead of" : "behind"} the ${owner}'s: how old anything is cannot be told, and nothing is deleted`,
        `set the clocks of the nodes (NTP), and that of the ${owner}`,
      );
    }
    agreed = Math.min(agreed, told);
  }
  return agreed;
}

function period(time: number): string {
  const minutes = Math.round(time / 60_000);
  return minutes < 48 * 60 ? `${minutes} min` : `${Math.round(minutes / 1440)} days`;
}
