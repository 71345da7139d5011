import { createHash } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import type { S3Destination } from "../../../components/protocol/backup";
import { timeOfDay } from "../../core/clock";
import type { KeySource } from "./credentials";
import { type Answer, request } from "./request";
import { Away, checkName, Exists, LARGEST, NotThere, Refused, type Store, type StoredObject } from "./store";

/** How long one request may take, ms. */
const LIMIT = 30_000;

/** A clock that is off by more than this is named as the cause of a refusal, ms: stores take fifteen minutes. */
const CLOCK_OFF = 60_000;

/** Codes of keys whose time is over. */
const EXPIRED = /^(ExpiredToken|ExpiredTokenException|InvalidToken|TokenRefreshRequired)$/;

/** What an S3 store is reached with. */
export interface S3Options {
  destination: Omit<S3Destination, "kind" | "credentials">;
  keys: KeySource;
  /** The authority of its certificate in PEM, asked at each request. @default those that Node knows */
  ca?: () => Promise<string | undefined>;
  /** How long one request may take, ms. @default 30 s */
  limit?: number;
}

/**
 * S3 and what speaks like it. Only what all of them have is used: path style, signatures of version 4 over the whole body,
 * `Content-MD5`, and `If-None-Match` where it is known. Each request is sent once; who asked decides what is tried again.
 */
export class S3Store implements Store {
  private readonly endpoint: URL;
  /** It knows no conditions: names alone keep objects apart. */
  private unconditional = false;
  /** What no message may hold. */
  private secrets: string[] = [];
  /** Keys made from keys, which hold for a day. */
  private readonly cache = new Map<string, ArrayBuffer>();

  constructor(private readonly options: S3Options) {
    const { endpoint, region } = options.destination;
    this.endpoint = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
  }

  async put(name: string, content: Uint8Array): Promise<void> {
    checkName(name);
    if (content.byteLength > LARGEST) throw new Error(`${name} has ${content.byteLength} bytes, too many`);
    const headers = {
      "content-md5": createHash("md5").update(content).digest("base64"),
      "content-type": "application/octet-stream",
    };
    const condition: Record<string, string> = this.unconditional ? {} : { "if-none-match": "*" };
    let answer = await this.ask("PUT", this.key(name), {
      headers: { ...headers, ...condition },
      body: content,
    });
    if (answer.status === 501 && !this.unconditional) {
      this.unconditional = true;
      answer = await this.ask("PUT", this.key(name), { headers, body: content });
    }
    if (answer.status === 412) throw new Exists(`${name} is there already`);
    if (answer.status !== 200) throw this.failure(answer, name);
    // Who answers 200 to everything has stored nothing: a proxy's page for logging in.
    if (answer.headers.etag === undefined) throw this.notAStore();
  }

  async get(name: string): Promise<Buffer> {
    checkName(name);
    const answer = await this.ask("GET", this.key(name));
    if (answer.status !== 200) throw this.failure(answer, name);
    if (answer.headers.etag === undefined) throw this.notAStore();
    return answer.body;
  }

  async list(folder: string, after?: string): Promise<StoredObject[]> {
    checkName(folder);
    const pages = await this.pages({
      prefix: `${this.key(folder)}/`,
      ...(after === undefined ? {} : { "start-after": this.key(after) }),
    });
    return pages.flatMap((page) =>
      elements(page, "Contents").map((entry) => ({
        name: this.nameOf(element(entry, "Key")),
        size: Number(element(entry, "Size")),
        ...modifiedOf(element(entry, "LastModified")),
      })),
    );
  }

  async folders(folder: string): Promise<string[]> {
    checkName(folder);
    const prefix = `${this.key(folder)}/`;
    const pages = await this.pages({ prefix, delimiter: "/" });
    return pages.flatMap((page) =>
      elements(page, "CommonPrefixes").map((entry) => {
        const path = element(entry, "Prefix");
        if (!path.startsWith(prefix)) throw this.notAStore();
        return path.slice(prefix.length, -1);
      }),
    );
  }

  async delete(name: string): Promise<void> {
    checkName(name);
    const answer = await this.ask("DELETE", this.key(name));
    if (![200, 204].includes(answer.status) && !isNotThere(answer)) throw this.failure(answer, name);
  }

  async time(folder: string): Promise<number> {
    checkName(folder);
    const query = { "list-type": "2", "max-keys": "1", prefix: `${this.key(folder)}/` };
    const answer = await this.ask("GET", "", { query });
    if (answer.status !== 200) throw this.failure(answer, "a list of objects");
    if (answer.date === undefined) throw this.notAStore();
    return answer.date;
  }

  private async pages(query: Record<string, string>): Promise<string[]> {
    const pages: string[] = [];
    let token: string | undefined;
    do {
      const answer = await this.ask("GET", "", {
        query: {
          "list-type": "2",
          ...query,
          ...(token === undefined ? {} : { "continuation-token": token }),
        },
      });
      if (answer.status !== 200) throw this.failure(answer, "a list of objects");
      const page = answer.body.toString("utf8");
      if (!/<ListBucketResult[\s>]/.test(page) || !page.trimEnd().endsWith("</ListBucketResult>")) {
        throw this.notAStore();
      }
      pages.push(page);
      const next =
        element(page, "IsTruncated") === "true" ? element(page, "NextContinuationToken") : undefined;
      if (next !== undefined && (next === "" || next === token)) throw this.notAStore();
      token = next;
    } while (token !== undefined);
    return pages;
  }

