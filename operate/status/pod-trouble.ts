import type { ClusterEvent, Pod } from "../kube/objects";
import { claimTrouble } from "./claim-trouble";
import { agentAdvice } from "./agent-advice";
import { warningsOf } from "./events";
import { type Finding, problem } from "./findings";
import { nodeLack, nodesOf, nodeTrouble } from "../kube/nodes";
import type { Observed } from "./observe";
import {
  agentReason,
  agentState,
  claimOf,
  containersOf,
  isReady,
  stuckContainer,
  unscheduled,
} from "./pod-words";
import { whyNoNode } from "./scheduling";

/** Why a pod is not as it should be and what to do; nothing if it is. The first cause that is found is the one told. */
export function podTrouble(pod: Pod, observed: Observed): Finding | undefined {
  const { name } = pod.metadata;
  const node = nodeOf(pod, observed);
  if (pod.metadata.deletionTimestamp !== undefined) return stopping(name, node);
  const message = unscheduled(pod);
  if (message !== undefined) return withoutNode(pod, message, observed);
  if (node)
    return problem(name, node, `bring the node back: its pod then goes on by itself. ${GONE_FOR_GOOD}`);
  if (isReady(pod)) return failsBesides(pod);
  return (
    stuckOnImage(pod) ??
    stuckOnMount(pod, observed.events) ??
    stuckOnStart(pod) ??
    outOfMemory(pod) ??
    problem(name, agentState(pod) ?? "its containers are being created", agentAdvice(pod))
  );
}

const GONE_FOR_GOOD =
  "If it is gone for good, take it out of the cluster (kubectl delete node …), so that the pod may start elsewhere";

/** A member that clients may use, and that cannot do something that it is to do. */
function failsBesides(pod: Pod): Finding | undefined {
  const reason = agentReason(pod);
  if (reason !== "AttemptFailed" && reason !== "VolumeFull") return undefined;
  return problem(pod.metadata.name, agentState(pod) ?? reason, agentAdvice(pod));
}

function nodeOf({ spec: { nodeName } }: Pod, { nodes, unavailable }: Observed): string | undefined {
  if (nodeName === undefined || "nodes" in unavailable) return undefined;
  const node = nodes.find(({ metadata }) => metadata.name === nodeName);
  // A pod that runs on a cordoned node runs.
  return nodeTrouble(node && { ...node, spec: {} }, nodeName);
}

function stopping(name: string, node: string | undefined): Finding {
  if (node === undefined) return problem(name, "it is stopping, and starts again when it has stopped");
  return problem(
    name,
    `it is to stop, and nobody can say that it has: ${node}`,
    `bring the node back. ${GONE_FOR_GOOD}`,
  );
}

function withoutNode(pod: Pod, message: string, observed: Observed): Finding {
  const { name } = pod.metadata;
  const claim = observed.claims.find(({ metadata }) => metadata.name === claimOf(pod));
  const claimed = claim && claimTrouble(claim, observed);
  if (claimed?.severity === "problem") return { ...claimed, about: name };
  const volume = observed.volumes.find(({ metadata }) => metadata.name === claim?.spec.volumeName);
  for (const home of volume ? nodesOf(volume) : []) {
    const node = observed.nodes.find(({ metadata }) => metadata.name === home);
    const trouble = nodeTrouble(node, home);
    const lack = nodeLack(node);
    if (trouble === undefined || lack === undefined) continue;
    const how = {
      cordoned: `: kubectl uncordon ${home}`,
      gone: ", or name one that is there in stateful:storage.nodes before there is data on it",
      silent: "",
      "not ready": "",
    }[lack];
    return problem(
      name,
      `it waits for its node, on whose disk its data is: ${trouble}`,
      `bring the node back${how}. The pod then starts there by itself, with its data`,
    );
  }
  return problem(
    name,
    `no node can take it: ${whyNoNode(message)}`,
    "free or add what is missing there, or ask for less in the stack file (resources, affinity, zones, tolerations)",
  );
}

function stuckOnImage(pod: Pod): Finding | undefined {
  const stuck = stuckContainer(pod);
  const { reason = "", message = "" } = stuck?.state?.waiting ?? {};
  if (!stuck || !/ImagePull|ErrImage|InvalidImageName|ErrImageNeverPull/.test(reason)) return undefined;
  const why = message.split(": ").slice(-2).join(": ");
  return problem(
    pod.metadata.name,
    `the image ${stuck.image} cannot be pulled${why && !why.includes("Back-off") ? ` (${why})` : ""}`,
    "correct the image's name in the stack file, give the registry's Secret with imagePullSecrets, or let the nodes reach the registry",
  );
}

/** What a mount lacks is only told in events. */
function stuckOnMount({ metadata: { name }, status }: Pod, events: ClusterEvent[]): Finding | undefined {
  const started = status.conditions?.some(
    ({ type, status: is }) => type === "PodReadyToStartContainers" && is === "True",
  );
  const [event] = warningsOf(events, "Pod", name).filter(({ reason }) =>
    /^Failed(Mount|AttachVolume|MapVolume)$/.test(reason ?? ""),
  );
  if (event === undefined || started) return undefined;
  const said = event.message ?? "";
  const missing = /secret "([^"]+)" not found/.exec(said)?.[1];
  if (missing !== undefined) {
    return problem(
      name,
      `the Secret ${missing} is not there, from which it takes its passwords`,
      `create it in the same namespace (keys: existingSecret in docs/configuration.md); the pod goes on by itself`,
    );
  }
  const key = /references non-existent secret key: (\S+)/.exec(said)?.[1];
  if (key !== undefined) {
    return problem(
      name,
      `its Secret has no key "${key}"`,
      "add the key to the Secret, or name the right one with existingSecret.passwordKey or adminPasswordKey",
    );
  }
  if (event.reason === "FailedAttachVolume" && /Multi-Attach/.test(said)) {
    return problem(
      name,
      "its volume is still attached to another node, which has not let it go",
      `wait until that node answers or its pod has ended. ${GONE_FOR_GOOD}`,
    );
  }
  const directory = /path "([^"]+)" does not exist/.exec(said)?.[1];
  if (directory !== undefined) {
    return problem(
      name,
      `the directory ${directory} of its volume is not on the node`,
      "see why in the node-storage pod's log (docs/storage.md): most often the disk is not mounted",
    );
  }
  return problem(name, `a volume cannot be mounted: ${said}`);
}

function stuckOnStart(pod: Pod): Finding | undefined {
  const stuck = stuckContainer(pod);
  if (!stuck) return undefined;
  const { reason = "", message = "" } = stuck.state?.waiting ?? {};
  const last = stuck.lastState?.terminated;
  const how = last ? `; it ended with ${last.reason ?? "an error"} (exit status ${last.exitCode})` : "";
  const crashed = reason === "CrashLoopBackOff";
  return problem(
    pod.metadata.name,
    crashed
      ? `the container ${stuck.name} ends again and again${how}`
      : `${stuck.name}: ${reason}: ${message}`,
    `see its last words: kubectl -n ${pod.metadata.namespace ?? ""} logs ${pod.metadata.name} -c ${stuck.name}${crashed ? " --previous" : ""}`,
  );
}

function outOfMemory(pod: Pod): Finding | undefined {
  const killed = containersOf(pod).find(({ lastState }) => lastState?.terminated?.reason === "OOMKilled");
  if (!killed) return undefined;
  return problem(
    pod.metadata.name,
    `the container ${killed.name} ran out of memory and was killed`,
    "give it more with resources.memory in the stack file",
  );
}
