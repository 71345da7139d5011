import type { Marker, Orders } from "./types";

/** What the marker asks of the engine. */
export function ordersOf(marker: Marker | undefined): Orders {
  const { follows, fenced } = marker ?? {};
  return { ...(follows === undefined ? {} : { follows }), ...(fenced === undefined ? {} : { fenced }) };
}
