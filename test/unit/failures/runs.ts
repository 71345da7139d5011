import type { Run } from "../../e2e/support/report/results";

/** A run with all guarantees but for what a test says. */
export function run(rest: Partial<Run> = {}): Run {
  return {
    engine: "mysql",
    fault: "pod-deleted",
    setup: "three nodes",
    commit: "abc1234",
    at: "2026-01-01T00:00:00.000Z",
    load: 1,
    writeGapSeconds: 2,
    resumed: true,
    acknowledged: 100,
    lost: 0,
    twoPrimaries: 0,
    recoveredSeconds: 10,
    recovered: true,
    ...rest,
  };
}
