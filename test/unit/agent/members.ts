import { request, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Asker, REPORT_PATH } from "../../../agent/core/ask";
import type { Notices } from "../../../agent/core/notices";
import { Peers } from "../../../agent/core/peers";
import { Proofs } from "../../../agent/core/proof";
import { serve } from "../../../agent/core/server";
import { SharedSecret } from "../../../agent/core/shared-secret";
import type { Report } from "../../../agent/core/types";
import { ownAddress } from "../../fakes/own-address";
import { online, view } from "./fixtures";

/** The proofs of a member that knows a secret. */
export function proofsOf(secret: () => string, clock = (): number => 0, set = "ns/db"): Proofs {
  return new Proofs(set, new SharedSecret(async () => secret(), clock));
}

/** A member of the set `ns/db`, on this machine. */
export function askerOf(
  ordinal: number,
  port: number,
  { proofs = proofsOf(() => "secret"), address = "127.0.0.1", isPosition = (): boolean => true } = {},
): Asker {
  return new Asker({ set: "ns/db", self: { ordinal, address }, port, within: 1_000, proofs, isPosition });
}

/** The membership that all of them see. */
export const SEEN = view(3, [0, 1], 0);
/** Where members are. */
export const at = (ordinal: number): string => ownAddress(1 + ordinal);
/** Where nobody of the set is. */
export const EVIL = ownAddress(66);

/** Agents of a set on this machine, and whoever else is there. */
export class Neighbourhood {
  port = 0;
  private readonly servers: Server[] = [];

  async listen(server: Server, address: string): Promise<void> {
    await new Promise<void>((done) => server.listen(this.port, address, done));
    this.port = (server.address() as AddressInfo).port;
    this.servers.push(server);
  }

  /** A member's agent, as `run.ts` puts it together. */
  async member(ordinal: number, proofs: Proofs, notices?: Notices, clock = monotonic): Promise<Peers> {
    const report: Report = { ...online(ordinal, SEEN), address: at(ordinal) };
    const peers: Peers = new Peers(
      "ns/db",
      async (address, other) =>
        await askerOf(ordinal, this.port, { proofs, address: at(ordinal) }).report(other, address),
      async (other) => at(other.ordinal),
      clock,
      notices,
    );
    const served = {
      report,
      summary: "serve",
      isAlive: () => true,
      isReady: () => true,
      prepareStop: async () => undefined,
    };
    const identity = { set: "ns/db", ordinal, address: at(ordinal), proofs };
    const heard = (caller: string, address: string): void => {
      peers.heardFrom(caller, address);
    };
    await this.listen(serve(served, heard, identity), at(ordinal));
    return peers;
  }

  /** Asks as a stranger does. */
  async get(host: string, headers: Record<string, string> = {}, localAddress = EVIL): Promise<Answered> {
    return await new Promise((done, fail) => {
      const call = request(
        { host, port: this.port, path: REPORT_PATH, headers, agent: false, localAddress },
        (answer) => {
          let text = "";
          answer.on("data", (part: Buffer) => (text += part.toString()));
          answer.on("end", () => {
            done({ text, headers: answer.headers });
          });
        },
      );
      call.on("error", fail);
      call.end();
    });
  }

  close(): void {
    for (const server of this.servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}

export interface Answered {
  text: string;
  headers: IncomingHttpHeaders;
}

/** The machine's clock. */
export const monotonic = (): number => performance.now();
