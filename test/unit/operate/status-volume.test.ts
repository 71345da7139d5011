import assert from "node:assert/strict";
import { describeStatus, statusOf } from "../../../operate/status/status";
import { observed } from "./observed";

const GIBIBYTE = 1024 ** 3;

/** The healthy database of three, with one volume of 10Gi that is filled so far. */
function filled(share: number, capacityBytes = 10 * GIBIBYTE, upTo?: string): string {
  const seen = observed("healthy");
  const claim = seen.claims.find(({ metadata }) => metadata.name === "data-orders-1")!;
  claim.status!.capacity = { storage: "10Gi" };
  claim.spec.resources.requests.storage = "10Gi";
  if (upTo !== undefined) claim.metadata.annotations = { "stateful/grows-up-to": upTo };
  seen.usage["data-orders-1"] = { usedBytes: share * capacityBytes, capacityBytes };
  return describeStatus(statusOf(seen));
}

describe("status of a volume that fills", () => {
  it("says which size would do, before it is a problem", () => {
    assert.doesNotMatch(filled(0.69), /full/);
    assert.match(
      filled(0.72),
      /· data-orders-1: the volume is 72 % full; from 85 % on that is a problem\n {2}to do: raise storage in the stack file to 15Gi, [\s\S]*All is well/,
    );
    assert.match(
      filled(0.86),
      /✗ data-orders-1: the volume is 86 % full; .*\n {2}to do: .* to 18Gi, [\s\S]*Something is wrong/,
    );
  });

  it("says nothing while it grows by itself, and which limit to raise when it does not any more", () => {
    assert.doesNotMatch(filled(0.86, 10 * GIBIBYTE, "20Gi"), /full/);
    assert.match(
      filled(0.86, 10 * GIBIBYTE, "10Gi"),
      /✗ data-orders-1: the volume is 86 % full; .*\n {2}to do: .*raise storageGrowth.upTo, 10Gi; or/,
    );
  });

  it("names no size where the disk is what is full, on which the volume is a directory", () => {
    const shared = filled(0.9, 100 * GIBIBYTE);
    assert.match(
      shared,
      /✗ data-orders-1: the disk that it shares with others is 90 % full; .*\n.*make room/,
    );
    assert.doesNotMatch(shared, /raise storage/);
  });
});
