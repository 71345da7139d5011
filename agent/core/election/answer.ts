import type { Ordinal } from "../types";
import type { Ballot, Vote } from "./ballot";
import type { ElectionFacts } from "./parts";
import { type ElectionWorld, suspects } from "./world";

/** What a member says of itself that does not follow from what it knows. */
export interface Said {
  /** See {@link Ballot}. */
  of: number | undefined;
  vote: Vote | undefined;
  promises: number | undefined;
}

/** What a member that knows this says to another. */
export function ballotOf(
  world: ElectionWorld,
  { member, holds, fit }: Pick<ElectionFacts, "member" | "holds" | "fit">,
  { of, vote, promises }: Said,
): Ballot {
  const { self: ordinal, lease, server, resigned } = world;
  return {
    ordinal,
    term: Math.max(lease?.term ?? 0, server?.position?.term ?? 0),
    empty: member && !holds && server?.as === "detached",
    unfit: !fit,
    ...(server ? { as: server.as } : {}),
    ...(of === undefined ? {} : { of }),
    ...(server?.position ? { position: server.position } : {}),
    ...(lease && suspects(world) ? { suspects: lease.version } : {}),
    ...(vote ? { vote } : {}),
    ...(promises === undefined ? {} : { promises }),
    ...(resigned >= 0 ? { resigned } : {}),
  };
}

/** Whether a question tells that the lease is another than is known: of a new primary, or of one that is it no more. */
export function isNews(
  { lease, server, told }: ElectionWorld,
  caller: Ordinal,
  term: number | undefined,
): boolean {
  if (!lease || server?.as === "primary") return false;
  return term === undefined
    ? caller === lease.holder && server?.as === "following" && told === lease.term
    : term > lease.term;
}
