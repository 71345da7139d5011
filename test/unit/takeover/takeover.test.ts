import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RecordFile } from "../../../agent/core/record";
import { readReport } from "../../../agent/core/read-report";
import type { Marker, MemberRecord } from "../../../agent/core/types";
import type { KubeClient } from "../../../agent/kube/client";
import { KubeDirectory } from "../../../agent/kube/directory";
import { ConfigMapMarkers } from "../../../agent/kube/marker-store";
import { MYSQL_TOPOLOGY } from "../../../components/mysql/topology";
import type { EndpointSpec } from "../../../components/protocol/topology";
import { deployStack } from "../../../stacks/stack";
import { read } from "../support/stack";
import { type Facts, factsOf } from "./facts";
import { DEPLOYED } from "./stack";

// What these files hold was written by the program and the agent of an earlier version, and is never made anew: databases
// that it deployed must go on under this one.
const frozen = (name: string): unknown => JSON.parse(readFileSync(join(__dirname, `${name}.json`), "utf8"));

describe("a stack that an earlier version deployed", function () {
  this.timeout(20_000);

  it("is taken over: no resource is another, and nothing changes that Kubernetes changes in no object", async () => {
    const before = frozen("deployed") as Facts[];
    const now = new Map((await factsOf(() => deployStack(read(DEPLOYED)))).map((one) => [one.urn, one]));
    assert.ok(before.length > 100);
    for (const one of before) assert.deepEqual(now.get(one.urn), one);
  });
});

interface Written {
  markers: [Marker, Marker];
  /** What the agent sent to the API server. */
  sent: { data?: { marker: string } }[];
  record: { kept: MemberRecord; text: string };
  report: unknown;
}

describe("what an earlier version's agent wrote", () => {
  const before = frozen("agent") as Written;
  let sent: object[] = [];
  let stored: object | undefined;
  const answer = (version: string) => async (_path: string, body: any) => {
    sent.push(body);
    return { ...body, metadata: { ...body.metadata, resourceVersion: version } };
  };
  const client = {
    create: answer("1"),
    replace: answer("2"),
    get: async (path: string) =>
      stored ?? { metadata: { name: path.split("/").at(-1), resourceVersion: "7" }, endpoints: [] },
    merge: async (path: string, body: object) => {
      sent.push({ path, body });
    },
  } as unknown as KubeClient;
  const labels = {
    "app.kubernetes.io/instance": "orders",
    "app.kubernetes.io/managed-by": "stateful-agent",
  };
  const markers = new ConfigMapMarkers(client, "shop", "orders-bootstrap", labels);

  beforeEach(() => {
    sent = [];
    stored = undefined;
  });

  it("is the marker that this one reads, with an operator's choice", async () => {
    for (const [index, marker] of before.markers.entries()) {
      stored = before.sent[index];
      assert.deepEqual((await markers.read())?.marker, marker);
    }
  });

  it("is what this one writes, for agents of both versions to read while pods are replaced", async () => {
    await markers.create(before.markers[0]);
    await markers.replace(before.markers[1], "1");
    const directory = new KubeDirectory(client, { namespace: "shop", name: "orders" });
    const [writes, reads] = MYSQL_TOPOLOGY.endpoints as [EndpointSpec, EndpointSpec];
    const yes = async (): Promise<boolean> => true;
    await directory.route(writes, { addresses: ["10.0.0.1"], fence: "3.4" }, yes);
    await directory.route(reads, { addresses: ["10.0.0.2"], fence: "3.4" }, yes);
    await directory.label(0, {
      role: "primary",
      state: "serve",
      notices: [{ severity: "notice", text: "said" }],
    });
    assert.deepEqual(sent, before.sent);
  });

  it("is the record that this one finds on the volume, and keeps as it was", async () => {
    const directory = mkdtempSync(join(tmpdir(), "takeover-"));
    try {
      const path = join(directory, "member.json");
      writeFileSync(path, before.record.text);
      const file = new RecordFile(directory);
      assert.deepEqual(await file.load(), before.record.kept);
      await file.update({ epoch: 4 });
      await file.update({ epoch: before.record.kept.epoch });
      assert.equal(readFileSync(path, "utf8"), before.record.text);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("is the report that this one's members believe", () => {
    assert.deepEqual(
      readReport(before.report, () => true),
      before.report,
    );
  });
});
