import { PATRONI_PORT } from "../../components/postgresql/protocol";
import { request } from "node:https";
import { TLSSocket } from "node:tls";
import type { RestFiles, RestIdentity } from "./rest-identity";

/** The user of its calls that change something. */
export const REST_USER = "stateful";

/** How it refuses a password. */
const UNAUTHORIZED = 401;

/** An answer that is not a success. */
export class PatroniError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Patroni's own REST API on this pod, over TLS with certificates in both directions.
 * https://patroni.readthedocs.io/en/latest/rest_api.html
 */
export class PatroniApi {
  /** Those of the identity's files that Patroni has loaded, as last seen. */
  private loaded: RestFiles | undefined;

  /**
   * @param address - the pod's.
   * @param identity - by which Patroni and the agent know each other.
   * @param passwords - what calls that change something are authenticated with: the present one first, and those that
   *   Patroni may still have loaded.
   */
  constructor(
    private readonly address: string,
    private readonly identity: Pick<RestIdentity, "files">,
    private readonly passwords: () => Promise<readonly string[]>,
    private readonly port = PATRONI_PORT,
  ) {}

  /** Whether Patroni answers with files that are not the present ones: it has to load these. */
  get isBehind(): boolean {
    return this.loaded !== undefined && this.loaded !== this.identity.files()[0];
  }

  /** Reads a document, whatever the status code: Patroni says by the code what a load balancer wants to know. */
  async read(path: string, timeout = 1_500): Promise<unknown> {
    return JSON.parse(await this.get(path, timeout)) as unknown;
  }

  /** Returns when Patroni answers, whatever it says. This call does not wait for its server. */
  async answers(timeout: number): Promise<void> {
    await this.get("/liveness", timeout);
  }

  private async get(path: string, timeout: number): Promise<string> {
    const files = [...this.candidates()];
    for (;;) {
      const one = files.shift();
      if (!one) throw new Error("there is no certificate to ask Patroni with");
      try {
        const { body } = await this.call("GET", path, undefined, timeout, one);
        return body;
      } catch (error) {
        // It may have loaded others, or none that are ours; one that is not there or hangs says nothing of that.
        if (files.length === 0 || !mayBeDistrust(error)) throw error;
      }
    }
  }

  /** Changes something. @throws PatroniError when it is refused. */
  async change(method: "POST" | "PATCH", path: string, body: object, timeout = 5_000): Promise<string> {
    const [files] = this.candidates();
    if (!files) throw new Error("there is no certificate to ask Patroni with");
    let answer = { code: UNAUTHORIZED, body: "there is no password" };
    for (const password of await this.passwords()) {
      answer = await this.call(method, path, body, timeout, files, password);
      if (answer.code !== UNAUTHORIZED) break;
    }
    if (answer.code < 200 || answer.code > 299) {
      throw new PatroniError(answer.code, `${method} ${path}: ${answer.code} ${answer.body.slice(0, 300)}`);
    }
    return answer.body;
  }

  /** Those that Patroni has loaded, and then those that it may have loaded since. */
  private candidates(): readonly RestFiles[] {
    const known = this.identity.files();
    const { loaded } = this;
    return loaded === undefined ? known : [loaded, ...known.filter((files) => files !== loaded)];
  }

  private async call(
    method: string,
    path: string,
    body: object | undefined,
    timeout: number,
    files: RestFiles,
    password?: string,
  ): Promise<{ code: number; body: string }> {
    const text = body === undefined ? "" : JSON.stringify(body);
    const auth = password === undefined ? {} : { auth: `${REST_USER}:${password}` };
    const headers = { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) };
    const place = { host: this.address, port: this.port, method, path };
    const trust = {
      ca: files.authorities,
      cert: files.member,
      key: files.member,
      minVersion: "TLSv1.2",
    } as const;
    return await new Promise((resolve, reject) => {
      const call = request({ ...place, ...trust, headers, agent: false, ...auth }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("error", reject);
        const { socket } = answer;
        const shown =
          socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.fingerprint256 : undefined;
        this.loaded = this.candidates().find(({ fingerprint }) => fingerprint === shown);
        answer.on("end", () => {
          resolve({ code: answer.statusCode ?? 0, body: Buffer.concat(parts).toString("utf8") });
        });
      });
      const deadline = setTimeout(
        () => call.destroy(new Error(`${method} ${path}: no answer in ${timeout} ms`)),
        timeout,
      );
      call.on("close", () => {
        clearTimeout(deadline);
      });
      call.on("error", reject);
      call.end(text);
    });
  }
}

/** Whether a call may have failed because one of both does not believe the other. */
function mayBeDistrust(error: unknown): boolean {
  const { code = "" } = error as { code?: string };
  return !["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", ""].includes(code);
}
