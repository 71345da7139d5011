import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { CALLER } from "./peers";
import type { Report } from "./types";

/** What the HTTP server asks the agent. */
export interface Served {
  readonly report: Report | undefined;
  readonly summary: string;
  isAlive(): boolean;
  isReady(): boolean;
  prepareStop(): Promise<void>;
}

/** Learns which member asks, by its own account, and from where. */
export type Heard = (caller: string, address: string) => void;

/**
 * Answers over HTTP:
 * - `GET /livez`: 200 while the agent's loop goes round; for the agent's own container.
 * - `GET /readyz`: 200 while clients may use this member, else 503 with the reason.
 * - `GET /v1/report`: what the other members' agents need; holds no secret.
 * - `POST /v1/stop`: prepares the end of the pod and answers when that is done. Only from the pod
 *   itself: the `preStop` hook calls it over the loopback interface.
 */
export function serve(agent: Served, heard: Heard): Server {
  return createServer((request, response) => {
    const [caller, address] = [request.headers[CALLER], request.socket.remoteAddress];
    if (typeof caller === "string" && address !== undefined) heard(caller, address.replace(/^::ffff:/, ""));
    answer(agent, request, response).catch((error: unknown) => {
      reply(response, 500, `${error instanceof Error ? error.message : String(error)}\n`);
    });
  });
}

async function answer(agent: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const route = `${request.method ?? ""} ${request.url ?? ""}`;
  switch (route) {
    case "GET /livez":
      reply(response, agent.isAlive() ? 200 : 503, `${agent.summary}\n`);
      return;
    case "GET /readyz":
      reply(response, agent.isReady() ? 200 : 503, `${agent.summary}\n`);
      return;
    case "GET /v1/report":
      if (agent.report) reply(response, 200, JSON.stringify(agent.report), "application/json");
      else reply(response, 503, "starting\n");
      return;
    case "POST /v1/stop":
      if (!isLoopback(request.socket.remoteAddress)) {
        reply(response, 403, "only from within the pod\n");
        return;
      }
      await agent.prepareStop();
      reply(response, 200, "done\n");
      return;
    default:
      reply(response, 404, "not found\n");
  }
}

/** Whether an address is the pod's own loopback interface. */
export function isLoopback(address: string | undefined): boolean {
  return address === "::1" || /^(::ffff:)?127\./.test(address ?? "");
}

function reply(response: ServerResponse, code: number, body: string, type = "text/plain"): void {
  // One request a connection: the shell in the engine's container reads until the end.
  response.writeHead(code, { "content-type": type, connection: "close" });
  response.end(body);
}
