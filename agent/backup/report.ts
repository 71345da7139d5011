import type { CopiesReport } from "../../components/protocol/backup-report";
import type { Positions } from "../core/engine";
import type { Written } from "./events";
import type { Place } from "./layout";
import { describeLife } from "./look/listing";

/** What people are told of a backup without asking its store. */
export function reportOf(
  { cluster, life }: Pick<Place, "cluster" | "life">,
  events: readonly Written[],
  positions: Positions,
  now: number,
): CopiesReport {
  const { copies, windows, problems } = describeLife(life, events, positions, now);
  const last = copies.at(-1);
  return {
    at: now,
    cluster,
    life,
    copies: copies.length,
    ...(last === undefined
      ? {}
      : {
          last: {
            finished: last.finished,
            seconds: Math.round((last.finished - last.started) / 1000),
            bytes: last.bytes,
            version: last.version,
            source: last.source,
          },
        }),
    windows,
    problems,
  };
}
