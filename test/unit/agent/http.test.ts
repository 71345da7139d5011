import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isLoopback } from "../../../agent/core/connections";
import { Peers } from "../../../agent/core/peers";
import { serve, type Served } from "../../../agent/core/server";
import { KubeClient } from "../../../agent/kube/client";
import { Notices } from "../../../agent/core/notices";
import { KubeDirectory } from "../../../agent/kube/directory";
import { ConfigMapMarkers } from "../../../agent/kube/marker-store";
import { idle, marker } from "./fixtures";
import { askerOf, proofsOf } from "./members";

async function listen(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
}

async function call(port: number, method: string, path: string): Promise<[number, string]> {
  return await new Promise((done, fail) => {
    const outgoing = request({ host: "127.0.0.1", port, method, path }, (answer) => {
      let body = "";
      answer.on("data", (part: Buffer) => (body += part.toString()));
      answer.on("end", () => {
        done([answer.statusCode ?? 0, body]);
      });
    });
    outgoing.on("error", fail);
    outgoing.end();
  });
}

interface Stored {
  metadata: { name: string; resourceVersion: string; annotations?: Record<string, string> };
  endpoints?: { addresses: string[] }[];
}

/** An API server that knows objects, versions, and the three verbs that write. */
class FakeApiServer {
  readonly objects = new Map<string, Stored>();
  readonly tokens: (string | undefined)[] = [];
  readonly patches: [string, unknown][] = [];
  readonly server = createServer((incoming, outgoing) => {
    let text = "";
    incoming.on("data", (part: Buffer) => (text += part.toString()));
    incoming.on("end", () => {
      this.tokens.push(incoming.headers.authorization);
      const [code, body] = this.answer(incoming.method ?? "", incoming.url ?? "", text);
      outgoing.writeHead(code, { "content-type": "application/json" });
      outgoing.end(JSON.stringify(body));
    });
  });
  private version = 0;

  private answer(method: string, url: string, text: string): [number, unknown] {
    const body = text === "" ? undefined : (JSON.parse(text) as Stored);
    if (method === "PATCH") {
      this.patches.push([url, body]);
      return [200, {}];
    }
    if (method === "GET") {
      const found = this.objects.get(url);
      return found ? [200, found] : [404, { message: "not found" }];
    }
    const path = method === "POST" ? `${url}/${body?.metadata.name ?? ""}` : url;
    const held = this.objects.get(path);
    const clash =
      method === "POST"
        ? held !== undefined
        : held?.metadata.resourceVersion !== body?.metadata.resourceVersion;
    if (clash || !body) return [409, { message: "conflict" }];
    body.metadata.resourceVersion = String(++this.version);
    this.objects.set(path, body);
    return [200, body];
  }
}

