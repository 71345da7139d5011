import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { createHash, createHmac, webcrypto } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { listen } from "../listen";

/** Headers that every store has taken since 2010, and those of a signature. */
const KNOWN_HEADERS = [
  "authorization",
  "connection",
  "content-length",
  "content-md5",
  "content-type",
  "host",
  "if-none-match",
  "x-amz-content-sha256",
  "x-amz-date",
  "x-amz-security-token",
];

/** How many entries a page of a list has. */
const PAGE = 3;

/** Answers in place of the store. @returns whether it did */
export type Fault = (request: IncomingMessage, response: ServerResponse, body: Buffer) => boolean;

/** A bucket over TLS that checks what it is asked as strictly as one can. */
export class FakeS3 {
  readonly objects = new Map<string, Buffer>();
  /** What was asked, as `PUT key`. */
  readonly asked: string[] = [];
  fault: Fault | undefined;
  /** It takes `If-None-Match` for an error (`501`), or overlooks it. */
  conditions: "known" | "unknown" | "ignored" = "known";
  /** What it answers where there is no such account; versitygw says 404 and `XAdminUserNotFound`. */
  stranger: [number, string] = [403, "InvalidAccessKeyId"];
  accounts = new Map([["AKEXAMPLE", "secret/example+key"]]);
  ca = "";
  port = 0;
  private server: Server | undefined;

  constructor(
    private readonly bucket = "backups",
    private readonly region = "eu-test-1",
  ) {}

