import assert from "node:assert/strict";
import { share95 } from "../../e2e/load/engine";
import { readSysbench } from "../../e2e/load/engines/mysql";
import { readPgbench } from "../../e2e/load/engines/postgresql";
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

  const PGBENCH = [
    "pgbench (17.6 (Debian 17.6-0+deb13u1))",
    "transaction type: <builtin: TPC-B (sort of)>",
    "scaling factor: 32",
    "number of clients: 8",
    "number of transactions actually processed: 4",
    "number of failed transactions: 0 (0.000%)",
    "latency average = 2.711 ms",
    "initial connection time = 24.041 ms",
    "tps = 2951.003113 (without initial connection time)",
  ];

  it("of pgbench has its times of all transactions behind it", () => {
    assert.deepEqual(readPgbench([...PGBENCH, "1000", "9000", "2000", "3000"].join("\n")), {
      perSecond: 2951.003113,
      p95Ms: 9,
    });
  });

  it("of pgbench is no figure without transactions, or with failed ones", () => {
    assert.throws(() => readPgbench(PGBENCH.join("\n")), /told of no transactions/);
    assert.throws(() => readPgbench("connection to server failed"), /told of no transactions:\nconnection/);
    const failed = PGBENCH.map((line) => line.replace("failed transactions: 0", "failed transactions: 3"));
    assert.throws(() => readPgbench([...failed, "1000"].join("\n")), /3 transactions that failed/);
  });

  const SYSBENCH = `SQL statistics:
    queries performed:
        read:                            1400
        write:                           400
    transactions:                        100    (49.71 per sec.)
    queries:                             2000   (994.20 per sec.)

Latency (ms):
         min:                                   13.11
         avg:                                   20.10
         max:                                   88.20
         95th percentile:                       31.94
         sum:                                 2010.12`;

  it("of sysbench is that of transactions, not of queries", () => {
    assert.deepEqual(readSysbench(SYSBENCH), { perSecond: 49.71, p95Ms: 31.94 });
    assert.throws(() => readSysbench("FATAL: unable to connect"), /told of no transactions:\nFATAL/);
  });

  it("95 % of transactions are done within a time that one of them took", () => {
    assert.equal(share95(Array.from({ length: 100 }, (_, index) => 100 - index)), 95);
    assert.equal(share95([7]), 7);
  });
});
