import type { Clock } from "./clock";
import type { Lag } from "./engine";
import { isPrimary } from "./primary";
import type { Behind, Distance, Report } from "./types";

const [KIBIBYTE, MEBIBYTE] = [1024, 1024 ** 2];

/** Most of the primary's positions that are kept while a replica has not reached them. */
const MOST_AWAITED = 256;

/** Measures how far a member is behind the primary. */
export class LagMeter {
  /** The primary's positions that this member has not reached, each with when it was told first; the oldest first. */
  private awaited: { position: string; at: number }[] = [];
  private led: string | undefined;

  constructor(
    private readonly lag: Lag | undefined,
    private readonly clock: Clock,
  ) {}

  /**
   * @param primary - what the primary told, before this member was looked at.
   * @returns nothing where there is none, or the engine cannot tell.
   */
  measure(primary: Report | undefined, own: Report): Behind | undefined {
    const { lag } = this;
    const [here, there] = [own.status.position, primary?.status.position];
    const distance =
      here === undefined || there === undefined || isPrimary(own) ? undefined : lag?.(here, there);
    if (here === undefined || there === undefined || distance === undefined) {
      this.awaited = [];
      return undefined;
    }
    const now = this.clock();
    // What a former primary told may be reached never.
    const led = `${primary?.ordinal} ${primary?.status.view?.number}`;
    if (led !== this.led) this.awaited = [];
    this.led = led;
    if (distance.amount === 0) this.awaited = [];
    else if (this.awaited.at(-1)?.position !== there) this.awaited.push({ position: there, at: now });
    // As many as are kept are looked at in all: one after the other leaves for good.
    while (this.awaited[0] && lag?.(here, this.awaited[0].position)?.amount === 0) this.awaited.shift();
    if (this.awaited.length > MOST_AWAITED) {
      const last = this.awaited.length - 1;
      this.awaited = this.awaited.filter((_, index) => index % 2 === 0 || index === last);
    }
    const [oldest] = this.awaited;
    return { ...distance, seconds: oldest ? (now - oldest.at) / 1000 : 0 };
  }
}

/** The same for people, for instance `3 transactions`. */
export function lagText({ amount, unit }: Distance): string {
  if (amount === 0) return "none";
  if (unit === "transactions") return `${amount} transaction${amount === 1 ? "" : "s"}`;
  if (unit === "seconds") return `${amount} s`;
  return amount < MEBIBYTE ? `${Math.ceil(amount / KIBIBYTE)} KiB` : `${(amount / MEBIBYTE).toFixed(1)} MiB`;
}