describe("agent: the Kubernetes API", () => {
  const api = new FakeApiServer();
  let client: KubeClient;
  let directory: KubeDirectory;
  let mount = "";
  before(async () => {
    mount = mkdtempSync(join(tmpdir(), "agent-"));
    writeFileSync(join(mount, "token"), "first\n");
    const send = request;
    client = new KubeClient({ host: "127.0.0.1", port: await listen(api.server), mount, send });
    const port = { name: "mysql", number: 3306 };
    directory = new KubeDirectory(client, { namespace: "ns", name: "db", port, labels: {} });
  });
  after(() => {
    api.server.close();
    api.server.closeAllConnections();
    rmSync(mount, { recursive: true });
  });

  it("gives the first marker to one of two, and refuses a write at a version that has passed", async () => {
    const markers = new ConfigMapMarkers(client, "ns", "db-bootstrap", { part: "x" });
    assert.equal(await markers.read(), undefined);
    const results = await Promise.all([
      markers.create(marker({ holder: 0 })),
      markers.create(marker({ holder: 1 })),
    ]);
    assert.equal(results.filter((result) => result !== undefined).length, 1);
    const held = await markers.read();
    assert.ok(held);
    assert.ok(await markers.replace({ ...held.marker, epoch: 2 }, held.version));
    assert.equal(await markers.replace({ ...held.marker, epoch: 3 }, held.version), undefined);
    assert.equal((await markers.read())?.marker.epoch, 2);
  });

  it("reads an operator's choice from the annotation, and never takes a damaged marker for none", async () => {
    const markers = new ConfigMapMarkers(client, "ns", "db-bootstrap", {});
    const object = api.objects.get("/api/v1/namespaces/ns/configmaps/db-bootstrap");
    assert.ok(object);
    object.metadata.annotations = { "stateful/recover-from": "2" };
    assert.equal((await markers.read())?.marker.recoverFrom, 2);
    Object.assign(object, { data: { marker: "?" } });
    await assert.rejects(markers.read());
  });

  it("lets the marker go with the set only where the data goes with it", async () => {
    const owner = { apiVersion: "apps/v1", kind: "StatefulSet", name: "db", uid: "u" };
    await new ConfigMapMarkers(client, "ns", "goes-bootstrap", {}, async () => owner).create(marker({}));
    await new ConfigMapMarkers(client, "ns", "stays-bootstrap", {}).create(marker({}));
    const ownersOf = (name: string) =>
      (api.objects.get(`/api/v1/namespaces/ns/configmaps/${name}`)?.metadata as { ownerReferences?: unknown })
        .ownerReferences;
    assert.deepEqual(ownersOf("goes-bootstrap"), [owner]);
    assert.equal(ownersOf("stays-bootstrap"), undefined);
  });

  it("reads the token anew for each request", async () => {
    writeFileSync(join(mount, "token"), "second\n");
    await client.get("/api/v1/namespaces/ns/configmaps/none").catch(() => undefined);
    assert.deepEqual([api.tokens.at(0), api.tokens.at(-1)], ["Bearer first", "Bearer second"]);
  });

  it("publishes a route with exactly its addresses, never an older one, and only as the primary", async () => {
    const set = "/apis/apps/v1/namespaces/ns/statefulsets/db";
    api.objects.set(set, { metadata: { name: "db", resourceVersion: "1", uid: "u" } } as unknown as Stored);
    const path = "/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices/db";
    const addresses = (): string[] =>
      (api.objects.get(path)?.endpoints ?? []).flatMap((one) => one.addresses);
    const yes = async (): Promise<boolean> => true;
    assert.equal(await directory.publishedEpoch(), 0);
    await directory.route("primary", { addresses: ["10.0.0.1"], fence: "1.5" }, yes);
    assert.equal(await directory.publishedEpoch(), 1);
    assert.deepEqual(addresses(), ["10.0.0.1"]);
    await assert.rejects(directory.route("primary", { addresses: ["10.0.0.2"], fence: "1.4" }, yes), /newer/);
    const no = async (): Promise<boolean> => false;
    await assert.rejects(
      directory.route("primary", { addresses: ["10.0.0.2"], fence: "1.6" }, no),
      /primary/,
    );
    assert.deepEqual(addresses(), ["10.0.0.1"]);
    await directory.route("primary", { addresses: ["10.0.0.2"], fence: "1.6" }, yes);
    assert.deepEqual(addresses(), ["10.0.0.2"]);
  });

  it("tells a pod's address, and that there is none", async () => {
    const pod = (status: object): unknown => ({ metadata: { name: "db-1" }, status });
    const path = "/api/v1/namespaces/ns/pods/db-1";
    assert.equal(await directory.address(1), undefined);
    api.objects.set(path, pod({}) as Stored);
    assert.equal(await directory.address(1), undefined);
    api.objects.set(path, pod({ podIP: "10.0.0.1" }) as Stored);
    assert.equal(await directory.address(1), "10.0.0.1");
  });

  it("labels pods with a merge, and does not mind one that is missing", async () => {
    await directory.label(1, { role: "replica", state: "serve", notices: [] });
    assert.deepEqual(api.patches.at(-1), [
      "/api/v1/namespaces/ns/pods/db-1",
      {
        metadata: {
          labels: { role: "replica" },
          annotations: { "stateful/state": "serve", "stateful/notices": null },
        },
      },
    ]);
  });

  it("says in an annotation what is not as it was asked for, and leaves what it is not told of", async () => {
    const notices = new Notices();
    notices.set("settings", { severity: "problem", text: "x".repeat(2000), advice: "correct it" });
    notices.set("certificate", { severity: "notice", text: "it ends soon" });
    notices.set("account", { severity: "problem", text: "refused" });
    notices.set("account", undefined);
    await directory.label(1, { notices: notices.list() });
    const [, patch] = api.patches.at(-1) as [string, { metadata: { annotations: Record<string, string> } }];
    assert.deepEqual(Object.keys(patch.metadata), ["annotations"]);
    assert.deepEqual(JSON.parse(patch.metadata.annotations["stateful/notices"]!), [
      { severity: "notice", text: "it ends soon" },
      { severity: "problem", text: "x".repeat(1000), advice: "correct it" },
    ]);
  });
});

