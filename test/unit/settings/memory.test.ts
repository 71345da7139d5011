import assert from "node:assert/strict";
import { describeMemory, totalOf } from "../../../components/database/memory";
import { parseBytes } from "../../../components/common/quantity";
import { Problems } from "../../../components/common/problems";
import { mysqlMemory } from "../../../components/mysql/memory";
import { postgresqlMemory } from "../../../components/postgresql/memory";
import { postgresqlLanguage } from "../../../components/postgresql/settings/language";
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
  "4Gi",
  "5G",
  "6Gi",
  "8Gi",
  "12Gi",
  "16Gi",
  "32Gi",
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
      ["8Gi", "3840M"],
      ["12Gi", "7168M"],
      ["16Gi", "10752M"],
      ["64Gi", "45568M"],
    ] as const) {
      assert.equal(mysqlMemory(memory, new Map(), table).settings["innodb_buffer_pool_size"], pool);
    }
  });

  it("grows to 70 % for MySQL's buffer pool on a large machine, and takes nothing from the rest for it", () => {
    const { table } = mysqlLanguage("8.4");
    const at = (mebibytes: number, given = new Map<string, string>()) => {
      const { settings, budget: parts } = mysqlMemory(`${mebibytes}Mi`, given, table);
      return {
        pool: parseInt(settings["innodb_buffer_pool_size"]!, 10),
        transaction: Number(settings["group_replication_transaction_size_limit"]),
        files: mebibytes - totalOf(parts) / 1024 ** 2,
      };
    };
    let before = at(1024);
    for (let mebibytes = 1024; mebibytes <= 131_072; mebibytes += 64) {
      const now = at(mebibytes);
      const text = `${mebibytes}Mi: ${JSON.stringify(now)}`;
      assert.ok(now.pool >= before.pool || mebibytes === 2048, `no jump down at ${text}`);
      // Steps of 512 MiB, and a little of each one that is the lists' of the pool.
      assert.ok(now.pool - before.pool <= 512, `no leap at ${text}`);
      assert.ok(now.pool <= mebibytes * 0.7, `no more than 70 % at ${text}`);
      const half = Math.floor((mebibytes - 384) / 2 / 128) * 128;
      if (mebibytes < 8192) assert.ok(now.pool <= half, `half at most at ${text}`);
      else {
        assert.ok(now.pool >= half, `half at least at ${text}`);
        assert.equal(now.transaction, 150_000_000, text);
        assert.ok(now.files >= 768, `cache of files at ${text}`);
      }
      if (mebibytes >= 18_432) assert.ok(now.pool >= mebibytes * 0.67, `two thirds at least at ${text}`);
      before = now;
    }
    const limit = "group_replication_transaction_size_limit";
    assert.ok(at(16_384, new Map([[limit, "400000000"]])).pool < at(16_384).pool, "a larger transaction");
    assert.ok(at(16_384, new Map([["max_connections", "5000"]])).pool < at(16_384).pool, "connections");
    assert.equal(at(16_384, new Map([[limit, "1048576"]])).pool, at(16_384).pool, "a smaller one");
  });

  it("splits MySQL's buffer pool so that the server rounds nothing up, whatever processors its node has", () => {
    const { table } = mysqlLanguage("8.4");
    const instances = (memory: string, given: [string, string][] = []) =>
      mysqlMemory(memory, new Map(given), table).settings["innodb_buffer_pool_instances"];
    assert.equal(instances("2Gi"), undefined, "a pool up to 1 GiB has one anyway");
    for (let gibibytes = 3; gibibytes <= 256; gibibytes++) {
      const { settings } = mysqlMemory(`${gibibytes}Gi`, new Map(), table);
      const pool = parseInt(settings["innodb_buffer_pool_size"]!, 10);
      const parts = Number(settings["innodb_buffer_pool_instances"]);
      assert.equal(pool % (parts * 128), 0, `${gibibytes}Gi`);
      assert.ok(parts === 1 || pool / parts >= 1024, `each of 1 GiB at least: ${gibibytes}Gi`);
      if (gibibytes >= 16) assert.ok(parts >= 4 && parts <= 8, `${parts} of ${gibibytes}Gi`);
    }
    assert.equal(instances("64Gi", [["innodb_buffer_pool_instances", "16"]]), undefined, "the user's own");
    assert.equal(instances("8Gi", [["innodb_buffer_pool_size", "3G"]]), "3");
    assert.equal(instances("8Gi", [["innodb_buffer_pool_chunk_size", "1G"]]), "1", "30 chunks of 128 MiB");
  });

  it("is taken for cache by PostgreSQL's planner: half of it, and up to 70 % on a large machine", () => {
    const { table } = postgresqlLanguage("17");
    const settings = (memory: string) => postgresqlMemory(memory, new Map(), table).settings;
    for (const [memory, cached] of [
      ["1Gi", 512],
      ["8Gi", 4096],
      ["10Gi", 6144],
      ["12Gi", 8192],
      ["16Gi", 11468],
      ["64Gi", 45875],
    ] as const) {
      assert.equal(settings(memory)["effective_cache_size"], `${cached}MB`);
      assert.equal(settings(memory)["shared_buffers"], `${parseBytes(memory)! / 4 / 1024 ** 2}MB`);
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
