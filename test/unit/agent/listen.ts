import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Has a server listen on a port of its own, on this machine alone. @returns the port */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
}
