import { RING } from "../support/topologies";
import { MYSQL_TOPOLOGY } from "../../../components/mysql/topology";
import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MissingRoute } from "../../../agent/core/publish";
import { Notices } from "../../../agent/core/notices";
import { KubeClient } from "../../../agent/kube/client";
import { KubeDirectory } from "../../../agent/kube/directory";
import { ConfigMapMarkers } from "../../../agent/kube/marker-store";
import { listen } from "./listen";
import { marker } from "./fixtures";

interface Stored {
  metadata: {
    name: string;
    resourceVersion: string;
    annotations?: Record<string, string>;
    labels?: Record<string, string>;
    ownerReferences?: object[];
  };
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
      return this.merge(url, body);
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
    return [200, this.put(path, body)];
  }

  put(path: string, object: Stored): Stored {
    object.metadata.resourceVersion = String(++this.version);
    this.objects.set(path, object);
    return object;
  }

  /** As far as the agent uses it: objects are merged, lists replaced, `null` deletes. */
  private merge(url: string, body: Stored | undefined): [number, unknown] {
    const held = this.objects.get(url);
    if (!held || !body) return [404, { message: "not found" }];
    const { resourceVersion } = body.metadata;
    if (![undefined, held.metadata.resourceVersion].includes(resourceVersion)) {
      return [409, { message: "conflict" }];
    }
    return [200, this.put(url, merged(held, body) as Stored)];
  }
}

function merged(held: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result = { ...(held as Record<string, unknown> | undefined) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else result[key] = merged(result[key], value);
  }
  return result;
}

