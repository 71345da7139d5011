import type { Report } from "../core/types";
import type { Members, Place } from "./discovery";

/**
 * Whom clients may be led to: the primary of the newest term that says itself that it takes writes, and replicas that serve.
 * Of two that say so the one of the earlier term is about to find out.
 */
export function membersFrom(self: number, reports: readonly Report[]): Members {
  const serving = reports.filter(
    ({ status, stopping }) => status.member === "online" && status.admitted === true && !stopping,
  );
  const term = ({ status, record }: Report): number =>
    (record?.epoch ?? 0) * 1e9 + (status.view?.number ?? 0);
  const [primary] = serving
    .filter(({ status }) => status.role === "primary")
    .sort((one, other) => term(other) - term(one));
  const replicas = serving.filter(({ status }) => status.role === "replica");
  const others = reports.filter(({ ordinal }) => ordinal !== self);
  return {
    ...(primary ? { primary: placeOf(primary) } : {}),
    replicas: replicas.map(placeOf),
    others: others.map(placeOf),
  };
}

function placeOf({ ordinal, address }: Report): Place {
  return { ordinal, address };
}
