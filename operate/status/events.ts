import type { ClusterEvent, Pod } from "../kube/objects";
import { claimOf } from "./pod-words";

/** Events older than this are history. */
const RECENT_MINUTES = 60;

/** When an event happened last, ms since 1970. */
export function timeOf({ lastTimestamp, series, eventTime, metadata }: ClusterEvent): number {
  return Date.parse(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp);
}

/** The warnings about an object, the newest first. */
export function warningsOf(events: ClusterEvent[], kind: string, name: string): ClusterEvent[] {
  return events
    .filter(
      ({ involvedObject, type }) =>
        type === "Warning" && involvedObject.kind === kind && involvedObject.name === name,
    )
    .sort((a, b) => timeOf(b) - timeOf(a));
}

/** The last warning of the last hour about a pod or its claim, with its age. What a ready pod went through is history. */
export function lastEvent(events: ClusterEvent[], pod: Pod, now: number): string | undefined {
  const ready = pod.status.conditions?.find(({ type, status }) => type === "Ready" && status === "True");
  const since = Math.max(Date.parse(ready?.lastTransitionTime ?? "") || 0, now - RECENT_MINUTES * 60_000);
  const claim = claimOf(pod);
  const about = [
    ...warningsOf(events, "Pod", pod.metadata.name),
    ...(claim === undefined ? [] : warningsOf(events, "PersistentVolumeClaim", claim)),
  ];
  const last = about
    .filter((event) => timeOf(event) > since)
    .sort((a, b) => timeOf(b) - timeOf(a))
    .at(0);
  return last && `${ago(now - timeOf(last))}: ${plainReason(last)}`;
}

/** Reasons that mean the same to everybody get plain words; of others the message speaks. */
const REASONS: Partial<Record<string, string>> = {
  FailedScheduling: "no node can take it",
  FailedMount: "a volume or Secret cannot be mounted",
  FailedAttachVolume: "its volume cannot be attached",
  Unhealthy: "it was not ready",
  BackOff: "a container cannot start",
  NodeNotReady: "its node is not ready",
  Evicted: "it was evicted",
  OOMKilling: "it ran out of memory",
  ProvisioningFailed: "its volume cannot be made",
  VolumeResizeFailed: "its volume cannot be made larger",
  TaintManagerEviction: "it is being moved off its node",
};

function plainReason({ reason = "", message = "" }: ClusterEvent): string {
  if (reason === "Failed" && /pull/i.test(message)) return "an image cannot be pulled";
  return REASONS[reason] ?? (shorten(message, 50) || reason);
}

/** A duration as people say it. */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s ago`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} days ago`;
}

export function shorten(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
