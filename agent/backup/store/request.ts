import { createHash } from "node:crypto";
import { Agent as PlainAgent, request as plainRequest, type IncomingMessage } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import { Away, LARGEST, Refused } from "./store";

/** A request with its whole body. */
export interface Question {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body?: Uint8Array;
  /** How long it may take until the answer is whole, ms. */
  limit: number;
  /** The authority of the server's certificate in PEM. @default those that Node knows */
  ca?: string | undefined;
}

/** What came back, whole. */
export interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  body: Buffer;
  /** What the server calls now, ms since 1970. */
  date: number | undefined;
}

/** Connections that are kept, for each authority. */
const agents = new Map<string, TlsAgent>();
const plain = new PlainAgent({ keepAlive: true });

/** Codes of a certificate that is not believed. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/;

/**
 * Asks once, and waits for the whole answer. Nothing is tried again here.
 * @throws Away when none came, or a part of one.
 * @throws Refused when the server's certificate is not believed.
 */
export async function request({ method, url, headers, body, limit, ca }: Question): Promise<Answer> {
  const secure = url.protocol === "https:";
  const options = {
    method,
    headers: { ...headers, "content-length": String(body?.byteLength ?? 0) },
    agent: secure ? agentFor(ca) : plain,
  };
  return await new Promise<Answer>((resolve, reject) => {
    const call = (secure ? tlsRequest : plainRequest)(url, options, (answer) => {
      const parts: Buffer[] = [];
      let size = 0;
      answer.on("data", (part: Buffer) => {
        size += part.length;
        if (size > LARGEST) call.destroy(new Error(`more than ${LARGEST} bytes came`));
        parts.push(part);
      });
      answer.on("error", failed);
      answer.on("end", () => {
        clearTimeout(deadline);
        if (!answer.complete) {
          failed(new Error("the answer broke off"));
          return;
        }
        const date = Date.parse(answer.headers.date ?? "");
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(parts),
          date: Number.isNaN(date) ? undefined : date,
        });
      });
    });
    const deadline = setTimeout(() => {
      call.destroy(new Error(`no whole answer in ${limit / 1000} s`));
    }, limit);
    function failed(error: Error): void {
      clearTimeout(deadline);
      reject(explained(url, error));
    }
    call.on("error", failed);
    call.end(body);
  });
}

function agentFor(ca: string | undefined): TlsAgent {
  const key = ca === undefined ? "" : createHash("sha256").update(ca).digest("hex");
  let agent = agents.get(key);
  if (!agent) {
    agent = new TlsAgent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) });
    agents.set(key, agent);
  }
  return agent;
}

function explained(url: URL, error: Error): Error {
  const { code = "" } = error as NodeJS.ErrnoException;
  if (UNTRUSTED.test(code)) {
    return new Refused(
      `the certificate of ${url.host} is not believed: ${error.message}`,
      "give the certificate of the authority that signed it (ca.crt), and name the host as it stands in it",
    );
  }
  return new Away(`${url.host} did not answer: ${error.message}`);
}
