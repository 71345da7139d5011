import { strict as assert } from "node:assert";
import type { CopyResult, DrillResult } from "../../../components/protocol/backup";
import { backupName, drillName } from "../../../components/protocol/names";
import { ensureObjectStore } from "../../../cluster/object-store";
import { until } from "../../../cluster/wait";
import { clusterFacts, kubectl, noNodePower } from "../support/cluster/cluster";
import { storageOf } from "../support/cluster/storage";
import { backupIn, deployStored, reported, storedUntil } from "../support/deploy/backed-up";
import { Deployment } from "../support/deploy/deployment";
import type { MeasuredEngine, RepairWords } from "../support/engines/engine";
import { engines } from "../support/engines/registry";
import { type Phases, recordBackupFigures, totalOf } from "../support/report/backup-figures";
import { noteTiming } from "../support/report/summary";
import { longSuite, skip } from "../support/suites";
import { SqlClient } from "../support/traffic/client";

const DATABASE = "orders";
const RESTORED = "orders-2";
const MEBIBYTES = 1024;
/** Rows of 1 MiB in one transaction, and transactions in one call. */
const ROWS = 8;
const AT_ONCE = 8;

for (const engine of Object.values(engines)) {
  const { repair } = engine;
  if (repair !== undefined) measure(engine, repair);
}

/** What a copy, a drill and a restore of a gibibyte take, and an agent's memory while it stores so much log. */
function measure(engine: MeasuredEngine, words: RepairWords): void {
  longSuite(engine.name, "with a gibibyte in its backup", function () {
    this.timeout("20m");
    const NAMESPACE = `e2e-gibibyte-${engine.name}`;
    const PLACE = { namespace: NAMESPACE, database: DATABASE };
    let deployment: Deployment | undefined;

    after(async () => {
      await deployment?.delete();
    });

    it("restores it as fast as its drill says", async function () {
      const why = noNodePower();
      if (why !== undefined) skip(this, `there is no object store: ${why}`);
      const store = await ensureObjectStore();
      const facts = await clusterFacts();
      const common = {
        engine: engine.name,
        ...facts.database[engine.name],
        replicas: 1,
        storage: "6Gi",
        resources: { cpu: "250m", memory: "1Gi" },
        deletionProtection: false,
        backup: {
          ...backupIn(store, `gibibyte-${Date.now().toString(36)}`),
          scratch: { size: "6Gi" },
        },
      };
      deployment = new Deployment(NAMESPACE, {
        storage: storageOf("dynamic", NAMESPACE, facts),
        databases: { [DATABASE]: common },
      });
      await deployStored(kubectl, deployment, store);
      const client = new SqlClient(NAMESPACE, [DATABASE], engine, facts.images[engine.name]);
      await client.start();
      await until(async () => (await reported<DrillResult>(kubectl, PLACE, "drill"))?.good === true, {
        what: "the first copy and its drill",
        timeoutSeconds: 300,
      });

      await client.sql(words.makeBulk, { database: DATABASE });
      for (let written = 0; written < MEBIBYTES; written += ROWS * AT_ONCE) {
        const statements = Array.from({ length: AT_ONCE }, () => words.addNoise(ROWS));
        await client.sql(statements.join("; "), { database: DATABASE });
      }
      const [sum] = await client.sql(words.sumOfBulk, { database: DATABASE });
      const written = Date.now();
      await until(async () => (await storedUntil(kubectl, NAMESPACE, DATABASE)) > written, {
        what: "all of it to be stored",
        timeoutSeconds: 300,
      });
      const agentMebibytes = await mostMemory(`${DATABASE}-0`);

      await job(backupName(DATABASE), "copy-now");
      const copy = await ended<CopyResult>("copy", written);
      await job(drillName(DATABASE), "drill-now");
      const drill = await ended<DrillResult>("drill", written);

      const began = Date.now();
      const restoreFrom = { database: DATABASE };
      deployment.change({ databases: { [DATABASE]: common, [RESTORED]: { ...common, restoreFrom } } });
      await deployment.apply();
      await deployment.healthy(600);
      const servesSeconds = Math.round((Date.now() - began) / 100) / 10;
      const restore = await restored();
      const restoredClient = new SqlClient(NAMESPACE, [RESTORED], engine, facts.images[engine.name]);
      await kubectl.run(["delete", "pod/client", "-n", NAMESPACE, "--wait"]);
      await restoredClient.start();
      assert.deepEqual(await restoredClient.sql(words.sumOfBulk, { database: RESTORED }), [sum]);

      const drilled = drill.seconds ?? { download: 0, replay: 0, ready: 0 };
      recordBackupFigures(engine.name, {
        copyMebibytes: Math.round((copy.bytes ?? 0) / 2 ** 20),
        copySeconds: copy.seconds ?? 0,
        drill: drilled,
        restore,
        servesSeconds,
        agentMebibytes,
      });
      noteTiming(`${engine.name}, 1 GiB: a full copy`, copy.seconds ?? 0);
      noteTiming(`${engine.name}, 1 GiB: a drill, as it says itself`, totalOf(drilled));
      noteTiming(`${engine.name}, 1 GiB: a restore, as it says itself`, totalOf(restore));
      noteTiming(`${engine.name}, 1 GiB: from the order to restore to a database that serves`, servesSeconds);
    });

    async function job(cronJob: string, name: string): Promise<void> {
      await kubectl.run(["create", "job", name, `--from=cronjob/${cronJob}`, "-n", NAMESPACE]);
    }

    /** The first result of an attempt that ended after a moment. */
    async function ended<T extends CopyResult | DrillResult>(
      key: "copy" | "drill",
      after: number,
    ): Promise<T> {
      let found: T | undefined;
      await until(
        async () => {
          found = await reported<T>(kubectl, PLACE, key);
          return found?.good !== undefined && found.begun === undefined && Date.parse(found.at ?? "") > after;
        },
        { what: `a ${key}`, timeoutSeconds: 400 },
      );
      assert.deepEqual([found?.good, found?.why], [true, undefined]);
      if (found === undefined) throw new Error("no result");
      return found;
    }

    /** The most that the agent's process ever had in memory, MiB. */
    async function mostMemory(pod: string): Promise<number> {
      const status = await kubectl.run([
        ...["exec", pod, "-n", NAMESPACE, "-c", "agent", "--"],
        ...["cat", "/proc/1/status"],
      ]);
      const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
      assert.ok(kibibytes !== undefined, status);
      return Math.round(Number(kibibytes) / 1024);
    }

    /** What the member that restored says that it took. */
    async function restored(): Promise<Phases> {
      const log = await kubectl.run(["logs", `${RESTORED}-0`, "-n", NAMESPACE, "-c", "agent"]);
      const line = log.split("\n").findLast((one) => one.includes('"message":"restored"'));
      assert.ok(line !== undefined, "the agent says nothing of the restore");
      return (JSON.parse(line) as { seconds: Phases }).seconds;
    }
  });
}
