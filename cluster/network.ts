import {
  everything,
  hostAddress,
  controlAddress,
  machinePrefix,
  nodeAddress,
  nodePodRange,
  serviceRange,
} from "./addresses";
import { run, succeeds } from "./shell";

/**
 * The network between the machines: one bridge on the host, one cable (a veth pair) to each machine. Traffic never
 * leaves the host: machines have no default route, and the host drops what it cannot deliver.
 */
const bridge = "stateful0";

/** The host's end of a machine's cable. The kernel takes 15 letters at most. */
function cable(machine: string): string {
  return `st-${machine}`;
}

export async function ensureNetwork(nodes: number): Promise<void> {
  // Without it, a packet to a pod of a missing machine would leave by the host's default route.
  await run("ip", ["route", "replace", "blackhole", everything]);
  if (!(await linkExists(bridge))) await run("ip", ["link", "add", bridge, "type", "bridge"]);
  await run("ip", ["address", "replace", `${hostAddress}/${machinePrefix}`, "dev", bridge]);
  await run("ip", ["link", "set", bridge, "up"]);
  for (let node = 1; node <= nodes; node++) {
    await run("ip", ["route", "replace", nodePodRange(node), "via", nodeAddress(node)]);
  }
  // The host reaches Services through the control plane's kube-proxy, and so needs no rules of its own.
  await run("ip", ["route", "replace", serviceRange, "via", controlAddress]);
}

/** Removes everything: the routes through the bridge and the cables on it go with it. */
export async function removeNetwork(): Promise<void> {
  if (await linkExists(bridge)) await run("ip", ["link", "delete", bridge]);
  await succeeds("ip", ["route", "delete", "blackhole", everything]);
}

/** Lays a cable to a machine whose first process is `pid`. */
export async function plugIn(machine: string, pid: number): Promise<void> {
  const end = cable(machine);
  if (await linkExists(end)) return;
  await run("ip", ["link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", String(pid)]);
  await run("ip", ["link", "set", end, "master", bridge, "up"]);
}

/** Whether a machine has a cable, plugged into the bridge or not. */
export async function hasCable(machine: string): Promise<boolean> {
  return linkExists(cable(machine));
}

/** Takes the cable away for good: it goes with the machine, and must not outlive it. */
export async function unplug(machine: string): Promise<void> {
  if (await linkExists(cable(machine))) await run("ip", ["link", "delete", cable(machine)]);
}

/** Cuts or restores a running machine's network at the bridge: the machine itself sees its own link stay up. */
export async function setConnected(machine: string, connected: boolean): Promise<void> {
  const membership = connected ? ["master", bridge] : ["nomaster"];
  await run("ip", ["link", "set", cable(machine), ...membership]);
}

/** Whether a machine's cable is plugged into the bridge. */
export async function isConnected(machine: string): Promise<boolean> {
  if (!(await linkExists(cable(machine)))) return false;
  return (await run("ip", ["-oneline", "link", "show", cable(machine)])).includes(`master ${bridge}`);
}

async function linkExists(name: string): Promise<boolean> {
  return succeeds("ip", ["link", "show", name]);
}
