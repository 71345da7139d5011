import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { PROGRAM } from "../../../components/agents/agent-bundle";
import { checkout } from "../../../cluster/layout";
import { cassandra } from "../../e2e/support/engines/cassandra";
import { inProgram, type Manifest } from "../../e2e/support/engines/engine";

describe("a guarantee that is switched off in the agents' program", () => {
  const packed = readFileSync(join(checkout, "components", "agents", "bundles", PROGRAM), "base64");
  const program = (): Manifest => ({
    kind: "ConfigMap",
    metadata: { name: "agent" },
    binaryData: { [PROGRAM]: packed },
  });
  const text = ({ binaryData }: Manifest): string =>
    gunzipSync(Buffer.from((binaryData as Record<string, string>)[PROGRAM]!, "base64")).toString("utf8");

  it("is found there, once, and is gone", () => {
    const object = program();
    assert.match(text(object), /\?this\.seedsOfRing\(/);
    cassandra.guarantees["seed-rule"]!.adapt!(object);
    assert.doesNotMatch(text(object), /\?this\.seedsOfRing\(/);
  });

  it("is not taken for switched off where it is not found, nor looked for elsewhere", () => {
    assert.throws(() => {
      inProgram(/no such words/, "")(program());
    }, /has no such words 0 times, not once/);
    inProgram(/no such words/, "")({ kind: "ConfigMap", metadata: { name: "other" }, data: {} });
  });
});
