import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Connections that are kept at most: some ten times as many as members, kubelet and `status` have together. A half-sent
 * request occupies some 14 KiB.
 */
export const MOST_CONNECTIONS = 128;

/** What a request may be: a line and a few headers, sent at once. The longest that a peer sends has some 700 bytes. */
export const REQUEST_LIMITS = {
  /** Bytes of the request's line and headers. */
  maxHeaderSize: 4_096,
  /** How long the headers, and the whole request, may take to come, ms. */
  headersTimeout: 2_000,
  requestTimeout: 3_000,
  connectionsCheckingInterval: 500,
  /** How long nothing may move on a connection, ms: a client that does not read. */
  idle: 5_000,
} as const;

/** Whether an address is the pod's own loopback interface. */
export function isLoopback(address: string | undefined): boolean {
  return address === "::1" || /^(::ffff:)?127\./.test(address ?? "");
}

/**
 * Keeps the connections of strangers from using up the memory, or the places of others: when there are too many, the
 * oldest one goes of the address that has the most. So the kubelet and the other members, who have one or two at a
 * time, still get their answers. Connections from within the pod are left alone: a stop lasts long, and no stranger has them.
 *
 * @param isWithin - whether an address is the pod itself.
 */
export function limitConnections(server: Server, isWithin = isLoopback): void {
  const open = new Map<string, Set<Socket>>();
  let count = 0;
  server.on("connection", (socket: Socket) => {
    const { remoteAddress: address } = socket;
    if (isWithin(address)) return;
    const from = address ?? "";
    const same = open.get(from) ?? new Set<Socket>();
    open.set(from, same.add(socket));
    count++;
    socket.setTimeout(REQUEST_LIMITS.idle, () => socket.destroy());
    socket.once("close", () => {
      if (same.delete(socket)) count--;
      if (same.size === 0 && open.get(from) === same) open.delete(from);
    });
    if (count <= MOST_CONNECTIONS) return;
    const busiest = [...open.values()].reduce((most, one) => (one.size > most.size ? one : most));
    const [oldest] = busiest;
    if (oldest === undefined) return;
    busiest.delete(oldest);
    count--;
    oldest.destroy();
  });
}
