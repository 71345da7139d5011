import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { BALLOT_PATH, callerName, HEADER, ordinalIn, REPORT_PATH } from "./ask";
import { isLoopback, limitConnections, REQUEST_LIMITS } from "./connections";
import { canonical, type ProveAnswer, type Proofs } from "./proof";
import type { Ordinal, Report } from "./types";

/** What the HTTP server asks the agent. */
export interface Served {
  readonly report: Report | undefined;
  readonly summary: string;
  isAlive(): boolean;
  isReady(): boolean;
  prepareStop(): Promise<void>;
  /** What it does about the primary, told to a member that asks, maybe as the primary of a term; where agents elect one. */
  ballot?: ((caller: Ordinal, term: number | undefined) => object) | undefined;
}

/** How this member is known to others. */
export interface Identity {
  set: string;
  ordinal: Ordinal;
  /** The pod's address. */
  address: string;
  proofs: Proofs;
}

/** Learns which member asks, proven, and from where. */
export type Heard = (caller: string, address: string) => void;

/**
 * Answers over HTTP:
 * - `GET /livez`: 200 while the agent's loop goes round; for the agent's own container.
 * - `GET /readyz`: 200 while clients may use this member, else 503 with the reason.
 * - `GET /v1/report`: what the other members' agents need; holds no secret. Who asks with a proof of membership gets
 *   one with the answer; the rest may read it. 503 while the last look at this member is not of the present.
 * - `GET /v1/ballot`, `GET /v1/ballot/<term>`: what this member does about the primary; to members alone, who prove it.
 * - `POST /v1/stop`: prepares the end of the pod and answers when that is done. Only from the pod
 *   itself: the `preStop` hook calls it over the loopback interface.
 */
export function serve(agent: Served, heard: Heard, identity: Identity): Server {
  const { idle, ...limits } = REQUEST_LIMITS;
  const server = createServer({ ...limits, keepAliveTimeout: idle }, (request, response) => {
    answer(agent, heard, identity, request, response).catch((error: unknown) => {
      reply(response, 500, `${error instanceof Error ? error.message : String(error)}\n`);
    });
  });
  limitConnections(server);
  return server;
}

async function answer(
  agent: Served,
  heard: Heard,
  identity: Identity,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (hasBody(request)) {
    reply(response, 413, "no request here has a body\n");
    return;
  }
  const route = `${request.method ?? ""} ${request.url ?? ""}`;
  const ballot = BALLOT_ROUTE.exec(route);
  if (ballot && agent.ballot) {
    await answerBallot(agent.ballot, ballot[1], heard, identity, request, response);
    return;
  }
  switch (route) {
    case "GET /livez":
      reply(response, agent.isAlive() ? 200 : 503, `${agent.summary}\n`);
      return;
    case "GET /readyz":
      reply(response, agent.isReady() ? 200 : 503, `${agent.summary}\n`);
      return;
    case `GET ${REPORT_PATH}`: {
      const { prove } = (await proven(heard, identity, request)) ?? {};
      const { report } = agent;
      const [code, body] = report
        ? [200, JSON.stringify(prove ? report : { ...report, login: undefined })]
        : [503, `nothing is known of this moment: ${agent.summary}\n`];
      reply(response, code, body, {
        "content-type": report ? "application/json" : "text/plain",
        ...(prove ? { [HEADER.proof]: prove(code, body) } : undefined),
      });
      return;
    }
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

const BALLOT_ROUTE = new RegExp(`^GET ${BALLOT_PATH}(?:/(\\d{1,15}))?$`);

/** It is counted on, so nobody else is answered; and who only repeats what a member once asked from elsewhere is not that one. */
async function answerBallot(
  ballot: (caller: Ordinal, term: number | undefined) => object,
  term: string | undefined,
  heard: Heard,
  identity: Identity,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { prove, caller } = (await proven(heard, identity, request)) ?? {};
  if (!prove || caller === undefined) {
    reply(response, 403, "only to members\n");
    return;
  }
  const body = JSON.stringify(ballot(caller, term === undefined ? undefined : Number(term)));
  reply(response, 200, body, { "content-type": "application/json", [HEADER.proof]: prove(200, body) });
}

/** What the answer is proven with, if a member of the set asks this one, here. */
async function proven(
  heard: Heard,
  { set, ordinal, address, proofs }: Identity,
  { method = "", url: path = "", headers, socket: { remoteAddress = "" } }: IncomingMessage,
): Promise<{ prove: ProveAnswer; caller?: Ordinal } | undefined> {
  const [caller, from, nonce, proof] = [HEADER.caller, HEADER.from, HEADER.nonce, HEADER.proof].map((name) =>
    String(headers[name] ?? ""),
  );
  if (!caller || !from || !nonce || !proof) return undefined;
  const question = { method, path, caller, from, asked: callerName(set, ordinal), at: address, nonce };
  // Without a secret of its own it knows nobody, and answers like to a stranger.
  const prove = await proofs.checkQuestion(question, proof).catch(() => undefined);
  // What was heard on the way and is said again from elsewhere is not where the member is.
  if (!prove || canonical(from) !== canonical(remoteAddress)) return prove && { prove };
  heard(caller, canonical(remoteAddress));
  const who = ordinalIn(set, caller);
  return { prove, ...(who === undefined ? {} : { caller: who }) };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function reply(
  response: ServerResponse,
  code: number,
  body: string,
  headers: Record<string, string> = { "content-type": "text/plain" },
): void {
  // One request a connection: the shell in the engine's container reads until the end.
  response.writeHead(code, { ...headers, connection: "close" });
  response.end(body);
}