describe("agent: its own answers", () => {
  const served: { ready: boolean; stops: number } = { ready: false, stops: 0 };
  const agent: Served = {
    report: idle(1),
    summary: "wait: for a reason",
    isAlive: () => true,
    isReady: () => served.ready,
    prepareStop: async () => {
      served.stops++;
    },
  };
  const heard: string[][] = [];
  const identity = { set: "ns/db", ordinal: 1, address: "127.0.0.1", proofs: proofsOf(() => "secret") };
  const server = serve(agent, (...caller) => heard.push(caller), identity);
  let port = 0;
  before(async () => {
    port = await listen(server);
  });
  after(() => {
    server.close();
  });

  it("tell whether it lives and whether clients may come, and why not", async () => {
    assert.equal((await call(port, "GET", "/livez"))[0], 200);
    assert.deepEqual(await call(port, "GET", "/readyz"), [503, "wait: for a reason\n"]);
    served.ready = true;
    assert.equal((await call(port, "GET", "/readyz"))[0], 200);
    assert.equal((await call(port, "GET", "/other"))[0], 404);
  });

  it("prepare a stop when asked from within the pod, and only then", async () => {
    assert.equal((await call(port, "POST", "/v1/stop"))[0], 200);
    assert.equal(served.stops, 1);
    assert.equal((await call(port, "GET", "/v1/stop"))[0], 404);
    assert.deepEqual(
      ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "::ffff:10.0.0.1", undefined].map(isLoopback),
      [true, true, true, false, false, false],
    );
  });

  it("are read by other agents, at the address last answered from; a stranger's are not taken", async () => {
    let time = 0;
    const asked: string[] = [];
    const peers = new Peers(
      "ns/db",
      async (address) => {
        asked.push(address);
        return { ...(await askerOf(0, port).report(1, "127.0.0.1")), address: `at-${address}` };
      },
      async ({ host }) => `found-by-${host}`,
      () => time,
    );
    const round = async (): Promise<void> => {
      peers.refresh([
        { ordinal: 1, host: "db-1" },
        { ordinal: 2, host: "db-2" },
      ]);
      await new Promise((done) => setTimeout(done, 100));
    };
    await round();
    assert.deepEqual(
      peers.current().map((report) => report.ordinal),
      [1],
    );
    await round();
    assert.deepEqual(asked, ["found-by-db-1", "found-by-db-2", "at-found-by-db-1", "found-by-db-2"]);
    time = 3_001;
    assert.deepEqual(peers.current(), []);
  });

  it("say who asks, and where from", async () => {
    await askerOf(2, port).report(1, "127.0.0.1");
    assert.deepEqual(heard.at(-1), ["ns/db/2", "127.0.0.1"]);
  });

  it("are read where a member asked from, while it is not found; and a liar's are not", async () => {
    const here: Record<string, number> = { "10.0.0.9": 1, "10.0.0.8": 3 };
    const peers = new Peers(
      "ns/db",
      async (address) => {
        const ordinal = here[address];
        if (ordinal === undefined) throw new Error("unreachable");
        return { ...idle(ordinal), address };
      },
      async () => {
        throw new Error("nowhere");
      },
      () => 0,
    );
    const ask = async (): Promise<number[]> =>
      (await peers.askNow([{ ordinal: 1, host: "db-1" }])).map(({ ordinal }) => ordinal);
    assert.deepEqual(await ask(), []);
    for (const caller of ["ns/db/1", "other/db/1", "ns/db/x", ""]) {
      peers.heardFrom(caller, caller === "ns/db/1" ? "10.0.0.9" : "10.0.0.8");
    }
    assert.deepEqual(await ask(), [1]);
    peers.heardFrom("ns/db/1", "10.0.0.8");
    assert.deepEqual(await ask(), []);
  });
});