  private async ask(
    method: string,
    key: string,
    {
      headers = {},
      query = {},
      body,
    }: { headers?: Record<string, string>; query?: Record<string, string>; body?: Uint8Array } = {},
  ): Promise<Answer> {
    const { destination, keys, ca, limit = LIMIT } = this.options;
    const url = new URL(this.endpoint);
    url.pathname = [this.endpoint.pathname.replace(/\/$/, ""), destination.bucket, key]
      .filter((part, index) => index === 0 || part !== "")
      .join("/");
    url.search = new URLSearchParams(query).toString();
    const held = await keys();
    this.secrets = [held.secretAccessKey, held.sessionToken ?? held.secretAccessKey];
    const hash = createHash("sha256")
      .update(body ?? "")
      .digest("hex");
    const signer = new AwsV4Signer({
      method,
      url: url.toString(),
      headers: { ...headers, "x-amz-content-sha256": hash },
      ...held,
      region: destination.region,
      service: "s3",
      cache: this.cache,
    });
    const signed = await signer.sign();
    // A space is the same as + to some and not to others.
    signed.url.search = signed.url.search.replaceAll("+", "%20");
    return await request({
      method,
      url: signed.url,
      headers: Object.fromEntries(signed.headers),
      ...(body === undefined ? {} : { body }),
      limit,
      ca: await ca?.(),
    });
  }

  private key(name: string): string {
    const { prefix } = this.options.destination;
    return prefix === "" ? name : `${prefix}/${name}`;
  }

  private nameOf(key: string): string {
    const { prefix } = this.options.destination;
    const start = prefix === "" ? "" : `${prefix}/`;
    if (!key.startsWith(start)) throw this.notAStore();
    return key.slice(start.length);
  }

  private notAStore(): Away {
    return new Away(
      `${this.endpoint.host} does not answer like an S3 store: something else may stand in between`,
      "look what answers at the endpoint of backup.destination",
    );
  }

  /** Why a request was not done. Of an answer only its code and its message are taken. */
  private failure(answer: Answer, what: string): Error {
    const { status, body, date } = answer;
    const { bucket, region } = this.options.destination;
    const code = codeOf(answer);
    const words = this.secrets
      .reduce((said, secret) => said.replaceAll(secret, "…"), element(body.toString("utf8"), "Message"))
      .slice(0, 200);
    const said = [String(status), code, words].filter((part) => part !== "").join(" ");
    if (code === "NoSuchBucket") {
      return new Refused(
        `there is no bucket ${bucket} at ${this.endpoint.host}`,
        "make it, or name another one",
      );
    }
    if (isNotThere(answer)) return new NotThere(`${what} is not there`);
    const off = date === undefined ? 0 : timeOfDay() - date;
    if (Math.abs(off) > CLOCK_OFF && [400, 401, 403].includes(status)) {
      const minutes = Math.round(Math.abs(off) / 60_000);
      return new Refused(
        `the store refuses what is asked (${said}): this node's clock is ${minutes} min ${off > 0 ? "ahead of" : "behind"} the store's`,
        "set the nodes' clocks (NTP)",
      );
    }
    if ([301, 307, 308].includes(status)) {
      return new Refused(
        `the bucket ${bucket} is not in ${region} (${said})`,
        "name the bucket's own region",
      );
    }
    if (status === 409 || status === 429 || status >= 500) return new Away(`the store answered ${said}`);
    if (status === 401 || status === 403 || status === 404 || EXPIRED.test(code)) {
      return new Refused(`the store refuses what is asked (${said})`, adviceOn(code));
    }
    return new Refused(`the store answered ${said}`, "look at backup.destination: bucket, region, endpoint");
  }
}

/** What to do about a refusal. @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function adviceOn(code: string): string {
  if (EXPIRED.test(code))
    return "its key has expired: give the Secret a new one, or look at the role whose keys are used";
  if (/^(InvalidAccessKeyId|SignatureDoesNotMatch|XAdminUserNotFound)$/.test(code)) {
    return "look at access-key-id and secret-access-key in the Secret: the store has no such account with this key";
  }
  return "look at the access key, and at its rights on the bucket";
}

/** The object alone: to an account that it does not know versitygw answers 404, too. */
function isNotThere(answer: Answer): boolean {
  return answer.status === 404 && ["", "NoSuchKey"].includes(codeOf(answer));
}

function codeOf({ body }: Answer): string {
  return element(body.toString("utf8"), "Code").slice(0, 60);
}

function modifiedOf(text: string): { modified?: number } {
  const modified = Date.parse(text);
  return Number.isNaN(modified) ? {} : { modified };
}

/** The content of the first element of that name; empty where there is none. */
function element(xml: string, name: string): string {
  return decoded(new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? "");
}

function elements(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, "gs"))].map(([, inner = ""]) => inner);
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decoded(text: string): string {
  return text.replaceAll(
    /&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi,
    (whole, dec?: string, hex?: string, name?: string) => {
      if (dec !== undefined) return String.fromCodePoint(Number(dec));
      if (hex !== undefined) return String.fromCodePoint(parseInt(hex, 16));
      return ENTITIES[name ?? ""] ?? whole;
    },
  );
}