const PRIMARY = MYSQL_TOPOLOGY.endpoints[0]!;

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
    directory = new KubeDirectory(client, { namespace: "ns", name: "db" });
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
    const chosen = await markers.read();
    assert.equal(chosen?.marker.recoverFrom, "2");
    await markers.replace({ ...chosen.marker, recoverFrom: "2@5" }, chosen.version);
    const path = "/api/v1/namespaces/ns/configmaps/db-bootstrap";
    assert.deepEqual(api.objects.get(path)?.metadata.annotations, { "stateful/recover-from": "2@5" });
    Object.assign(api.objects.get(path)!, { data: { marker: "?" } });
    await assert.rejects(markers.read());
  });

  it("keeps what is wanted of a ring as it was written", async () => {
    const markers = new ConfigMapMarkers(client, "ns", "ring-bootstrap", {});
    await markers.create(marker({ holder: 0 }));
    const object = api.objects.get("/api/v1/namespaces/ns/configmaps/ring-bootstrap");
    object!.metadata.annotations = { "stateful/scale-in-to": "3", "stateful/join-unrepaired": "1-ab" };
    const asked = await markers.read();
    assert.ok(asked);
    assert.deepEqual([asked.marker.scaleInTo, asked.marker.joinUnrepaired], ["3", "1-ab"]);
    await markers.replace({ ...asked.marker, scaleInTo: undefined }, asked.version);
    const kept = api.objects.get("/api/v1/namespaces/ns/configmaps/ring-bootstrap");
    assert.deepEqual(kept?.metadata.annotations, { "stateful/join-unrepaired": "1-ab" });
  });

  it("knows that a member does not run only where Kubernetes says so: a pod that may have begun is no such", async () => {
    const path = "/api/v1/namespaces/ns/pods/db-2";
    const pod = (phase: string, ...containerStatuses: object[]): void => {
      api.objects.set(path, {
        metadata: { name: "db-2" },
        status: { phase, containerStatuses },
      } as unknown as Stored);
    };
    api.objects.delete(path);
    assert.equal(await directory.isAbsent(2), true, "no pod");
    for (const [phase, state, absent] of [
      ["Pending", { waiting: {} }, true],
      ["Pending", { running: {} }, false],
      ["Running", { running: {} }, false],
      ["Running", { waiting: {} }, false],
      ["Failed", { terminated: {} }, true],
      ["Unknown", {}, false],
    ] as const) {
      pod(phase, { state });
      assert.equal(await directory.isAbsent(2), absent, `${phase} ${JSON.stringify(state)}`);
    }
    pod("Pending", { state: { waiting: {} }, lastState: { terminated: {} } });
    assert.equal(await directory.isAbsent(2), false, "it has run before");
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

  describe("routes", () => {
    const slices = "/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices";
    const labels = { "kubernetes.io/service-name": "db" };
    const addresses = (name = "db"): string[] =>
      (api.objects.get(`${slices}/${name}`)?.endpoints ?? []).flatMap((one) => one.addresses);
    const yes = async (): Promise<boolean> => true;
    const no = async (): Promise<boolean> => false;

    beforeEach(() => {
      api.objects.clear();
      for (const name of ["db", "db.ipv6"]) {
        api.put(`${slices}/${name}`, { metadata: { name, resourceVersion: "", labels } });
      }
    });

    it("are of no epoch where addresses are nobody's to write", async () => {
      assert.equal(await directory.publishedEpoch(RING), 0);
    });

    it("have exactly their addresses, are never replaced by an older one, and only by the primary", async () => {
      assert.equal(await directory.publishedEpoch(MYSQL_TOPOLOGY), 0);
      await directory.route(PRIMARY, { addresses: ["10.0.0.1"], fence: "1.5" }, yes);
      assert.equal(await directory.publishedEpoch(MYSQL_TOPOLOGY), 1);
      assert.deepEqual(addresses(), ["10.0.0.1"]);
      const other = { addresses: ["10.0.0.2"] };
      await assert.rejects(directory.route(PRIMARY, { ...other, fence: "1.4" }, yes), /newer/);
      await assert.rejects(directory.route(PRIMARY, { ...other, fence: "1.6" }, no), /primary/);
      assert.deepEqual(addresses(), ["10.0.0.1"]);
      await directory.route(PRIMARY, { ...other, fence: "1.6" }, yes);
      assert.deepEqual(addresses(), ["10.0.0.2"]);
    });

    it("leave everything else of a slice as the stack made it", async () => {
      await directory.route(PRIMARY, { addresses: ["10.0.0.1"], fence: "1.5" }, yes);
      assert.deepEqual(api.objects.get(`${slices}/db`)?.metadata.labels, labels);
    });

    it("do not go to a slice that somebody wrote in between", async () => {
      const slower = async (): Promise<boolean> => {
        await directory.route(PRIMARY, { addresses: ["10.0.0.2"], fence: "1.6" }, yes);
        return true;
      };
      await assert.rejects(
        directory.route(PRIMARY, { addresses: ["10.0.0.1"], fence: "1.5" }, slower),
        /409/,
      );
      assert.deepEqual(addresses(), ["10.0.0.2"]);
    });

    it("go to the slice of their family of addresses, and leave none in the other", async () => {
      await directory.route(PRIMARY, { addresses: ["10.0.0.1"], fence: "1.5" }, yes);
      await directory.route(PRIMARY, { addresses: ["fd00::1"], fence: "1.6" }, yes);
      assert.deepEqual([addresses(), addresses("db.ipv6")], [[], ["fd00::1"]]);
    });

    it("are in slices that do not go with a set that is made anew", async () => {
      const tied = { name: "db", resourceVersion: "", labels, ownerReferences: [{ uid: "former" }] };
      api.put(`${slices}/db`, { metadata: tied });
      await directory.route(PRIMARY, { addresses: ["10.0.0.1"], fence: "1.5" }, yes);
      assert.equal(api.objects.get(`${slices}/db`)?.metadata.ownerReferences, undefined);
    });

    it("are never made where a slice is missing: that is told", async () => {
      api.objects.clear();
      await assert.rejects(
        directory.route(PRIMARY, { addresses: ["10.0.0.1"], fence: "1.5" }, yes),
        (error) =>
          error instanceof MissingRoute && /the EndpointSlice db,.* is not there/.test(error.message),
      );
      assert.equal(api.objects.size, 0);
    });
  });

  it("names the set as it is now, when something is tied to it", async () => {
    const set = "/apis/apps/v1/namespaces/ns/statefulsets/db";
    const made = (uid: string): unknown => ({ metadata: { name: "db", resourceVersion: "1", uid } });
    for (const uid of ["former", "present"]) {
      api.objects.set(set, made(uid) as Stored);
      assert.equal((await directory.owner()).uid, uid);
    }
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
    await directory.label(1, { role: "replica", state: "serve", reason: "Serving", notices: [] });
    assert.deepEqual(api.patches.at(-1), [
      "/api/v1/namespaces/ns/pods/db-1",
      {
        metadata: {
          labels: { role: "replica" },
          annotations: { "stateful/state": "serve", "stateful/reason": "Serving", "stateful/notices": null },
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
