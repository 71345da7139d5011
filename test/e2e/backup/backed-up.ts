import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import type { CopyResult, DrillResult } from "../../../components/protocol/backup";
import { drillName, upkeepName } from "../../../components/protocol/names";
import { ensureObjectStore } from "../../../cluster/object-store";
import { until } from "../../../cluster/wait";
import type { ApiObject } from "../../../operate/kube/kubectl";
import { clusterFacts, kubectl, noNodePower } from "../support/cluster/cluster";
import { storageOf } from "../support/cluster/storage";
import { backupIn, deployStored, reported, storedUntil } from "../support/deploy/backed-up";
import { Deployment } from "../support/deploy/deployment";
import type { MeasuredEngine } from "../support/engines/engine";
import { noteTiming } from "../support/report/summary";
import { engineSuite, longSuite, skip } from "../support/suites";
import { SqlClient } from "../support/traffic/client";

const DATABASE = "orders";
const RESTORED = "orders-2";
const TARGET = { database: DATABASE };
/** Longer than any clock here is off, and than one round of the log's shipping. */
const APART_MS = 2_000;

/** What a table is asked by, in any engine. */
const TABLES =
  "SELECT table_name FROM information_schema.tables WHERE table_name IN ('words', 'later') ORDER BY 1";

/** A database is backed up to a bucket, and a new one brings back what was dropped from it. */
export function backedUp(engine: MeasuredEngine): void {
  engineSuite(engine.name, "backed up to a bucket", story(engine));
  const others = Object.values(engine.images).flatMap(({ otherVersions }) => otherVersions);
  for (const version of new Set(others.map((other) => other.version))) {
    longSuite(engine.name, `${version} backed up to a bucket`, story(engine, version));
  }
}

