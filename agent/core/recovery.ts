import { judgeChoice, type ChoiceVerdict } from "./choice";
import { judgeCreation } from "./creation";
import type { History } from "./engine";
import { candidatesAmong, judgeOutage } from "./outage";
import { rightOf, withChoice } from "./rules";
import type { Ordinal } from "./types";
import { markerOf, wait, type Wait, type World } from "./world";

/** What a member is in when it can neither commit nor come to by itself. */
const APART = ["offline", "failed"] as const;

/** What members whose agents compare their data do about an outage by themselves; `by`: who bootstraps the cluster instead. */
export type Recovery = { kind: "bootstrap" } | (Wait & { by?: Ordinal });

export function recovery(world: World, history: History): Recovery {
  const { self, own, peers, replicas = 1, elapsed, timings } = world;
  const marker = markerOf(world);
  const first = marker?.first === true && marker.phase === "founding";
  const holder = peers.find((peer) => peer.ordinal === marker?.holder);
  if (marker?.phase === "founding" && marker.holder !== self) {
    const busy = holder ? holder.activity === "founding" : world.markerAge < timings.claim;
    if (busy) return { ...wait("WaitsForHolder", rightOf(marker)), by: marker.holder };
  }
  if (first) {
    // What holds for a creation holds still, and the holder goes on.
    if (marker.holder === self) return { kind: "bootstrap" };
    const lost = marker.empty === true && !holder ? marker.holder : undefined;
    return creation(world, history, lost);
  }
  const { compare } = history;
  const reports = [own, ...peers];
  const verdict = judgeOutage({ self, replicas, reports, marker, elapsed, timings, compare });
  if (verdict.bootstraps) return { kind: "bootstrap" };
  const { reason, message, by } = verdict;
  return { ...wait(reason, message), ...(by === undefined ? {} : { by }) };
}

/** Who may bootstrap a cluster that has never run. */
export function creation(
  { self, replicas = 1, own, peers }: World,
  { compare }: History,
  lost?: Ordinal,
): Recovery {
  return judgeCreation({ self, replicas, reports: [own, ...peers], lost, compare });
}

/** Members find a way by themselves first; an operator's choice is for when there is none, or it takes long. */
export function waitForMembers(world: World, history: History): Recovery {
  const next = recovery(world, history);
  if (next.kind !== "wait") return next;
  const choice = choiceIn(world, history);
  return choice.is === "due"
    ? wait(
        "WaitsForChosen",
        `an operator chose member ${choice.member} to recover from: it bootstraps the cluster anew`,
      )
    : withChoice({ kind: "wait", reason: next.reason, message: next.message }, choice);
}

/** What becomes of an operator's choice. */
export function choiceIn(world: World, history: History): ChoiceVerdict {
  const { timings } = world;
  if (!markerOf(world)) return { is: "none" };
  const next = recovery(world, history);
  const by = next.kind === "wait" ? next.by : undefined;
  return judgeChoice(world, {
    patience: by === undefined ? timings.settle : timings.grace,
    apart: APART,
    isReady: (report) => candidatesAmong([report]).length > 0,
  });
}
