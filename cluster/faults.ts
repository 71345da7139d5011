import { existsSync } from "node:fs";
import { setFrozen } from "./control-groups";
import { controlPlane } from "./control-plane";
import { powerOff, powerOn } from "./machine/machine";
import { findMachine } from "./machine/processes";
import { holdDown, letGo } from "./machine/services";
import { setConnected } from "./network";
import { nodeName } from "./node";
import { apiServerReady, nodesReady } from "./readiness";
import { UserError } from "./errors";
import { until } from "./wait";

/** What can happen to a node, and its undoing. Each is done when its effect is there, and harmless when said twice. */

/** Cuts the power: all processes end at once, and what the disks had not yet written is lost. */
export async function stopNode(node: number): Promise<void> {
  await powerOff(nodeName(node));
}

/** Switches the node on again, with the disks it had, and waits until it can run pods. */
export async function startNode(node: number): Promise<void> {
  const name = nodeName(node);
  await bootNode(name);
  await nodesReady([name]);
}

/** Boots a node and waits for its container runtime; it may not be ready for pods yet. */
export async function bootNode(name: string): Promise<void> {
  await powerOn(name);
  await setConnected(name, true);
  await until(async () => existsSync(`/proc/${findMachine(name) ?? 0}/root/run/containerd/containerd.sock`), {
    what: `containerd on ${name}`,
    timeoutSeconds: 60,
  });
}

/** Cuts the network and nothing else: the node's pods go on, and see each other, but nobody else. */
export async function partitionNode(node: number): Promise<void> {
  mustBeOn(node);
  await setConnected(nodeName(node), false);
}

export async function healNode(node: number): Promise<void> {
  mustBeOn(node);
  await setConnected(nodeName(node), true);
}

/** Takes the API server away: what runs goes on, and nobody can change or ask anything. */
export async function stopApiServer(): Promise<void> {
  await holdDown(controlPlane, "kube-apiserver");
}

/** Gives it back, and waits until it answers. */
export async function startApiServer(): Promise<void> {
  await letGo(controlPlane, "kube-apiserver");
  await apiServerReady();
}

/** Pauses all of a pod: no process of it notices, but that time has passed. */
export function freezePod(uid: string): void {
  setFrozen(uid, true);
}

export function thawPod(uid: string): void {
  setFrozen(uid, false);
}

function mustBeOn(node: number): void {
  if (findMachine(nodeName(node)) !== undefined) return;
  throw new UserError(
    `${nodeName(node)} is off, so its network cannot be cut or healed: \`node start ${node}\` first.`,
  );
}
