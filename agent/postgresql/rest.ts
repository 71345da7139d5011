import { request } from "node:http";

/** The port of Patroni's REST API. */
export const REST_PORT = 8008;

/** The user of its calls that change something. */
export const REST_USER = "stateful";

/** An answer that is not a success. */
export class PatroniError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** Patroni's own REST API on this pod. https://patroni.readthedocs.io/en/latest/rest_api.html */
export class PatroniApi {
  /**
   * @param address - the pod's.
   * @param password - what calls that change something are authenticated with.
   */
  constructor(
    private readonly address: string,
    private readonly password: () => Promise<string>,
    private readonly port = REST_PORT,
  ) {}

  /** Reads a document, whatever the status code: Patroni says by the code what a load balancer wants to know. */
  async read(path: string, timeout = 1_000): Promise<unknown> {
    const { body } = await this.call("GET", path, undefined, timeout);
    return JSON.parse(body) as unknown;
  }

  /** Changes something. @throws PatroniError when it is refused. */
  async change(method: "POST" | "PATCH", path: string, body: object, timeout = 5_000): Promise<string> {
    const answer = await this.call(method, path, body, timeout);
    if (answer.code < 200 || answer.code > 299) {
      throw new PatroniError(answer.code, `${method} ${path}: ${answer.code} ${answer.body.slice(0, 300)}`);
    }
    return answer.body;
  }

  private async call(
    method: string,
    path: string,
    body: object | undefined,
    timeout: number,
  ): Promise<{ code: number; body: string }> {
    const text = body === undefined ? "" : JSON.stringify(body);
    const auth = body === undefined ? {} : { auth: `${REST_USER}:${await this.password()}` };
    const headers = { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) };
    return await new Promise((resolve, reject) => {
      const call = request(
        { host: this.address, port: this.port, method, path, headers, agent: false, ...auth },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on("data", (part: Buffer) => parts.push(part));
          answer.on("error", reject);
          answer.on("end", () => {
            resolve({ code: answer.statusCode ?? 0, body: Buffer.concat(parts).toString("utf8") });
          });
        },
      );
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
