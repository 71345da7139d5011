import assert from "node:assert/strict";
import { observe, type Observed } from "../../../operate/status/observe";
import { readReport } from "../../../operate/status/reports";
import { observed } from "./observed";

describe("what a pod's agent answers", () => {
  const pod = { namespace: "op-dyn", name: "orders-1" };
  const sound = observed("healthy").reports["orders-1"]!;

  it("is a report of that member", () => {
    assert.deepEqual(readReport(JSON.stringify(sound), pod), sound);
  });

  const odd: [what: string, text: string, reason: RegExp][] = [
    ["no JSON", "<html>", /is not JSON/],
    ["nothing", "null", /^Error: it is no object$/],
    ["another member's", JSON.stringify({ ...sound, ordinal: 2 }), /ordinal/],
    ["another database's", JSON.stringify({ ...sound, set: "op-dyn/billing" }), /set/],
    [
      "one with a word that no agent says",
      JSON.stringify({ ...sound, status: { ...sound.status, member: "hibernating" } }),
      /status\.member is "hibernating"/,
    ],
    [
      "one of more members than there are",
      JSON.stringify({ ...sound, record: { ...sound.record, replicas: 1e9 } }),
      /record\.replicas/,
    ],
    ["one without a status", JSON.stringify({ ...sound, status: undefined }), /status/],
    ["one with a status of its own making", JSON.stringify({ ...sound, status: { role: 1 } }), /status/],
    [
      "one whose view is none",
      JSON.stringify({ ...sound, status: { ...sound.status, view: { members: 3 } } }),
      /view/,
    ],
    [
      "one whose position is none",
      JSON.stringify({ ...sound, status: { ...sound.status, position: {} } }),
      /position/,
    ],
  ];
  for (const [what, text, reason] of odd) {
    it(`is refused when it is ${what}`, () => {
      assert.throws(() => readReport(text, pod), reason);
    });
  }

  it("is read as by the other members: what is not of a report is left out", () => {
    const more = { ...sound, flavour: "the month's", status: { ...sound.status, weight: 3 } };
    assert.deepEqual(readReport(JSON.stringify(more), pod), sound);
  });

  it("stops nobody else's when it is none", async () => {
    const seen = observed("healthy");
    const kubectl = {
      list: async (kind: string) => (kind.startsWith("statefulsets") ? asListed(seen) : []),
      raw: async (path: string) => (path.includes("orders-1:") ? "<html>" : reportAt(seen, path)),
    } as unknown as Parameters<typeof observe>[0];
    const config = { namespace: "op-dyn", databases: [{ name: "orders", engine: "mysql", args: {} }] };
    const found = await observe(kubectl, seen, { ...config, applications: [] } as unknown as Parameters<
      typeof observe
    >[2]);
    assert.deepEqual(Object.keys(found.reports).sort(), ["orders-0", "orders-2"]);
    assert.match(found.oddReports?.["orders-1"] ?? "", /is not JSON/);
  });
});

/** The objects as the API server lists them. */
function asListed({ sets, pods }: Observed): object[] {
  return [
    ...sets.map((set) => ({ ...set, kind: "StatefulSet" })),
    ...pods.map((pod) => ({ ...pod, kind: "Pod" })),
  ];
}

function reportAt({ reports }: Observed, path: string): string {
  const pod = /pods\/([^:]+):/.exec(path)?.[1] ?? "";
  return JSON.stringify(reports[pod] ?? {});
}
