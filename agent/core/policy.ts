import type { HangLimits } from "./limits";
import type { Ordinal, Report, View } from "./types";
import { wait, type Action, type Wait, type World } from "./world";

/** Decides something, or leaves it to the next. Pure: the same world gives the same action. */
export type Rule = (world: World) => Action | undefined;

/** What a member does before it stops. */
export interface StopPlan {
  /** Who is made the primary first; absent if nobody needs to be or can. */
  successor?: Ordinal;
  /**
   * - `leave`: the others go on as a smaller cluster.
   * - `halt`: the server is stopped at once, as if it had crashed, and the membership stays as it is.
   */
  how: "leave" | "halt";
  /** The primary leaves for good as well: this member goes when one that stays has taken over, for which it has a vote. */
  stayToVote?: true;
  /** The others would wait for its vote for ever: it goes when they do not count it any more. */
  untilUncounted?: true;
}

/** What a stop is planned from. */
export interface StopContext {
  self: Ordinal;
  role: Report["status"]["role"];
  view: View | undefined;
  /**
   * Answers to questions asked after this member's own report said that it is being stopped: of members that stop at the
   * same time, all but the first then see another one's.
   */
  peers: readonly Report[];
  replicas: number;
  volumeLimits: HangLimits;
}

/** What an engine's members do, and when: the engine supplies it, and the agent carries it out. */
export interface Policy {
  /** By name, read from top to bottom: the first that decides something has decided. */
  readonly rules: Readonly<Record<string, Rule>>;
  /** Adds to what is waited for what an operator may do about it. */
  readonly explain?: (world: World, waiting: Wait) => Wait;
  /** Whether what was just bootstrapped lets clients in at once, before others have joined it. */
  readonly opensAfterBootstrap: (alone: boolean, replicas: number | undefined) => boolean;
  readonly planStop: (context: StopContext) => StopPlan;
}

/** Chooses the next thing to do. */
export function decide(policy: Policy, world: World): Action {
  const action = firstOf(Object.values(policy.rules), world);
  return action.kind === "wait" ? (policy.explain?.(world, action) ?? action) : action;
}

function firstOf(rules: readonly Rule[], world: World): Action {
  for (const rule of rules) {
    const action = rule(world);
    if (action) return action;
  }
  return wait("NotInCluster", "nothing is known that could be done");
}
