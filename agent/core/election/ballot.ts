import { countUpTo, flag, objectOf, oneOf, optional, textUpTo, type Reader } from "../read";
import type { Ordinal } from "../types";
import type { LogPosition, ReplicationState } from "./replication";

/**
 * A vote: the server is cut off, and follows nobody until the lease has changed from this version. Who takes the lease by
 * replacing that version has every vote for it; who finds it changed has none.
 */
export interface Vote {
  version: string;
  /** How far the data goes, read after the server was cut off. */
  position: LogPosition;
  /** For how long it has been cut off, ms. */
  cutFor: number;
  /** It can be the primary. Who cannot votes all the same. */
  fit: boolean;
}

/** What a member says about the primary when it is asked. */
export interface Ballot {
  ordinal: Ordinal;
  /** The highest term that it knows of. */
  term: number;
  /** What its server is; absent while it does not answer. */
  as?: ReplicationState["as"];
  /** Of a primary: the term that it is the primary of. Of one that follows: the term of whom it follows. */
  of?: number;
  /** How far its data goes. */
  position?: LogPosition;
  /** It has no data, and follows nobody. */
  empty: boolean;
  /** It is being stopped, or its data is not the cluster's. */
  unfit: boolean;
  /** It has lost sight of the holder of the lease of this version, or that has none. */
  suspects?: string;
  vote?: Vote;
  /** Said to the primary of this term, who asked: it votes for nobody for a while. */
  promises?: number;
  /** It is not the primary of this term any more, and its server takes no writes. */
  resigned?: number;
}

const count = countUpTo(Number.MAX_SAFE_INTEGER);

const position: Reader<LogPosition> = objectOf<LogPosition>({
  term: count,
  mark: count,
  offset: optional(count),
});

/** Reads what another member's agent says. @throws Error that names the field. */
export const readBallot: Reader<Ballot> = objectOf<Ballot>({
  ordinal: countUpTo(99),
  term: count,
  as: optional(oneOf("primary", "following", "detached")),
  of: optional(count),
  position: optional(position),
  empty: flag,
  unfit: flag,
  suspects: optional(textUpTo(300)),
  vote: optional(objectOf<Vote>({ version: textUpTo(300), position, cutFor: count, fit: flag })),
  promises: optional(count),
  resigned: optional(count),
});
