import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../../bench/images/cli";
import { referencesIn } from "../../bench/images/reference";

const INDEX = "application/vnd.oci.image.index.v1+json";
const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

function digestOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

/** A registry that gives a token to anybody who asks for the right scope, and lets nobody in without. */
class FakeRegistry {
  /** Content by its path below `/v2/`. */
  readonly content = new Map<string, { type: string; body: string }>();
  readonly asked: string[] = [];
  /** With which it answers everything, if it does. */
  status: number | undefined;
  url = "";
  private readonly server: Server = createServer((request, response) => {
    this.answer(request, response);
  });

  async listen(): Promise<void> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Puts an image there for these platforms. @returns the digest of its list */
  put(repository: string, tag: string, platforms: string[], type = INDEX): string {
    const manifests = platforms.map((name) => {
      const body = JSON.stringify({ mediaType: MANIFEST, for: name, of: `${repository}:${tag}` });
      const digest = digestOf(body);
      this.content.set(`${repository}/manifests/${digest}`, { type: MANIFEST, body });
      const [os, architecture] = name.split("/");
      return { mediaType: MANIFEST, digest, platform: { os, architecture } };
    });
    const body = JSON.stringify({ schemaVersion: 2, mediaType: type, manifests });
    for (const name of [tag, digestOf(body)]) {
      this.content.set(`${repository}/manifests/${name}`, { type, body });
    }
    return digestOf(body);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", this.url);
    this.asked.push(url.pathname);
    const end = (status: number, body = "", headers: Record<string, string> = {}): void => {
      response.writeHead(status, headers).end(body);
    };
    if (this.status !== undefined) {
      end(this.status);
      return;
    }
    if (url.pathname === "/token") {
      end(
        200,
        JSON.stringify({ token: `for ${url.searchParams.get("scope")} ${url.searchParams.get("service")}` }),
      );
      return;
    }
    const [, path = "", repository = ""] = /^\/v2\/((.*)\/(?:manifests|blobs)\/.*)$/.exec(url.pathname) ?? [];
    const scope = `repository:${repository}:pull`;
    if (request.headers.authorization !== `Bearer for ${scope} fake`) {
      end(401, "", {
        "www-authenticate": `Bearer realm="${this.url}/token",service="fake",scope="${scope}"`,
      });
      return;
    }
    const found = this.content.get(path);
    if (found === undefined) end(404);
    else if (!request.headers.accept?.includes(found.type) && !request.headers.accept?.includes("*/*"))
      end(406);
    else end(200, found.body, { "content-type": found.type });
  }
}

