import type { Ordinal } from "../types";
import type { LogPosition } from "./replication";

/** The next step. */
export type Step =
  | { kind: "none"; why: string }
  /** `givenUp`: its followers have given it up. */
  | { kind: "detach"; why: string; givenUp?: true }
  | { kind: "follow"; ordinal: Ordinal; term: number }
  /** Takes the lease by replacing the version that was voted on. */
  | { kind: "take"; term: number; position: LogPosition; why: string }
  | { kind: "promote"; term: number; size: number }
  | { kind: "release"; why: string }
  /** Replaces the lease by itself: every vote for it is void, its own too. */
  | { kind: "touch" }
  /** Writes itself into a lease that has lost it. */
  | { kind: "reclaim"; term: number }
  | { kind: "resize"; size: number };

/** Nothing to do, and why. */
export function none(why: string): Step {
  return { kind: "none", why };
}
