import assert from "node:assert/strict";
import { describeMemory, totalOf } from "../../../components/database/memory";
import { parseBytes } from "../../../components/common/quantity";
import { Problems } from "../../../components/common/problems";
import { mysqlMemory } from "../../../components/mysql/memory";
import { mysqlLanguage } from "../../../components/mysql/settings/language";
import { ENGINE_NAMES, type EngineName, engineOf } from "../../../stacks/engines";

/** From the least that an engine takes to a large machine. */
const MEMORIES = [
  "512Mi",
  "600Mi",
  "768Mi",
  "1000Mi",
  "1Gi",
  "1536Mi",
  "2047Mi",
  "2Gi",
  "3Gi",
  "5G",
  "8Gi",
  "64Gi",
  "1Ti",
];
const CONNECTIONS = ["25", "100", "151", "300", "1000", "5000", "20000"];

/** The mistakes in a database's arguments, as `key: what to do`. */
function mistakes(engine: EngineName, memory: string, settings: Record<string, string>): string[] {
  const problems = new Problems("");
  engineOf(engine).check("orders", { resources: { memory }, storage: "8Ti", settings }, problems);
  return problems.found.map(({ key, allowed, fix }) => `${key}: ${allowed}: ${fix}`);
}

function budget(engine: EngineName, memory: string, settings?: Record<string, string>) {
  const found = engineOf(engine);
  return found.memory(found.resolve({ namespace: "a", resources: { memory }, settings }));
}

describe("memory", () => {
  for (const engine of ENGINE_NAMES) {
    it(`of ${engine} is enough for what it does by itself, however little or much there is`, () => {
      let fitting = 0;
      for (const memory of MEMORIES) {
        if (mistakes(engine, memory, {}).some((text) => /at least/.test(text))) continue;
        assert.deepEqual(mistakes(engine, memory, {}), [], memory);
        assert.ok(totalOf(budget(engine, memory)) <= parseBytes(memory)!, memory);
        fitting++;
      }
      assert.ok(fitting >= 11);
    });

    it(`of ${engine} is told with its promises`, () => {
      assert.match(
        describeMemory(budget(engine, "2Gi"), "2Gi"),
        /^at most \d+ MiB of 2Gi: .*; [\d.]+ MiB for the cache of files$/,
      );
    });
  }

  const limited = ENGINE_NAMES.filter(
    (engine) => mistakes(engine, "8Gi", { max_connections: "100" }).length === 0,
  );
  assert.ok(limited.length >= 2, "those whose connections are a setting");
  for (const engine of limited) {
    it(`of ${engine} is enough for as many connections as are taken, or they are refused`, () => {
      let taken = 0;
      let refused = 0;
      for (const memory of MEMORIES) {
        for (const max_connections of CONNECTIONS) {
          const found = mistakes(engine, memory, { max_connections });
          if (found.some((text) => /at least/.test(text))) continue;
          const fits = totalOf(budget(engine, memory, { max_connections })) <= parseBytes(memory)!;
          assert.equal(found.length === 0, fits, `${memory}, ${max_connections}: ${found.join()}`);
          if (fits) taken++;
          else {
            refused++;
            assert.match(found.join(), /settings\.max_connections: .*raise resources\.memory to \d+Mi/);
          }
        }
      }
      assert.ok(taken > 40 && refused > 5, `${taken} taken, ${refused} refused`);
    });

    it(`of ${engine} is told with that of its connections`, () => {
      assert.match(
        describeMemory(budget(engine, "2Gi"), "2Gi"),
        /^at most \d+ MiB of 2Gi: .*connections \d+ MiB \(\d+ × [\d.]+ MiB\).*; [\d.]+ MiB for the cache of files$/,
      );
    });
  }

  for (const [engine, memory, settings, expected] of [
    ["postgresql", "1Gi", { shared_buffers: "8GB" }, /settings\.shared_buffers: .*lower it to \d+ MiB/],
    ["postgresql", "1Gi", { work_mem: "64MB" }, /settings\.work_mem: .*25 × 64 MiB/],
    [
      "postgresql",
      "2Gi",
      { autovacuum_work_mem: "-1", maintenance_work_mem: "1GB" },
      /settings\.\w+_work_mem/,
    ],
    ["postgresql", "2Gi", { autovacuum_max_workers: "200" }, /settings\.autovacuum_max_workers/],
    ["mysql", "1Gi", { innodb_buffer_pool_size: "1g" }, /settings\.innodb_buffer_pool_size/],
    [
      "mysql",
      "2Gi",
      { "max-connections": "1000", "sort-buffer-size": "16M" },
      /settings\.(max-conn|sort-buffer)/,
    ],
    ["mysql", "2Gi", { temptable_max_ram: "2G" }, /settings\.temptable_max_ram/],
    [
      "mysql",
      "1Gi",
      { "loose-group-replication-transaction-size-limit": "150000000" },
      /transaction-size-limit/,
    ],
    ["mysql", "1Gi", { group_replication_transaction_size_limit: "0" }, /a limit/],
    ["mysql", "1Gi", { key_buffer_size: "2G" }, /settings\.key_buffer_size/],
    [
      "mysql",
      "4Gi",
      { innodb_buffer_pool_size: "2100M", innodb_buffer_pool_chunk_size: "2G" },
      /buffer_pool_size/,
    ],
  ] as const) {
    it(`is not enough for ${JSON.stringify(settings)} of ${engine} in ${memory}`, () => {
      const found = mistakes(engine, memory, settings);
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0]!, expected);
    });
  }

  it("goes to MySQL's buffer pool, as far as a large transaction leaves it", () => {
    const { table } = mysqlLanguage("8.4");
    for (const [memory, pool] of [
      ["768Mi", "128M"],
      ["1Gi", "256M"],
      ["2Gi", "768M"],
      ["4Gi", "1792M"],
      ["5G", "2176M"],
    ] as const) {
      assert.equal(mysqlMemory(memory, new Map(), table).settings["innodb_buffer_pool_size"], pool);
    }
  });

  it("limits MySQL's transactions, and ends them before a replica's copy would be too large", () => {
    const { table } = mysqlLanguage("8.4");
    const limits = (memory: string) => {
      const { settings } = mysqlMemory(memory, new Map(), table);
      const limit = Number(settings["group_replication_transaction_size_limit"]);
      assert.ok(Number(settings["max_binlog_cache_size"]) >= 2 * limit);
      return limit / 1024 ** 2;
    };
    assert.ok(limits("1Gi") >= 10);
    assert.ok(limits("768Mi") >= 4);
    assert.equal(limits("8Gi"), 150_000_000 / 1024 ** 2);
  });
});
