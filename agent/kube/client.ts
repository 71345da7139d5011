import { readFileSync, statSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";

/** Where Kubernetes mounts the ServiceAccount's token and the API server's CA. */
const MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** A request that is not answered by then has failed, ms. */
const TIMEOUT = 2_500;

/** An answer of the API server that is not a success. */
export class ApiError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** Whether `error` is an answer with this status code. */
export function isCode(error: unknown, code: number): boolean {
  return error instanceof ApiError && error.code === code;
}

/** Waits for an answer, and takes one with this status code for `undefined`. */
export async function unless<T>(code: number, answer: Promise<T>): Promise<T | undefined> {
  return await answer.catch((error: unknown) => {
    if (isCode(error, code)) return undefined;
    throw error;
  });
}

/** A Kubernetes object, as far as the agent looks at it. */
export interface KubeObject {
  metadata: {
    name: string;
    resourceVersion?: string;
    uid?: string;
    /** Counts the changes of what is wanted. */
    generation?: number;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    annotations?: Record<string, string>;
    labels?: Record<string, string>;
    ownerReferences?: { uid?: string }[];
  };
}

/** An answer of the API server, whatever it says. */
interface Exchanged {
  code: number;
  reply: string;
  date: string | undefined;
}

/** Where the API server is. */
export interface KubeOptions {
  host: string;
  port: number;
  /** The directory with `token` and `ca.crt`. @default where Kubernetes mounts it */
  mount?: string;
  /** How many requests may be under way at once. @default 4 */
  sockets?: number;
  /** How a request is sent. @default over TLS, checked against `ca.crt` */
  send?: typeof request;
}

/**
 * The few calls to the Kubernetes API that the agent needs. The token and the CA are read again when
 * their files change: the kubelet renews a token before it expires.
 */
export class KubeClient {
  private readonly mount: string;
  private agent: Agent | undefined;
  private caTime = 0;

  constructor(private readonly options: KubeOptions) {
    this.mount = options.mount ?? MOUNT;
  }

  async get<T extends KubeObject>(path: string): Promise<T> {
    return (await this.call("GET", path)) as T;
  }

  /** @throws ApiError 409 when it exists. */
  async create<T extends KubeObject>(path: string, body: object): Promise<T> {
    return (await this.call("POST", path, body)) as T;
  }

  /** @throws ApiError 409 when `metadata.resourceVersion` is not the present one. */
  async replace<T extends KubeObject>(path: string, body: object): Promise<T> {
    return (await this.call("PUT", path, body)) as T;
  }

  /**
   * Merges `body` into the object (RFC 7396).
   * @throws ApiError 409 when it has a `metadata.resourceVersion` that is not the present one.
   */
  async merge(path: string, body: object): Promise<void> {
    await this.call("PATCH", path, body, "application/merge-patch+json");
  }

  /** @throws ApiError 409 when the object has another UID, 404 when there is none. */
  async remove(path: string, uid: string): Promise<void> {
    await this.call("DELETE", path, { kind: "DeleteOptions", apiVersion: "v1", preconditions: { uid } });
  }

  /** What the API server calls now, ms since 1970. Any answer tells. */
  async time(): Promise<number> {
    const { date } = await this.exchange("GET", "/version");
    const time = Date.parse(date ?? "");
    if (Number.isNaN(time)) throw new Error("the API server does not say what time it is");
    return time;
  }

  private connection(): Agent {
    const path = join(this.mount, "ca.crt");
    const time = statSync(path).mtimeMs;
    if (!this.agent || time !== this.caTime) {
      this.agent?.destroy();
      this.agent = new Agent({
        ca: readFileSync(path),
        keepAlive: true,
        maxSockets: this.options.sockets ?? 4,
      });
      this.caTime = time;
    }
    return this.agent;
  }

  private async call(
    method: string,
    path: string,
    body?: object,
    type = "application/json",
  ): Promise<unknown> {
    const { code, reply } = await this.exchange(method, path, body, type);
    if (code < 200 || code > 299)
      throw new ApiError(code, `${method} ${path}: ${code} ${reply.slice(0, 300)}`);
    return JSON.parse(reply);
  }

  private async exchange(method: string, path: string, body?: object, type?: string): Promise<Exchanged> {
    const { host, port, send = request } = this.options;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers: Record<string, string> = {
      accept: "application/json",
      authorization: `Bearer ${readFileSync(join(this.mount, "token"), "utf8").trim()}`,
      ...(text === undefined
        ? {}
        : {
            ...(type === undefined ? {} : { "content-type": type }),
            "content-length": String(Buffer.byteLength(text)),
          }),
    };
    const agent = this.options.send ? undefined : this.connection();
    return await new Promise<Exchanged>((resolve, reject) => {
      const call = send({ host, port, path, method, headers, agent }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("error", reject);
        answer.on("end", () => {
          const reply = Buffer.concat(parts).toString("utf8");
          resolve({ code: answer.statusCode ?? 0, reply, date: answer.headers.date });
        });
      });
      const deadline = setTimeout(
        () => call.destroy(new Error(`${method} ${path}: no answer in ${TIMEOUT} ms`)),
        TIMEOUT,
      );
      call.on("close", () => {
        clearTimeout(deadline);
      });
      call.on("error", reject);
      call.end(text);
    });
  }
}
