import assert from "node:assert/strict";
import { describeStatus, statusOf } from "../../../operate/status/status";
import { observed } from "./observed";

/** A database of three that is ready, and its marker. */
function marked(annotations: Record<string, string>, marker: string): string {
  const seen = observed("healthy");
  const metadata = {
    name: "orders-bootstrap",
    uid: "u",
    creationTimestamp: "2026-11-21T12:00:00Z",
    annotations,
  };
  seen.markers = { orders: { apiVersion: "v1", kind: "ConfigMap", metadata, data: { marker } } };
  return describeStatus(statusOf(seen));
}

describe("status of a database whose members are all ready", () => {
  const running = JSON.stringify({ cluster: "c", epoch: 1, phase: "running", holder: 0 });

  it("is not well while an operator's choice stands in its marker", () => {
    const text = marked({ "stateful/recover-from": "2" }, running);
    assert.match(text, /✗ orders: an operator's choice stands in its marker \(stateful\/recover-from=2\)/);
    assert.match(text, /although orders-0 is the primary/);
    assert.match(text, /annotate configmap orders-bootstrap stateful\/recover-from-/);
    assert.match(text, /Something is wrong/);
  });

  it("is not well while another than the primary has the right to bootstrap it", () => {
    const bootstrap = JSON.stringify({ cluster: "c", epoch: 2, phase: "founding", holder: 2 });
    const text = marked({}, bootstrap);
    assert.match(
      text,
      /✗ orders: orders-2 has the right to bootstrap it anew, although orders-0 is the primary/,
    );
    assert.doesNotMatch(text, /All is well/);
  });

  it("is well otherwise, and says nothing of a marker that cannot be read", () => {
    for (const marker of [running, "?", "null", "[]"]) assert.match(marked({}, marker), /All is well/);
  });
});
