import assert from "node:assert/strict";
import { readBenchmark } from "../../e2e/load/engines/redis";

describe("what a tool says of a run", () => {
  const BENCHMARK = [
    '"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"',
    '"SET","14285.71","0.512","0.104","0.479","0.903","1.287","4.223"',
  ].join("\n");

  it("of valkey-benchmark is found by its titles", () => {
    assert.deepEqual(readBenchmark(BENCHMARK), { perSecond: 14285.71, p95Ms: 0.903 });
  });

  it("of valkey-benchmark is no figure where it could not connect", () => {
    assert.throws(() => readBenchmark("Could not connect to server"), /told no rps:\nCould not connect/);
    assert.throws(() => readBenchmark(BENCHMARK.split("\n")[0]!), /told no rps/);
  });
});