  async start(): Promise<void> {
    const { certificate, key } = await selfSigned();
    this.ca = certificate;
    this.server = createServer({ cert: certificate, key }, (request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const body = Buffer.concat(parts);
        if (this.fault?.(request, response, body) !== true) this.answer(request, response, body);
      });
    });
    this.port = await listen(this.server);
  }

  get endpoint(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  stop(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  private answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const url = new URL(request.url ?? "", this.endpoint);
    const [, bucket = "", ...rest] = decodeURIComponent(url.pathname).split("/");
    const key = rest.join("/");
    this.asked.push(`${request.method} ${key}`);
    const wrong = this.mistake(request, url, body);
    if (wrong !== undefined) {
      const [status, code] = wrong === "InvalidAccessKeyId" ? this.stranger : [403, wrong];
      const words = "what was signed: secret/example+key";
      refuse(response, wrong === "InvalidRequest" ? 400 : status, code, words);
    } else if (bucket !== this.bucket) {
      refuse(response, 404, "NoSuchBucket", "The specified bucket does not exist");
    } else if (key === "") {
      this.list(url, response);
    } else {
      this.object(request, key, response, body);
    }
  }

  private object(request: IncomingMessage, key: string, response: ServerResponse, body: Buffer): void {
    const found = this.objects.get(key);
    switch (request.method) {
      case "PUT":
        if (request.headers["if-none-match"] === "*") {
          if (this.conditions === "unknown") {
            refuse(response, 501, "NotImplemented", "A header you provided implies functionality");
            return;
          }
          if (this.conditions === "known" && found) {
            refuse(response, 412, "PreconditionFailed", "At least one of the preconditions");
            return;
          }
        }
        this.objects.set(key, body);
        response.writeHead(200, { etag: etag(body) }).end();
        return;
      case "GET":
        if (found) response.writeHead(200, { etag: etag(found) }).end(found);
        else refuse(response, 404, "NoSuchKey", "The specified key does not exist.");
        return;
      default:
        this.objects.delete(key);
        response.writeHead(204).end();
    }
  }

  private list(url: URL, response: ServerResponse): void {
    const asked = url.searchParams;
    const prefix = asked.get("prefix") ?? "";
    const delimiter = asked.get("delimiter");
    const after = asked.get("continuation-token") ?? asked.get("start-after") ?? "";
    const shown = new Map<string, string>();
    for (const key of [...this.objects.keys()].sort()) {
      if (!key.startsWith(prefix)) continue;
      const end = delimiter === null ? -1 : key.indexOf(delimiter, prefix.length);
      const folder = key.slice(0, end + 1);
      const size = this.objects.get(key)!.length;
      if (end >= 0) shown.set(folder, `<CommonPrefixes><Prefix>${folder}</Prefix></CommonPrefixes>`);
      else
        shown.set(
          key,
          `<Contents><Key>${escaped(key)}</Key><LastModified>${new Date().toISOString()}</LastModified><Size>${size}</Size></Contents>`,
        );
    }
    const left = [...shown].filter(([key]) => key > after);
    const page = left.slice(0, PAGE);
    const more = left.length > PAGE;
    const next = more ? `<NextContinuationToken>${page.at(-1)![0]}</NextContinuationToken>` : "";
    const inner = page.map(([, xml]) => xml).join("\n");
    response
      .writeHead(200, { "content-type": "application/xml" })
      .end(
        `<?xml version="1.0"?>\n<ListBucketResult xmlns="http://s3"><Name>b</Name><IsTruncated>${more}</IsTruncated>${inner}${next}</ListBucketResult>\n`,
      );
  }

  /** Checks the signature by a way of its own. @returns the code of what is wrong */
  private mistake(request: IncomingMessage, url: URL, body: Buffer): string | undefined {
    const { headers, method = "" } = request;
    const given = (name: string): string => String(headers[name] ?? "");
    const strange = Object.keys(headers).filter((name) => !KNOWN_HEADERS.includes(name));
    if (strange.length > 0) return "InvalidRequest";
    const parsed =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
        given("authorization"),
      );
    if (!parsed) return "AccessDenied";
    const [, account = "", day = "", region = "", names = "", signature = ""] = parsed;
    const secret = this.accounts.get(account);
    if (secret === undefined) return "InvalidAccessKeyId";
    if (region !== this.region) return "AuthorizationHeaderMalformed";
    const signed = names.split(";");
    const mustBeSigned = Object.keys(headers).filter((name) => name.startsWith("x-amz-") || name === "host");
    if (mustBeSigned.some((name) => !signed.includes(name))) return "AccessDenied";
    const sha = createHash("sha256").update(body).digest("hex");
    if (given("x-amz-content-sha256") !== sha) return "XAmzContentSHA256Mismatch";
    const md5 = createHash("md5").update(body).digest("base64");
    if (method === "PUT" && given("content-md5") !== md5) return "BadDigest";
    const canonical = [
      method,
      url.pathname,
      [...url.searchParams]
        .map((pair) => pair.map(strict).join("="))
        .sort()
        .join("&"),
      ...signed.map((name) => `${name}:${given(name)}`),
      "",
      names,
      sha,
    ].join("\n");
    const date = given("x-amz-date");
    const scope = `${day}/${region}/s3/aws4_request`;
    const hashed = createHash("sha256").update(canonical).digest("hex");
    const text = ["AWS4-HMAC-SHA256", date, scope, hashed].join("\n");
    const hmac = (key: string | Buffer, value: string): Buffer =>
      createHmac("sha256", key).update(value).digest();
    const key = [region, "s3", "aws4_request"].reduce((k, v) => hmac(k, v), hmac(`AWS4${secret}`, day));
    return hmac(key, text).toString("hex") === signature ? undefined : "SignatureDoesNotMatch";
  }
}

function strict(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function etag(body: Buffer): string {
  return `"${createHash("md5").update(body).digest("hex")}"`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("+", "&#43;");
}

export function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response
    .writeHead(status, { "content-type": "application/xml" })
    .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}

/** A certificate for 127.0.0.1 that is its own authority. */
async function selfSigned(): Promise<{ certificate: string; key: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  x509.cryptoProvider.set(webcrypto as never);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=store",
    keys: keys as never,
    signingAlgorithm: algorithm,
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }])],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    certificate: certificate.toString("pem"),
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
  };
}
