import assert from "node:assert/strict";
import { AGENT_LOGS } from "../../../components/node-agents/fluent-bit";
import type { LogFormatArgs } from "../../../components/node-agents/args";
import { CASSANDRA_LOGS, MONGODB_LOGS, MYSQL_LOGS, POSTGRESQL_LOGS, REDIS_LOGS } from "../../../components";
import { ENGINE_NAMES, engineOf } from "../../../stacks/engines";
import { deployStack } from "../../../stacks/stack";
import { record } from "../support/recording";
import { read } from "../support/stack";

/** Lines of servers as they wrote them, with the fields that they have; of each, whether it begins an entry. */
const LINES: [
  format: LogFormatArgs,
  line: string,
  fields: Record<string, string> | undefined,
  begins: boolean,
][] = [
  [
    MYSQL_LOGS,
    "2026-11-26T00:33:22.140863Z 0 [System] [MY-015015] [Server] MySQL Server - start.",
    { thread: "0", level: "System", code: "MY-015015", component: "Server" },
    true,
  ],
  [MYSQL_LOGS, "# Time: 2026-11-26T00:33:28.710708Z", undefined, true],
  [MYSQL_LOGS, "# Query_time: 2.000312  Lock_time: 0.000000", undefined, false],
  [MYSQL_LOGS, "SELECT SLEEP(2);", undefined, false],
  [
    POSTGRESQL_LOGS,
    '2026-11-26 00:00:01.123 UTC [57] LOG:  invalid value for parameter "TimeZone": "Europe/Berln"',
    { process: "57", level: "LOG" },
    true,
  ],
  [
    POSTGRESQL_LOGS,
    '2026-11-26 00:00:01 UTC [57] app@shop ERROR:  relation "a: b" does not exist at character 15',
    { process: "57", level: "ERROR" },
    true,
  ],
  [POSTGRESQL_LOGS, "\t\tFROM orders", undefined, false],
  [
    POSTGRESQL_LOGS,
    "2026-11-26 00:00:01,123 INFO: no action. I am (orders-0), the leader with the lock",
    { level: "INFO" },
    true,
  ],
  [
    REDIS_LOGS,
    "1:M 28 Nov 2026 11:41:07.123 * Ready to accept connections tcp",
    { process: "1", component: "M", level: "*" },
    true,
  ],
  [REDIS_LOGS, "  .+^                                                .+^", undefined, false],
  [
    CASSANDRA_LOGS,
    "INFO  2026-11-28 11:52:40,473 YamlConfigurationLoader - Configuration location: file:/run/server/cassandra.yaml",
    { level: "INFO", component: "YamlConfigurationLoader" },
    true,
  ],
  [CASSANDRA_LOGS, "\tat java.base/java.lang.Thread.run(Thread.java:840)", undefined, false],
  [CASSANDRA_LOGS, "Caused by: java.io.IOException: No space left on device", undefined, false],
  [
    MONGODB_LOGS,
    '{"t":{"$date":"2026-11-28T11:41:07.123+00:00"},"s":"W",  "c":"CONTROL",  "id":22120,   "svc":"-", "ctx":"initandlisten","msg":"x","attr":{"s":"I"}}',
    { level: "W", component: "CONTROL", code: "22120", thread: "initandlisten" },
    true,
  ],
  [
    MONGODB_LOGS,
    '{"t":{"$date":"2026-11-28T11:41:07.123+00:00"},"s":"I",  "c":"NETWORK",  "id":4915701, "ctx":"main","msg":"x"}',
    { level: "I", component: "NETWORK", code: "4915701", thread: "main" },
    true,
  ],
  [
    AGENT_LOGS,
    '{"time":"2026-11-28T11:51:37.223Z","level":"info","message":"agent started","member":"events-0"}',
    { level: "info" },
    true,
  ],
];

describe("the formats of what servers write", () => {
  for (const [format, line, fields, begins] of LINES) {
    it(`have of ${format.container}: ${line.slice(0, 60)}`, () => {
      const found = new RegExp(format.fields ?? "^", "u").exec(line)?.groups;
      const set = Object.entries(found ?? {}).filter(([, value]: [string, unknown]) => value !== undefined);
      assert.deepEqual(set.length === 0 ? undefined : Object.fromEntries(set), fields);
      if (format.firstLine === undefined) return;
      assert.equal(new RegExp(`^(?:${format.firstLine})`, "u").test(line), begins);
    });
  }

  it("are of the containers that the servers run in, and say where each start begins", async () => {
    const databases = Object.fromEntries(ENGINE_NAMES.map((engine) => [`of-${engine}`, { engine }]));
    const recording = await record(() => deployStack(read({ target: "bare-metal", databases })));
    for (const engine of ENGINE_NAMES) {
      const { logs } = engineOf(engine);
      const { containers } = recording.one("StatefulSet", `of-${engine}`).inputs["spec"].template.spec;
      assert.ok(
        containers.some(({ name }: { name: string }) => name === logs.container),
        engine,
      );
      if (logs.firstLine === undefined) continue;
      assert.match("supervise.sh: starting the server", new RegExp(`^(?:${logs.firstLine})`));
    }
  }).timeout(60_000);
});
