import { createServer, type Server } from "node:http";
import { limitConnections, REQUEST_LIMITS } from "../core/connections";
import type { Clock } from "../core/clock";
import { CONTENT_TYPES, type Format, formatFor } from "./text";

/** For how long figures are told again as they are, ms: however many ask. */
const FRESH = 1_000;

/**
 * Answers `GET /metrics`, and nothing else: on a port of its own, so that who measures needs no way to what members tell each other.
 *
 * @param render - writes the figures down; it neither waits nor looks at anything but memory.
 */
export function serveMetrics(render: (format: Format) => string, clock: Clock): Server {
  const { idle, ...limits } = REQUEST_LIMITS;
  const rendered = new Map<Format, { text: string; at: number }>();
  const fresh = (format: Format): string => {
    const last = rendered.get(format);
    if (last && clock() - last.at < FRESH) return last.text;
    const text = render(format);
    rendered.set(format, { text, at: clock() });
    return text;
  };
  const server = createServer({ ...limits, keepAliveTimeout: idle }, (request, response) => {
    const { method, url, headers } = request;
    const reply = (code: number, type: string, body: string): void => {
      response.writeHead(code, { "content-type": type, connection: "close" });
      response.end(body);
    };
    // The body of a request is not read: there is none that means something here.
    if (method !== "GET" || url?.split("?")[0] !== "/metrics") {
      reply(404, "text/plain", "GET /metrics is all there is\n");
      return;
    }
    const format = formatFor(headers.accept);
    reply(200, CONTENT_TYPES[format], fresh(format));
  });
  limitConnections(server);
  return server;
}
