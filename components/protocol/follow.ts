/** What a component of a database that follows another one, its agents and the command that promotes it agree on. */

/** Files below `SOURCE_PATH`: keys of the Secrets that are mounted there. */
export const SOURCE_FILES = {
  password: "replication-password",
  /** It need not be there. */
  username: "replication-username",
  /** It need not be there. */
  authority: "ca.crt",
} as const;

/** Where a database follows another one. */
export interface SourceAddress {
  host: string;
  port: number;
  slot?: string;
  /** Authority of its certificate, in PEM; without it, that of the file or else the database's own. */
  ca?: string;
}

/** How a database that began as a copy stands: it follows its source, or was promoted and takes writes of its own. */
export type FollowState = "source" | "promoted";

/** Whether a text is one. */
export function isFollowState(text: string | undefined): text is FollowState {
  return text === "source" || text === "promoted";
}

/** In place of a position: it is promoted with what it has, and what it lacks is lost. */
export const ACCEPT_LOSS = "accept-loss";