describe("npm run images", () => {
  let registry: FakeRegistry;
  let directory: string;
  let file: string;
  let said: string[];
  const original = { log: console.log, error: console.error };

  const SOURCE = `/** docker.io/library/mysql:8.4 is spoken of. */
export const IMAGES = { server: { "8.4": "docker.io/library/mysql:8.4" }, pooler: "ghcr.io/x-y/pgbouncer:1.25.2", n: "8.4" };
`;
  const BOTH = ["linux/amd64", "linux/arm64", "linux/s390x"];

  beforeEach(async () => {
    registry = new FakeRegistry();
    await registry.listen();
    directory = mkdtempSync(join(tmpdir(), "images-"));
    file = join(directory, "images.ts");
    writeFileSync(file, SOURCE);
    said = [];
    console.log = console.error = (text: string) => void said.push(text);
  });
  afterEach(() => {
    Object.assign(console, original);
    registry.close();
    rmSync(directory, { recursive: true });
  });

  const run = async (...args: string[]): Promise<number> =>
    main([...args, `--registry=docker.io=${registry.url}`, `--registry=ghcr.io=${registry.url}`], [file]);
  const written = () => readFileSync(file, "utf8");

  it("writes what each tag leads to behind it, and nothing else, with a token that anybody gets", async () => {
    const mysql = registry.put("library/mysql", "8.4", BOTH, DOCKER_LIST);
    const pooler = registry.put("x-y/pgbouncer", "1.25.2", BOTH);
    assert.equal(await run(), 0, said.join("\n"));
    const expected = SOURCE.replace('mysql:8.4"', `mysql:8.4@${mysql}"`).replace(
      '1.25.2"',
      `1.25.2@${pooler}"`,
    );
    assert.equal(written(), expected);
    const moved = registry.put("library/mysql", "8.4", [...BOTH, "linux/ppc64le"], DOCKER_LIST);
    assert.equal(await run(), 0);
    assert.equal(written(), expected.replace(mysql, moved));
    assert.match(said.join("\n"), new RegExp(`mysql:8.4: ${moved}, before ${mysql}`));
  });

  it("changes no file when one image is not there, or not for each platform", async () => {
    registry.put("library/mysql", "8.4", BOTH);
    assert.equal(await run(), 1);
    assert.match(said.join("\n"), /ghcr.io\/x-y\/pgbouncer:1.25.2: is not there \(404 for http/);
    registry.put("x-y/pgbouncer", "1.25.2", ["linux/amd64"]);
    assert.equal(await run(), 1);
    assert.match(said.join("\n"), /pgbouncer:1.25.2: there is none for linux\/arm64/);
    assert.equal(written(), SOURCE);
  });

  it("knows an image of a single platform by its settings", async () => {
    registry.put("library/mysql", "8.4", BOTH);
    const config = JSON.stringify({ os: "linux", architecture: "amd64" });
    const body = JSON.stringify({ mediaType: MANIFEST, config: { digest: digestOf(config) }, layers: [] });
    registry.content.set("x-y/pgbouncer/manifests/1.25.2", { type: MANIFEST, body });
    registry.content.set(`x-y/pgbouncer/blobs/${digestOf(config)}`, {
      type: "application/octet-stream",
      body: config,
    });
    assert.equal(await run(), 1);
    assert.match(said.join("\n"), /pgbouncer:1.25.2: there is none for linux\/arm64/);
  });

  it("believes no list whose images are not there, or are others", async () => {
    registry.put("library/mysql", "8.4", BOTH);
    registry.put("x-y/pgbouncer", "1.25.2", BOTH);
    const [key] = [...registry.content.keys()].filter((name) => /^x-y\/.*sha256/.test(name));
    const content = registry.content.get(key!)!;
    registry.content.set(key!, { ...content, body: `${content.body} ` });
    assert.equal(await run(), 1);
    assert.match(said.join("\n"), /what is there for linux\/amd64 is not sha256:/);
    registry.content.delete(key!);
    assert.equal(await run(), 1);
    assert.match(said.join("\n"), /is not there/);
    assert.equal(written(), SOURCE);
  });

  it("says offline which registry cannot be reached, once for each image, and that nothing changed", async () => {
    registry.close();
    assert.equal(await run(), 1);
    const all = said.join("\n");
    assert.match(all, /docker.io\/library\/mysql:8.4: 127.0.0.1:\d+ cannot be reached: ECONNREFUSED/);
    assert.match(all, /2 of 2 images could not be pinned: no file was changed/);
    assert.equal(written(), SOURCE);
  });

  it("says what a refusal means: an account, too many questions, no registry", async () => {
    for (const [status, words] of [
      [403, /may not be read without an account/],
      [429, /asked for too often/],
      [500, /does not answer as one/],
    ] as const) {
      registry.status = status;
      assert.equal(await run(), 1);
      assert.match(said.join("\n"), words);
    }
  });

  it("verifies what is there with --check, and changes nothing", async () => {
    const mysql = registry.put("library/mysql", "8.4", BOTH);
    registry.put("x-y/pgbouncer", "1.25.2", BOTH);
    assert.equal(await run("--check"), 0);
    assert.match(said.join("\n"), /mysql:8.4: not pinned; the tag leads to sha256:/);
    assert.equal(written(), SOURCE);
    await run();
    const pinned = written();
    said = [];
    const moved = registry.put("library/mysql", "8.4", [...BOTH, "linux/ppc64le"]);
    assert.equal(await run("--check"), 0);
    assert.match(
      said.join("\n"),
      new RegExp(`mysql:8.4: ${mysql} is there; the tag leads to ${moved} by now`),
    );
    assert.match(said.join("\n"), /pgbouncer:1.25.2: sha256:\w+ is there; the tag leads there too/);
    registry.content.delete(`library/mysql/manifests/${mysql}`);
    assert.equal(await run("--check"), 1);
    assert.match(said.join("\n"), /mysql:8.4: is not there/);
    registry.put("library/mysql", "8.4", BOTH);
    const other = registry.content.get(`library/mysql/manifests/${moved}`)!;
    registry.content.set(`library/mysql/manifests/${mysql}`, other);
    assert.equal(await run("--check"), 1);
    assert.match(said.join("\n"), new RegExp(`asked for ${mysql}, the registry sent ${moved}`));
    assert.equal(written(), pinned);
  });

  it("refuses what it does not understand", async () => {
    assert.equal(await main(["--registry=docker.io"], [file]), 2);
    assert.match(said.join("\n"), /write NAME=URL/);
    assert.equal(await main(["--chekc"], [file]), 2);
    assert.equal(await main(["--help"], [file]), 0);
    assert.deepEqual(registry.asked, []);
  });

  it("reads registries with a port, and digests that are there", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    assert.deepEqual(referencesIn(`["registry.example:5000/a/b:1.2@${digest}", "no/image", "x:1"]`), [
      { registry: "registry.example:5000", repository: "a/b", tag: "1.2", digest },
    ]);
  });
});
