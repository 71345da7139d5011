import { RECOVER_FROM } from "../../components/protocol/annotations";
import { byOrdinal } from "./order";
import { isForeign } from "./outage";
import type { Marker, MemberState, Ordinal, Report } from "./types";
import { markerOf, type World } from "./world";

/** What a policy judges an operator's choice by. */
export interface ChoiceRules {
  /** How long until the choice is followed, ms: as long as the cluster may still come back by itself. */
  patience: number;
  /** Standings in which a member neither commits nor comes to commit again without a bootstrap. */
  apart: readonly MemberState[];
  /** Whether a member's data can be bootstrapped from now. */
  isReady: (report: Report) => boolean;
}

/** What becomes of a choice. `none`: there is none. Where it is refused, members go on as if it were not there. */
export type ChoiceVerdict =
  | { is: "none" }
  | { is: "refused"; reason: string }
  /** It does not say for which outage it is: it is for this one, and that is to be written down. */
  | { is: "unbound"; bound: string }
  /** Good, and not to be followed yet. */
  | { is: "pending"; reason: string }
  | { is: "due"; member: Ordinal };

/** An operator's choice: a member, and the epoch whose outage it was made for. */
export interface Choice {
  member: Ordinal;
  epoch?: number;
}

/** Reads `N` or `N@EPOCH`; `undefined` when it is neither. */
export function parseChoice(text: string): Choice | undefined {
  const match = /^\s*(\d{1,3})(?:@(\d{1,9}))?\s*$/.exec(text);
  if (!match) return undefined;
  const [, member, epoch] = match;
  return { member: Number(member), ...(epoch === undefined ? {} : { epoch: Number(epoch) }) };
}

/**
 * Judges an operator's choice in an outage.
 *
 * It may give up what others have, so it is never followed beside a cluster that runs, or that could go on by itself.
 * A majority that answers would prove that; but where two of three are lost for good there never is one. So of each other
 * member one of two things must be known: it answered that it is in no cluster; or Kubernetes says that it does not run,
 * which it says of a pod on a node that it has lost only after somebody has vouched for that. Then nobody is left who
 * could acknowledge a write. One that is silent, and may run, is enough to refuse.
 */
export function judgeChoice(world: World, { patience, apart, isReady }: ChoiceRules): ChoiceVerdict {
  const { own, peers, replicas = 1, elapsed, timings } = world;
  const marker = markerOf(world);
  const text = marker?.recoverFrom;
  if (!marker || text === undefined) return { is: "none" };
  const choice = parseChoice(text);
  const said = `${RECOVER_FROM}=${text}`;
  if (!choice || choice.member >= replicas) {
    return refused(`${said} names no member: N or N@${marker.epoch}, N one of ${upTo(replicas)}`);
  }
  const { member, epoch } = choice;
  if (epoch !== undefined && epoch !== marker.epoch) {
    return refused(`${said} was for epoch ${epoch}, this outage is of epoch ${marker.epoch}: choose again`);
  }
  if (elapsed < timings.settle)
    return pending(`${said} is looked at once this has lasted ${timings.settle / 1000} s`);
  if (epoch === undefined) return { is: "unbound", bound: `${member}@${marker.epoch}` };
  const reports = [own, ...peers];
  const chosen = reports.find(({ ordinal }) => ordinal === member);
  const unfit = whyUnfit(member, chosen, marker);
  if (unfit !== undefined) return refused(`${said} cannot be followed: ${unfit}`);
  const doubt = doubts(reports, replicas, world.absent, apart, member);
  if (doubt !== undefined) return refused(`${said} is not followed: ${doubt}`);
  if (elapsed < patience) {
    return pending(`${said} is followed if nothing else helps within ${patience / 1000} s`);
  }
  return chosen && isReady(chosen) ? { is: "due", member } : pending(`${said}: its server is not up yet`);
}

function whyUnfit(member: Ordinal, report: Report | undefined, marker: Marker): string | undefined {
  if (!report) return `member ${member} does not answer; bring it back, or choose another`;
  if (isForeign(report, marker)) {
    return `the disk of member ${member} belongs to cluster ${report.record?.cluster ?? ""}; choose another`;
  }
  if (report.status.data !== "data") return `the disk of member ${member} is empty; choose another`;
  return undefined;
}

/** Why it is not certain that nobody else runs. */
function doubts(
  reports: readonly Report[],
  replicas: number,
  absent: ReadonlySet<Ordinal>,
  apart: readonly MemberState[],
  member: Ordinal,
): string | undefined {
  const beyond = reports.map(({ ordinal }) => ordinal).filter((ordinal) => ordinal >= replicas);
  const members = [...Array(replicas).keys(), ...beyond];
  const silent = members.filter(
    (ordinal) => !reports.some((report) => report.ordinal === ordinal) && !absent.has(ordinal),
  );
  if (silent.length > 0) {
    return (
      `${names(silent)} may run: no answer, and Kubernetes does not say that the pod has ended. Bring it back; or, when ` +
      "its node is certainly off, delete the node or its pod by force"
    );
  }
  const together = [...reports]
    .filter(
      ({ ordinal, status, stopping }) => !apart.includes(status.member) || (stopping && ordinal === member),
    )
    .sort(byOrdinal);
  if (together.length > 0) {
    return together.map(({ ordinal, status }) => `member ${ordinal} is still ${status.member}`).join(", ");
  }
  return undefined;
}

function names(ordinals: readonly Ordinal[]): string {
  return ordinals.length === 1 ? `member ${ordinals[0] ?? ""}` : `members ${ordinals.join(", ")}`;
}

function upTo(replicas: number): string {
  return [...Array(replicas).keys()].join(", ");
}

function refused(reason: string): ChoiceVerdict {
  return { is: "refused", reason };
}

function pending(reason: string): ChoiceVerdict {
  return { is: "pending", reason };
}
