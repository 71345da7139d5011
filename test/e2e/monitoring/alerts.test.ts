import { strict as assert } from "node:assert";
import { until } from "../../../cluster/wait";
import { rulesFor } from "../../../components/monitoring/rules";
import { clusterFacts, kubectl } from "../support/cluster/cluster";
import { storageOf } from "../support/cluster/storage";
import { Deployment } from "../support/deploy/deployment";
import { engines } from "../support/engines/registry";
import { faults } from "../support/faults/faults";
import { sceneOf } from "../support/faults/scene";
import { Prometheus } from "../support/prometheus";
import { generalSuite, skip } from "../support/suites";

const NAMESPACE = "e2e-monitoring";

/** A database of each engine, called as it. */
const DATABASES = Object.keys(engines);

/** Of each volume. */
const SIZE_GIB = 4;

generalSuite("a Prometheus that finds databases by their annotations", function () {
  this.timeout(600_000);
  let deployment: Deployment;
  let prometheus: Prometheus | undefined;

  before(async function () {
    const facts = await clusterFacts();
    if (!facts.isTestBed) skip(this, "it needs a way from here to the pods, which the test bed has");
    const databases = Object.values(engines).map(({ name, leastMemory }) => [
      name,
      {
        engine: name,
        ...facts.database[name],
        replicas: 1,
        storage: `${SIZE_GIB}Gi`,
        resources: { cpu: "100m", memory: leastMemory ?? "768Mi" },
        deletionProtection: false,
      },
    ]);
    deployment = new Deployment(NAMESPACE, {
      storage: storageOf("dynamic", NAMESPACE, facts),
      databases: Object.fromEntries(databases) as Record<string, object>,
    });
    await deployment.apply();
    await deployment.healthy();
    const wanted = DATABASES.map((name) => ({ name, replicas: 1 }));
    prometheus = await Prometheus.start(NAMESPACE, rulesFor(NAMESPACE, wanted));
  });

  after(async () => {
    await prometheus?.stop();
    await deployment.delete();
  });

  const asked = (): Prometheus => {
    assert.ok(prometheus);
    return prometheus;
  };

  /**
   * Waits until an alert fires for each database, whatever else does (a server that ends for want of room is told of as well), or
   * none for any. @returns how long that took, s
   */
  async function firing(alert: string, timeoutSeconds: number): Promise<number> {
    const began = performance.now();
    const wanted = until(
      async () => {
        const found = await Promise.all(DATABASES.map(async (database) => asked().firing(database)));
        return found.every((names) => (alert === "none" ? names.length === 0 : names.includes(alert)));
      },
      { what: `alert ${alert} for ${DATABASES.join(" and ")}`, timeoutSeconds },
    );
    try {
      await wanted;
    } catch (error) {
      const seen = (await asked().seen()).join("\n");
      throw new Error(`${String(error)}; what is seen:\n${seen}`, { cause: error });
    }
    return (performance.now() - began) / 1000;
  }

  /** Waits until an alert fires for no database any more. */
  async function gone(alert: string, timeoutSeconds: number): Promise<void> {
    await until(
      async () => {
        const found = await Promise.all(DATABASES.map(async (database) => asked().firing(database)));
        return found.every((names) => !names.includes(alert));
      },
      { what: `the end of ${alert}`, timeoutSeconds },
    );
  }

  async function each(act: (database: string) => Promise<unknown>): Promise<void> {
    await Promise.all(DATABASES.map(act));
  }

  it("has each member's figures, and they are what the member is", async () => {
    const one = async (query: string): Promise<number | undefined> => (await asked().query(query))[0]?.value;
    await each(async (database) => {
      const of = `{namespace="${NAMESPACE}",database="${database}",pod="${database}-0"`;
      const role = engines[database as keyof typeof engines].topology.roles[0]?.name ?? "";
      // It may serve for seconds before its agent is done with what it did for that.
      for (const figure of [`stateful_role${of},role="${role}"}`, `stateful_reason${of},reason="Serving"}`]) {
        await until(async () => (await one(figure)) === 1, { what: figure, timeoutSeconds: 30 });
      }
      assert.equal(await one(`stateful_replicas${of}}`), 1);
      const size = (await one(`stateful_volume_size_bytes${of}}`)) ?? 0;
      assert.ok(size > 0.8 * SIZE_GIB * 2 ** 30 && size <= SIZE_GIB * 2 ** 30, String(size));
      const years =
        (((await one(`stateful_certificate_end_timestamp_seconds${of}}`)) ?? 0) - Date.now() / 1000) /
        31_557_600;
      assert.ok(years > 9 && years < 10.1, String(years));
      const off =
        (await one(
          `stateful_clock_timestamp_seconds${of}} - timestamp(stateful_clock_timestamp_seconds${of}})`,
        )) ?? 99;
      assert.ok(Math.abs(off) < 5, String(off));
    });
  });

  it("has nobody woken while all is well", async () => {
    await firing("none", 30);
  });

  it("has somebody woken by a full volume, and says so when it is over", async () => {
    const fault = faults["disk-full"];
    const scenes = await Promise.all(
      Object.values(engines).map(async (engine) => sceneOf(kubectl, engine, NAMESPACE, engine.name)),
    );
    await Promise.all(scenes.map(async (scene) => fault.strike(scene)));
    try {
      const seconds = await firing("StatefulVolumeFull", 150);
      assert.ok(seconds >= 55, `it fired after ${seconds} s, and is to wait a minute`);
    } finally {
      await Promise.all(scenes.map(async (scene) => fault.undo?.(scene)));
    }
    // What counts how often a server ended within the last quarter of an hour may take as long.
    await gone("StatefulVolumeFull", 120);
  });

  it("has somebody woken when a database is gone as a whole", async () => {
    await each(async (name) => kubectl.run(["scale", "statefulset", name, "-n", NAMESPACE, "--replicas=0"]));
    const seconds = await firing("StatefulNoPrimary", 180);
    assert.ok(seconds >= 55, `it fired after ${seconds} s, and is to wait a minute`);
    await each(async (name) => kubectl.run(["scale", "statefulset", name, "-n", NAMESPACE, "--replicas=1"]));
    await gone("StatefulNoPrimary", 180);
  });
});
