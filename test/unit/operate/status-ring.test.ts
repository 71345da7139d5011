import assert from "node:assert/strict";
import type { Report } from "../../../agent/core/types";
import { CASSANDRA_TOPOLOGY } from "../../../components/cassandra/topology";
import { describeStatus, statusOf } from "../../../operate/status/status";
import { observed } from "./observed";

const HOUR = 3_600_000;

/** A ring of three, as its members see it after something happened. */
function ring(change: (reports: Record<string, Report>) => void = () => undefined): string {
  const seen = observed("healthy");
  seen.databases = [{ ...seen.databases[0]!, engine: "cassandra", topology: CASSANDRA_TOPOLOGY }];
  for (const pod of seen.pods) {
    if (pod.metadata.labels?.["stateful/role"] !== undefined) pod.metadata.labels["stateful/role"] = "member";
  }
  for (const report of Object.values(seen.reports)) {
    const view = { number: 1, members: [0, 1, 2], online: [0, 1, 2] };
    const racks = { 0: "rack1", 1: "rack1", 2: "rack1" };
    const standing = { share: 100, hints: 0, racks, repaired: Date.parse(seen.at) - HOUR };
    report.status = {
      ...{ process: "running", data: "data", member: "online", role: "member" },
      ...{ admitted: true, failures: 0, view, standing },
    };
    delete report.lag;
  }
  change(seen.reports);
  return describeStatus(statusOf(seen));
}

const without = (report: Report | undefined, ordinal: number): void => {
  const { view } = report!.status;
  view!.online = view!.online.filter((one) => one !== ordinal);
};

describe("status of a ring", () => {
  it("says of each member how the others count it, its share, its hints, and its last repair", () => {
    const text = ring((reports) => {
      delete reports["orders-1"]!.status.standing!.repaired;
      reports["orders-2"]!.status.standing!.hints = 3;
    });
    assert.match(text, /STATE +RING +RACK +SHARE +HINTS +REPAIRED +VOLUME/);
    assert.match(text, /orders-0 .* UN +rack1 +100 % +0 +20\d\d-\d\d-\d\dT\d\d:\d\d +1Gi/);
    assert.match(text, /orders-1 .* UN +rack1 +100 % +0 +- +1Gi/);
    assert.match(text, /orders-2 .* UN +rack1 +100 % +3 +20/);
    assert.match(text, /All is well/);
    assert.doesNotMatch(text, /LAG/);
  });

  it("says who is away, who joins, and who is in no ring", () => {
    const away = ring((reports) => {
      for (const name of ["orders-0", "orders-2"]) without(reports[name], 1);
      delete reports["orders-1"];
    });
    assert.match(away, /orders-1 .* DN +- +- +- +-/);
    const coming = (process: "starting" | "stopped") =>
      ring((reports) => {
        for (const name of ["orders-0", "orders-1"]) {
          const { view } = reports[name]!.status;
          view!.members = view!.online = [0, 1];
        }
        reports["orders-2"]!.status = { process, data: "fresh", member: "offline", role: "none" };
      });
    assert.match(coming("starting"), /orders-2 .* UJ +- +- +-/);
    assert.match(coming("stopped"), /orders-2 .* serving +- +- +- +- /);
  });

  it("says where members do not agree whether one is up", () => {
    const text = ring((reports) => {
      without(reports["orders-0"], 2);
      without(reports["orders-2"], 0);
    });
    assert.match(text, /orders-2 .* UN\/DN/);
    assert.match(
      text,
      /· orders-2: member 1 of its ring can reach it, and member 0 cannot\n {2}to do: look again/,
    );
    assert.match(text, /· orders-0: member 1 of its ring can reach it, and member 2 cannot/);
  });
});
