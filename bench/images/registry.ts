import { createHash } from "node:crypto";
import { nameOf, type Reference } from "./reference";

/** What an image must be there for; `kubectl get nodes -L kubernetes.io/arch` shows a cluster's. */
export const PLATFORMS = ["linux/amd64", "linux/arm64"];

/** An image, as its registry has it now. */
export interface Found {
  /** Of the list of its platforms' images, or of its only one. */
  digest: string;
  /** Those of `PLATFORMS` that it is there for. */
  platforms: string[];
}

/** The registry was not reached: nothing is known about the image. */
export class Unreachable extends Error {}

/** It answered, and does not have it, or not for us. */
export class NotServed extends Error {}

const LISTS = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];
const SINGLE = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/** How long an answer may take, ms. */
const LIMIT = 20_000;

/** A manifest's largest size, bytes; registries take no larger one. */
const LARGEST = 4 * 1024 * 1024;

interface Platform {
  os?: string;
  architecture?: string;
}

interface Manifest {
  mediaType?: string;
  manifests?: { digest: string; platform?: Platform }[];
  config?: { digest: string };
}

/**
 * Asks registries by their HTTP API, without an account.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export class Registries {
  /** By registry and scope. */
  private readonly tokens = new Map<string, string>();

  /** @param mirrors where a registry is asked instead, by its name: `https://HOST:PORT`. */
  constructor(private readonly mirrors: ReadonlyMap<string, string> = new Map()) {}

  /**
   * What an image's tag leads to now, or what is there by its digest, where `digest` is given.
   * @throws Unreachable
   * @throws NotServed when it is not there, or is not what its digest says.
   */
  async find(image: Reference, digest?: string): Promise<Found> {
    const body = await this.get(image, `manifests/${digest ?? image.tag}`, [...LISTS, ...SINGLE]);
    const found = `sha256:${createHash("sha256").update(body).digest("hex")}`;
    if (digest !== undefined && digest !== found) {
      throw new NotServed(`${nameOf(image)}: asked for ${digest}, the registry sent ${found}`);
    }
    const manifest = parse(image, body) as Manifest;
    const platforms = manifest.manifests
      ? await this.listed(image, manifest.manifests)
      : await this.single(image, manifest);
    return { digest: found, platforms: PLATFORMS.filter((platform) => platforms.includes(platform)) };
  }

  /** Of those that count, each one's own manifest must be there too. */
  private async listed(image: Reference, listed: NonNullable<Manifest["manifests"]>): Promise<string[]> {
    const there: string[] = [];
    for (const { digest, platform } of listed) {
      const name = platformName(platform);
      if (!PLATFORMS.includes(name) || there.includes(name)) continue;
      const body = await this.get(image, `manifests/${digest}`, SINGLE);
      if (`sha256:${createHash("sha256").update(body).digest("hex")}` !== digest) {
        throw new NotServed(`${nameOf(image)}: what is there for ${name} is not ${digest}`);
      }
      there.push(name);
    }
    return there;
  }

  /** An image of one platform says in its settings which. */
  private async single(image: Reference, { config }: Manifest): Promise<string[]> {
    if (config === undefined)
      throw new NotServed(`${nameOf(image)}: the registry sent no manifest of an image`);
    return [platformName(parse(image, await this.get(image, `blobs/${config.digest}`, ["*/*"])))];
  }

  private async get(image: Reference, path: string, types: string[]): Promise<Buffer> {
    const { registry, repository } = image;
    const url = `${this.baseOf(registry)}/v2/${repository}/${path}`;
    const ask = async (): Promise<Response> => {
      const token = this.tokens.get(`${registry} ${repository}`);
      const authorization: Record<string, string> =
        token === undefined ? {} : { authorization: `Bearer ${token}` };
      return await fetched(image, url, { accept: types.join(", "), ...authorization });
    };
    let answer = await ask();
    if (answer.status === 401) {
      await answer.body?.cancel();
      await this.logIn(image, answer.headers.get("www-authenticate") ?? "");
      answer = await ask();
    }
    if (answer.status !== 200) {
      await answer.body?.cancel();
      throw new NotServed(`${nameOf(image)}: ${meaningOf(answer.status)} (${answer.status} for ${url})`);
    }
    return await bodyOf(image, answer);
  }

  /** Gets a token as anybody does. https://distribution.github.io/distribution/spec/auth/token/ */
  private async logIn(image: Reference, challenge: string): Promise<void> {
    const { registry, repository } = image;
    const part = (name: string): string | undefined => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1];
    const realm = part("realm");
    if (!/^bearer /i.test(challenge) || realm === undefined || !URL.canParse(realm)) {
      throw new NotServed(`${nameOf(image)}: ${registry} wants an account, which this command has not`);
    }
    const url = new URL(realm);
    const service = part("service");
    if (service !== undefined) url.searchParams.set("service", service);
    url.searchParams.set("scope", part("scope") ?? `repository:${repository}:pull`);
    const answer = await fetched(image, url.href, {});
    if (answer.status !== 200) {
      throw new NotServed(
        `${nameOf(image)}: no token from ${url.host}: ${meaningOf(answer.status)} (${answer.status})`,
      );
    }
    const { token, access_token: other } = parse(image, await bodyOf(image, answer)) as {
      token?: string;
      access_token?: string;
    };
    if (!(token ?? other)) throw new NotServed(`${nameOf(image)}: ${url.host} sent no token`);
    this.tokens.set(`${registry} ${repository}`, token ?? other ?? "");
  }

  private baseOf(registry: string): string {
    const mirror = this.mirrors.get(registry);
    // Docker's registry is not where its name leads.
    return mirror ?? `https://${registry === "docker.io" ? "registry-1.docker.io" : registry}`;
  }
}

async function fetched(image: Reference, url: string, headers: Record<string, string>): Promise<Response> {
  try {
    return await fetch(url, { headers, signal: AbortSignal.timeout(LIMIT) });
  } catch (error) {
    throw new Unreachable(`${nameOf(image)}: ${new URL(url).host} cannot be reached: ${causeOf(error)}`);
  }
}

async function bodyOf(image: Reference, answer: Response): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
      size += part.byteLength;
      if (size > LARGEST)
        throw new NotServed(`${nameOf(image)}: the registry sent more than ${LARGEST} bytes`);
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof NotServed) throw error;
    throw new Unreachable(
      `${nameOf(image)}: the answer of ${new URL(answer.url).host} broke off: ${causeOf(error)}`,
    );
  }
  return Buffer.concat(parts);
}

function parse(image: Reference, body: Buffer): object {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new NotServed(`${nameOf(image)}: the registry sent no JSON`);
}

function platformName({ os = "", architecture = "" }: Platform = {}): string {
  return `${os}/${architecture}`;
}

function meaningOf(status: number): string {
  if (status === 404) return "is not there";
  if (status === 401 || status === 403) return "may not be read without an account";
  if (status === 429) return "was asked for too often: wait, or name a mirror with --registry";
  return "the registry does not answer as one";
}

/** What is underneath says more than "fetch failed". */
function causeOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string; message?: string }; message: string };
  return cause?.code ?? cause?.message ?? message;
}
