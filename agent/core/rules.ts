/** What every engine's policy shares: see `policy.ts`. */
import type { Reason } from "../../components/protocol/reasons";
import type { ChoiceVerdict } from "./choice";
import type { Rule } from "./policy";
import type { EngineStatus, Marker, Ordinal, Report } from "./types";
import { majority } from "./views";
import { wait, type Action, type SetAside, type Start, type Wait, type World } from "./world";

/** How often the server may end before it answers until its data is taken for broken. */
export const MAX_FAILURES = 5;

/** The pod is being stopped. */
export const whileStopping: Rule = ({ own }) =>
  own.stopping ? wait("Stopping", "being stopped") : undefined;

/** The server is on its way up. */
export const whileServerStarts: Rule = ({ own: { status } }) => {
  if (status.process !== "starting") return undefined;
  return status.refusal === undefined
    ? wait("ServerStarting", status.detail ?? "the server is starting")
    : wait("ServerDoesNotStart", startFailure(status));
};

/** A full member. */
export const serve: Rule = ({ own: { status } }) =>
  status.member === "online" ? { kind: "serve" } : undefined;

/** Why a server does not start, for people. */
export function startFailure({ failures = 0, refusal }: EngineStatus): string {
  const words = refusal?.words ?? "without a word of its own that tells why";
  return failures > 0
    ? `the server ended ${failures} times: ${words}`
    : `the server does not start: ${words}`;
}

/** Starts the server once more, and says why it has failed to, if it has. */
export function startAgain(init: boolean, message?: string, reason: Reason = "ServerDoesNotStart"): Start {
  return { kind: "start", init, ...(message === undefined ? {} : { reason, message }) };
}

/**
 * Whether enough others have the data, so that this member's may be moved aside: a majority of the set, or all others
 * where there are fewer. Those that run, and those that lie on a disk; of two that are to give theirs up, the lower
 * ordinal goes first.
 */
export function othersHaveData({ self, own, peers, replicas }: World): boolean {
  if (replicas === undefined) return false;
  const having = peers.filter(({ ordinal, status, record }) => {
    if (status.member === "online") return true;
    const same = record?.cluster === own.record?.cluster;
    return same && ordinal > self && status.data === "data" && status.refusal?.blames !== "data";
  });
  return having.length >= Math.min(majority(replicas), replicas - 1);
}

/** Why data is kept that would be moved aside if others had theirs. */
export function keptSinceFew(why: string): string {
  return `${why}; this data is kept, since too few other members have theirs`;
}

/** Moves data aside where enough others have theirs, or waits. */
export function setAsideOrKeep(world: World, why: string): SetAside | Wait {
  return othersHaveData(world) ? { kind: "set-aside", message: why } : wait("FewCopies", keptSinceFew(why));
}

/** A disk of another cluster is neither joined nor overwritten. */
export function foreignDisk({ record }: Report, running: string | undefined): Wait | undefined {
  const mine = record?.cluster;
  if (mine === undefined || mine === running) return undefined;
  return wait(
    "ForeignDisk",
    `this disk belongs to cluster ${mine}, the running one is ${running ?? "unknown"}: it is neither joined nor ` +
      "overwritten; give this member its own disk, or empty this one",
  );
}

/** Before a first bootstrap every member must have answered: its disk may hold data. */
export function membersMissing(expected: readonly Ordinal[], reports: readonly Report[]): Wait | undefined {
  const silent = expected.filter((ordinal) => !reports.some((report) => report.ordinal === ordinal));
  if (silent.length === 0) return undefined;
  return wait(
    "MembersMissing",
    `no cluster yet; all members must answer before it is bootstrapped, missing: ${silent.join(", ")}`,
  );
}

/** Without a marker, data on several disks of which none is known to be the one that counts. */
export function dataDoesNotFit(ordinals: readonly Ordinal[], or = ""): Wait {
  return wait(
    "DataDoesNotFit",
    `there is no marker, and the disks of members ${ordinals.join(", ")} hold data that does not fit together${or}: ` +
      "move away the wrong ones",
  );
}

/** Bootstraps as the member whose turn it is, or waits for that one. `undefined`: the set has none that could. */
export function bootstrapAs(self: Ordinal, who: Ordinal | undefined, why = ""): { kind: "bootstrap" } | Wait {
  return who === self
    ? { kind: "bootstrap" }
    : wait("WaitsForBootstrap", `no cluster yet; member ${who ?? 0} ${why}bootstraps it`);
}

/** Who may bootstrap the cluster, for those who may not. */
export function rightOf({ holder }: Marker): string {
  return `member ${holder} has the right to bootstrap the cluster`;
}

/** What an operator has chosen is done: it is bound to this outage, and then followed by whom it names. */
export function followChoice(self: Ordinal, choice: ChoiceVerdict): Action | undefined {
  if (choice.is === "unbound") return { kind: "bind", choice: choice.bound };
  if (choice.is === "due" && choice.member === self) return { kind: "bootstrap", chosen: true };
  return undefined;
}

/** What becomes of a choice that is not followed, before what is waited for. */
export function withChoice(waiting: Wait, choice: ChoiceVerdict): Wait {
  const said = choice.is === "refused" || choice.is === "pending";
  return said ? { ...waiting, message: `${choice.reason}. ${waiting.message}` } : waiting;
}
