import assert from "node:assert/strict";
import { mysql, readSysbench } from "../../e2e/load/engines/mysql";
import { sameSettings } from "../../e2e/load/engines/mysql-servers";
import { postgresql, readPgbench } from "../../e2e/load/engines/postgresql";
import { configFile } from "../../e2e/load/engines/postgresql-servers";
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
    "scaling factor: 10",
    "number of transactions actually processed: 2563",
    "number of failed transactions: 0 (0.000%)",
    "latency average = 3.121 ms",
    "initial connection time = 12.018 ms",
    "tps = 320.412345 (without initial connection time)",
    "p95 = 5.044 ms",
  ].join("\n");

  it("of pgbench is its transactions, and what was made of their times", () => {
    assert.deepEqual(readPgbench(PGBENCH), { perSecond: 320.412345, p95Ms: 5.044 });
  });

  it("of pgbench is no figure where there were no transactions, or no times", () => {
    assert.throws(() => readPgbench("pgbench: error: could not connect"), /told no tps:\npgbench: error/);
    assert.throws(() => readPgbench(PGBENCH.replace("p95", "p50")), /told no p95/);
  });

  const SYSBENCH = [
    "SQL statistics:",
    "    queries performed:",
    "        read:                            1200",
    "    transactions:                        957    (119.55 per sec.)",
    "    queries:                             19140  (2391.08 per sec.)",
    "    ignored errors:                      3      (0.37 per sec.)",
    "Latency (ms):",
    "         avg:                                    8.36",
    "         max:                                   41.10",
    "         95th percentile:                       13.22",
  ].join("\n");

  it("of sysbench is its transactions, and not its queries", () => {
    assert.deepEqual(readSysbench(SYSBENCH), { perSecond: 119.55, p95Ms: 13.22 });
  });

  it("of sysbench is no figure where it could not connect", () => {
    const said = "FATAL: error 2002: Can't connect to server on 'three' (115)";
    assert.throws(() => readSysbench(said), /told no transactions:\nFATAL: error 2002/);
    assert.throws(() => readSysbench(SYSBENCH.replace("95th", "99th")), /told no 95th percentile/);
  });
});

describe("a tool that is let in by a password", () => {
  const ours = { variant: "three", host: "three", secrets: "/secrets/three" } as const;
  const bare = { variant: "bare", host: "bare" } as const;
  const amount = { clients: 8, seconds: 2 };

  it("gets it by its environment, and never among its arguments", () => {
    const given = /(^|; )(MYSQL_PWD|PGPASSWORD)="\$\(cat \/secrets\/three\/password\)" (?!.*password)/;
    for (const { cases, fill, run } of [mysql, postgresql]) {
      const [name = ""] = Object.keys(cases);
      for (const line of [fill(ours), run(name, ours, amount)]) assert.match(line, given);
      assert.doesNotMatch(run(name, bare, amount), /password|PWD/);
    }
  });
});

describe("a bare server with our settings", () => {
  it("has them in a file, whatever stands in them", () => {
    assert.equal(
      configFile({ log_line_prefix: "%m '%p' ", port: "1" }),
      "log_line_prefix = '%m ''%p'' '\nport = '1'\n",
    );
  });

  it("is no member, and answers clients from the beginning", () => {
    const given = sameSettings().join(" ");
    assert.match(given, /--gtid-mode=ON --enforce-gtid-consistency=ON --log-bin=binlog/);
    assert.doesNotMatch(given, /group|plugin|read-only|offline/);
  });
});
