import type { Report } from "../../agent/core/types";
import { transactionsBehind } from "../../agent/mysql/lag";
import { bytesBehind } from "../../agent/postgresql/lag";
import { MEBIBYTE } from "../../components/common/quantity";

/** How far a member is behind the primary, from the two positions, by the engine's name. */
const LAGS: ReadonlyMap<string, (own: string, primary: string) => string | undefined> = new Map([
  ["mysql", (own, primary) => inTransactions(transactionsBehind(own, primary))],
  ["postgresql", (own, primary) => inBytes(bytesBehind(own, primary))],
]);

/**
 * How far a member is behind the primary, in the engine's own measure.
 *
 * The primary was asked before its replicas, so that what it did meanwhile is not taken for a lag.
 *
 * @returns nothing where it is not known, or one of the two positions is none
 */
export function lagOf(engine: string, own: Report | undefined, all: Report[]): string | undefined {
  const position = own?.status.position;
  const primary = all.find(({ status }) => status.role === "primary");
  if (!own || position === undefined || primary?.status.position === undefined) return undefined;
  if (own === primary) return undefined;
  try {
    return LAGS.get(engine)?.(position, primary.status.position);
  } catch {
    return undefined;
  }
}

/** Whether a member's position is one that its engine could have. */
export function hasReadablePosition(engine: string, { status: { position } }: Report): boolean {
  try {
    if (position !== undefined) LAGS.get(engine)?.(position, position);
    return true;
  } catch {
    return false;
  }
}

function inTransactions(count: number): string {
  return count === 0 ? "none" : `${count} transaction${count === 1 ? "" : "s"}`;
}

function inBytes(count: number | undefined): string | undefined {
  if (count === undefined) return undefined;
  if (count === 0) return "none";
  return count < MEBIBYTE ? `${Math.ceil(count / 1024)} KiB` : `${(count / MEBIBYTE).toFixed(1)} MiB`;
}
