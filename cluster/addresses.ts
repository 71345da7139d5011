/**
 * The cluster's addresses, all inside 198.18.0.0/15, which is reserved for benchmarks and routed nowhere: a mistake
 * here can never reach a real network.
 *
 *     198.18.0.0/24      the machines: .1 the host, .2 the control plane, .3 the object store, .10+N node N
 *     198.18.64.0/18     pods: a /24 for each node
 *     198.19.0.0/16      Services
 */
export const everything = "198.18.0.0/15";
export const hostAddress = "198.18.0.1";
export const controlAddress = "198.18.0.2";
export const objectStoreAddress = "198.18.0.3";
export const machinePrefix = 24;
export const podRange = "198.18.64.0/18";
export const serviceRange = "198.19.0.0/16";
export const apiServiceAddress = "198.19.0.1";
export const dnsServiceAddress = "198.19.0.10";

/** Pod ranges are numbered from 198.18.64.0, and node addresses end in 10+N: both last for this many nodes. */
export const mostNodes = 9;

export function nodeAddress(node: number): string {
  return `198.18.0.${10 + node}`;
}

export function nodePodRange(node: number): string {
  return `198.18.${64 + node}.0/24`;
}
