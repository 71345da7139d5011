import type { EngineStatus, Ordinal, Refusal, Relation, Role, View } from "./types";

/** What an engine tells of its server; what lies on the disk is the core's to know. */
export type ServerStatus = Omit<EngineStatus, "data" | "full" | "stalled" | "failures" | "refusal">;

/** A member as another one reaches it. */
export interface Peer {
  ordinal: Ordinal;
  /** The pod's stable name, resolvable in the cluster. */
  host: string;
}

/** A member that answered, with the address that it answers on now: names lag behind a pod's restart. */
export interface Reached extends Peer {
  address: string;
}

/** How a member becomes part of a cluster. */
export type JoinPlan =
  /**
   * `fresh`: what is on the disk is worthless. `replicas`: the size of the set, as far as it is known. `alone`: an operator gave
   * up the others, so that it serves without them.
   */
  | { how: "found"; cluster: string; fresh: boolean; replicas: number | undefined; alone?: boolean }
  | { how: "catch-up"; cluster: string; seeds: Reached[] }
  | { how: "clone"; donor: Reached };

/**
 * What an engine supplies. Each method does one thing with the local server and returns when it is
 * done; deciding when to do it is the core's part. All may reject: the core logs it, looks again, and
 * decides anew.
 */
export interface Engine {
  /**
   * Whether it governs itself: elects its primary, copies, catches up, and shows the primary's address without
   * the agent. The agent is then left with what it cannot know: who may found it (`decide-governed.ts`).
   */
  readonly governs: boolean;
  /** Looks at the local server. Never rejects for a server that is down: that is a status. */
  probe(): Promise<ServerStatus>;
  /** Rejects, before the right to found is taken, when the engine knows of a primary that runs. */
  checkFounding(): Promise<void>;
  /** Carries out a plan. Clients stay locked out until `admit`. */
  join(plan: JoinPlan): Promise<void>;
  /** Makes another member the primary; called on the primary. */
  promote(target: Ordinal): Promise<void>;
  /** Ends the membership, healthy or failed: the others go on as a smaller cluster. Clients are locked out. */
  leave(): Promise<void>;
  /**
   * Gives the membership up at once, because the volume takes no more writes: another member is to take over. What needs
   * the volume never ends. Called again until it succeeds.
   * @param end - ends the server and all that belongs to it: none of it does anything any more when this returns.
   */
  abandon(end: () => Promise<void>): Promise<void>;
  /**
   * Why the server does not start; `undefined` where that does not tell.
   * @param log - the last of what it said since it was started.
   */
  explain(log: string): Promise<Refusal | undefined>;
  /** Lets clients in. Called when the cluster that the member is in is known to be the right one. */
  admit(): Promise<void>;
  /**
   * Makes a member that serves match what it is wanted to be: its certificate and, on the primary, accounts, databases
   * and shared settings.
   * @param replicas - the size of the set; `undefined` while it has never been known.
   */
  reconcile(role: Role, replicas: number | undefined): Promise<void>;
  /** Whether a text from elsewhere is a value of `EngineStatus.position`: another version may write it otherwise. */
  isPosition(text: string): boolean;
  /** How `own` relates to `other`: two values of `EngineStatus.position`. */
  compare(own: string, other: string): Relation;
  /** Whether a member at `own` can get what it lacks from `donor` without a full copy. */
  canCatchUp(own: string, donor: string): boolean;
  /**
   * Prepares what the server reads when it starts.
   * @param last - the last membership that is known, for what an engine that governs itself has lost.
   * @param replicas - the size of the set, as far as it is known.
   */
  prepareStart(last?: View, replicas?: number): Promise<void>;
}