function story(engine: MeasuredEngine, version?: string): (this: Mocha.Suite) => void {
  return function () {
    this.timeout(300_000);
    const NAMESPACE = `e2e-backup-${engine.name}`;
    const called = version === undefined ? engine.name : `${engine.name} ${version}`;
    let deployment: Deployment;
    let client: SqlClient;
    let image = "";
    let common: object;
    /** The last moment at which all was well. */
    let well = 0;

    before(async function () {
      const why = noNodePower();
      if (why !== undefined) skip(this, `there is no object store: ${why}`);
      // It is built when it is first asked for.
      this.timeout(600_000);
      const store = await ensureObjectStore();
      const facts = await clusterFacts();
      const own =
        version === undefined
          ? facts.database[engine.name]
          : facts.otherVersions[engine.name].find((other) => other.version === version);
      if (own === undefined) skip(this, `the cluster has no image of ${called}`);
      image = facts.images[engine.name];
      common = {
        engine: engine.name,
        ...own,
        replicas: 1,
        storage: "1Gi",
        resources: { cpu: "100m", memory: "768Mi" },
        deletionProtection: false,
        backup: {
          ...backupIn(store, `e2e-${Date.now().toString(36)}`),
          drill: { query: "SELECT COUNT(*) >= 0 FROM information_schema.tables" },
        },
      };
      deployment = new Deployment(NAMESPACE, {
        storage: storageOf("dynamic", NAMESPACE, facts),
        databases: { [DATABASE]: common },
      });
      await deployStored(kubectl, deployment, store);
      client = await clientOf([DATABASE]);
    });

    after(async () => {
      await (deployment as Deployment | undefined)?.delete();
    });

    async function clientOf(databases: string[]): Promise<SqlClient> {
      await kubectl.run(["delete", "pod/client", "-n", NAMESPACE, "--ignore-not-found", "--wait"]);
      const made = new SqlClient(NAMESPACE, databases, engine, image);
      await made.start();
      return made;
    }

    const restorableUntil = async (database = DATABASE): Promise<number> =>
      storedUntil(kubectl, NAMESPACE, database);
    const copy = async (database = DATABASE): Promise<CopyResult | undefined> =>
      reported(kubectl, { namespace: NAMESPACE, database }, "copy");
    const drill = async (database = DATABASE): Promise<DrillResult | undefined> =>
      reported(kubectl, { namespace: NAMESPACE, database }, "drill");

    it("makes a first full copy by itself, tries to restore it, and takes no room afterwards", async () => {
      const began = Date.now();
      const copied = async (): Promise<boolean> => (await copy())?.good === true;
      await until(copied, { what: "the first full copy", timeoutSeconds: 240 });
      noteTiming(`${called}, a first full copy in a bucket`, (Date.now() - began) / 1000);
      const drilled = async (): Promise<boolean> => (await drill())?.good !== undefined;
      await until(drilled, { what: "the drill after the first copy", timeoutSeconds: 120 });
      assert.equal((await drill())?.why, undefined);
      const gone = async (): Promise<boolean> => {
        const pods = await kubectl.list<ApiObject>("pods", NAMESPACE);
        return !pods.some(({ metadata }) => metadata.name.startsWith(upkeepName(DATABASE)));
      };
      await until(gone, { what: "its pod to go", timeoutSeconds: 60 });
    });

    it("stores what is written within the recovery point, and says until when", async () => {
      await client.sql("CREATE TABLE words (word VARCHAR(64) PRIMARY KEY)", TARGET);
      for (let count = 0; count < 20; count++)
        await client.sql(`INSERT INTO words VALUES ('word ${count}')`, TARGET);
      await sleep(APART_MS);
      well = Date.now();
      await sleep(APART_MS);
      await client.sql("DROP TABLE words", TARGET);
      await client.sql("CREATE TABLE later (word VARCHAR(64) PRIMARY KEY)", TARGET);
      const dropped = Date.now();
      const stored = async (): Promise<boolean> => (await restorableUntil()) > dropped;
      await until(stored, { what: "what was written to be stored", timeoutSeconds: 30 });
      noteTiming(`${called}, from a write to its being restorable`, (Date.now() - dropped) / 1000, 7);
    });

    it("tries a restore when it is told to, and says how long that took", async () => {
      // The first one has no moment to choose from where the catalogue says nothing yet of the time after the last write.
      const seen = new Set<string>();
      for (let count = 0; count < 3 && seen.size < 2; count++) {
        const job = `${DATABASE}-drill-${count}`;
        const before = (await drill())?.at;
        await kubectl.run(["create", "job", job, `--from=cronjob/${drillName(DATABASE)}`, "-n", NAMESPACE]);
        const ended = async (): Promise<boolean> => {
          const found = await drill();
          return found?.begun === undefined && found?.at !== undefined && found.at !== before;
        };
        await until(ended, { what: `the drill ${job}`, timeoutSeconds: 200 });
        const { good, why, target, seconds } = (await drill()) ?? {};
        assert.deepEqual([good, why], [true, undefined]);
        const tried = target === "latest" ? "latest" : "a moment";
        seen.add(tried);
        const { download = 0, replay = 0, ready = 0 } = seconds ?? {};
        noteTiming(`${called}, a drill of ${tried}, as it says itself`, download + replay + ready);
      }
      assert.deepEqual([...seen].sort(), ["a moment", "latest"]);
    });

    it("brings a dropped table back into a new database, with all of it and nothing later", async () => {
      const began = Date.now();
      const restoreFrom = { database: DATABASE, time: new Date(well).toISOString() };
      deployment.change({ databases: { [DATABASE]: common, [RESTORED]: { ...common, restoreFrom } } });
      await deployment.apply();
      await deployment.healthy();
      noteTiming(
        `${called}, from the order to restore to a database that serves`,
        (Date.now() - began) / 1000,
      );
      client = await clientOf([DATABASE, RESTORED]);
      const rows = await client.sql("SELECT word FROM words ORDER BY word", { database: RESTORED });
      assert.equal(rows.length, 20);
      assert.deepEqual(await client.sql(TABLES, { database: RESTORED }), ["words"]);
      // The one that it came from goes on as it was.
      assert.deepEqual(await client.sql(TABLES, TARGET), ["later"]);
    });

    it("backs up what was restored as well, from its first write on", async () => {
      const began = Date.now();
      await client.sql("INSERT INTO words VALUES ('after the restore')", { database: RESTORED });
      const written = Date.now();
      const stored = async (): Promise<boolean> => (await restorableUntil(RESTORED)) > written;
      await until(stored, { what: "what the restored database wrote to be stored", timeoutSeconds: 60 });
      const drilled = async (): Promise<boolean> => (await drill(RESTORED))?.good !== undefined;
      await until(drilled, { what: "a copy of the restored database, and a drill", timeoutSeconds: 120 });
      assert.equal((await copy(RESTORED))?.why, undefined);
      assert.equal((await drill(RESTORED))?.why, undefined);
      noteTiming(`${called}, until what was restored can itself be restored`, (Date.now() - began) / 1000);
    });
  };
}
