import type { Reason } from "../../components/protocol/reasons";
import type { HangLimits } from "./limits";
import type { Marker, Ordinal, Report, Timings } from "./types";

/** Everything a decision is made from: observed, never remembered, but for the five durations. */
export interface World {
  self: Ordinal;
  /** The size of the set; `undefined` while it has never been known. */
  replicas: number | undefined;
  own: Report;
  /** The other members that answered just now. */
  peers: readonly Report[];
  /** Members that do not run, as Kubernetes says; asked for only where an operator's choice depends on it. */
  absent: ReadonlySet<Ordinal>;
  /** `undefined`: there is none. `unknown`: the API server did not say. */
  marker: Marker | undefined | "unknown";
  /** For how long no running cluster has been seen, ms. */
  elapsed: number;
  /** For how long the marker has looked as it does, ms. */
  markerAge: number;
  /** For how long own data has been seen to contain what the cluster lacks, ms; 0 if it does not. */
  divergedFor: number;
  /** For how long this member has counted as failed, ms. */
  failedFor: number;
  /** For how long this member has lacked logs that the primary has no longer, without getting on, in ms. */
  lackingFor: number;
  timings: Timings;
  volumeLimits: HangLimits;
}

/** There is nothing to do but to wait. */
export interface Wait {
  kind: "wait";
  reason: Reason;
  /** The reason for people. */
  message: string;
}

/**
 * Let the server start; `init` makes an empty data directory first. With a reason it has failed to. `once`: how it ends is looked at
 * before another start.
 */
export interface Start {
  kind: "start";
  init: boolean;
  once?: true;
  reason?: Reason;
  message?: string;
}

/** Move the data directory aside and begin with an empty one. */
export interface SetAside {
  kind: "set-aside";
  message: string;
  /** When it begins with that the rules decide. @default at once */
  only?: true;
  /** It is kept also where it counts for nothing. @default what counts for nothing is deleted */
  keep?: true;
}

/** The next thing to do. */
export type Action =
  | Wait
  | Start
  /** Take part as a full member; a reason says what else is to be known of it. */
  | { kind: "serve"; reason?: Reason; message?: string }
  /** The same, with clients still locked out. */
  | { kind: "hold"; reason: Reason; message: string }
  /** Bootstrap the cluster: take the right, bootstrap, confirm, admit. `chosen`: by an operator's choice. */
  | { kind: "bootstrap"; chosen?: true }
  /** Write down for which outage an operator's choice is. */
  | { kind: "bind"; choice: string }
  /** Let clients in before a majority has joined, because an operator says so. */
  | { kind: "go-alone" }
  /** Give the right to bootstrap the cluster anew back: it runs on, in the epoch before. */
  | { kind: "yield"; message: string; to: Ordinal; epoch: number }
  | { kind: "join"; from: Ordinal[] }
  | { kind: "clone"; donor: Ordinal }
  | SetAside
  /** End a server that has left its cluster for good: what it held is the others' now. */
  | { kind: "depart"; message: string }
  /** End a membership that failed, or that belongs to a bootstrap which was overtaken. */
  | { kind: "reset"; message: string }
  /** Write down that this member is one of the running cluster. */
  | { kind: "enrol" }
  /** What only this engine does: one of its `steps`. */
  | { kind: "step"; step: string; message: string };

/** Nothing to do but to wait. */
export function wait(reason: Reason, message: string): Wait {
  return { kind: "wait", reason, message };
}

/** The marker, if there is one and the API server has told. */
export function markerOf({ marker }: Pick<World, "marker">): Marker | undefined {
  return marker === "unknown" ? undefined : marker;
}
