import { strict as assert } from "node:assert";
import { loadOnDemand } from "../../../cluster/images/load";
import { until } from "../../../cluster/wait";
import { EXPORTER_KEY, EXPORTER_NAME } from "../../../components/protocol/exporter";
import { clusterFacts, kubectl } from "../support/cluster/cluster";
import { podNamed } from "../support/cluster/pods";
import { secretValues } from "../support/cluster/secrets";
import { storageOf } from "../support/cluster/storage";
import { Deployment } from "../support/deploy/deployment";
import { engines } from "../support/engines/registry";
import { Prometheus } from "../support/prometheus";
import { generalSuite, skip } from "../support/suites";

const NAMESPACE = "e2e-exporter";

/** A database of each engine that has an exporter, called as it. */
const MONITORED = Object.values(engines).flatMap(({ exporter, ...engine }) =>
  exporter ? [{ ...engine, exporter }] : [],
);

/** Ends the exporter's program, however it is called, and leaves the shell that runs it. */
const KILL =
  'for one in /proc/[0-9]*; do case $(cat "$one/comm" 2>/dev/null) in *_export*) kill -KILL "${one#/proc/}" ;; esac; done; true';

/** For how long it is watched what a program that ends does to its pod: longer than it takes to be run again, ms. */
const WATCHED_MS = 15_000;

generalSuite("exporters beside the servers", function () {
  this.timeout(600_000);
  let deployment: Deployment;
  let prometheus: Prometheus | undefined;
  let databases: Record<string, object>;

  const change = async (keys: object): Promise<void> => {
    databases = Object.fromEntries(
      Object.entries(databases).map(([name, database]) => [name, { ...database, ...keys }]),
    );
    deployment.change({ databases });
    await deployment.apply();
  };

  before(async function () {
    const facts = await clusterFacts();
    if (!facts.isTestBed) skip(this, "it needs a way from here to the pods, which the test bed has");
    const [node = ""] = facts.nodes;
    for (const { exporter } of MONITORED) await loadOnDemand(node, exporter.image);
    databases = Object.fromEntries(
      MONITORED.map(({ name, leastMemory, leastStorage, exporter: { image } }) => [
        name,
        {
          engine: name,
          ...facts.database[name],
          replicas: 1,
          storage: leastStorage ?? "2Gi",
          resources: { cpu: "100m", memory: leastMemory ?? "768Mi" },
          // No other node has the images.
          affinity: { nodeLabels: { "kubernetes.io/hostname": [node] } },
          monitoring: { exporter: { image } },
          deletionProtection: false,
        },
      ]),
    );
    deployment = new Deployment(NAMESPACE, { storage: storageOf("dynamic", NAMESPACE, facts), databases });
    await deployment.apply();
    await deployment.healthy();
    prometheus = await Prometheus.start(NAMESPACE, []);
  });

  after(async () => {
    await prometheus?.stop();
    await deployment.delete();
  });

  /** What a figure of a database's is now. */
  async function figure(name: string, database: string): Promise<number | undefined> {
    assert.ok(prometheus);
    const [found] = await prometheus.query(`${name}{namespace="${NAMESPACE}",database="${database}"}`);
    return found?.value;
  }

  async function allUp(what: string, timeoutSeconds: number): Promise<void> {
    for (const { name, exporter } of MONITORED) {
      await until(async () => (await figure(exporter.up, name)) === 1, {
        what: `${exporter.up} of ${name} ${what}`,
        timeoutSeconds,
      });
    }
  }

  it("have Prometheus told what each server counts", async () => {
    await allUp("after the start", 60);
  });

  it("go on through a rotation of their passwords, and nothing restarts", async () => {
    const before = await Promise.all(
      MONITORED.map(async ({ name }) => ({
        uid: (await podNamed(NAMESPACE, `${name}-0`)).metadata.uid,
        password: (await secretValues(kubectl, NAMESPACE, `${name}-credentials-members`))(EXPORTER_KEY),
      })),
    );
    await change({ memberPasswordRotation: "b" });
    for (const [index, { name, exporter, container }] of MONITORED.entries()) {
      const password = (await secretValues(kubectl, NAMESPACE, `${name}-credentials-members`))(EXPORTER_KEY);
      assert.notEqual(password, before[index]?.password, name);
      const files = ["exec", `${name}-0`, "-n", NAMESPACE, "-c", EXPORTER_NAME, "--"];
      await until(
        async () => (await kubectl.run([...files, "sh", "-c", "cat /run/exporter/*"])).includes(password),
        { what: `the exporter's file of ${name} to have the new password`, timeoutSeconds: 300 },
      );
      // From now on each connection is made with it.
      await kubectl.run([...files, "sh", "-c", KILL]);
      await until(async () => (await figure(exporter.up, name)) === 1, {
        what: `${exporter.up} of ${name} with the new password`,
        timeoutSeconds: 60,
      });
      const pod = await podNamed(NAMESPACE, `${name}-0`);
      assert.equal(pod.metadata.uid, before[index]?.uid);
      const restarts = pod.status.containerStatuses?.map(({ name: one, restartCount }) => [
        one,
        restartCount,
      ]);
      assert.deepEqual(Object.fromEntries(restarts ?? []), { [container]: 0, [EXPORTER_NAME]: 0 });
    }
  });

  it("that end are run again, and their members stay ready", async () => {
    for (const { name } of MONITORED) {
      await kubectl.run(["exec", `${name}-0`, "-n", NAMESPACE, "-c", EXPORTER_NAME, "--", "sh", "-c", KILL]);
    }
    const since = performance.now();
    while (performance.now() - since < WATCHED_MS) {
      for (const { name } of MONITORED) {
        const { status } = await podNamed(NAMESPACE, `${name}-0`);
        const ready = status.conditions?.find(({ type }) => type === "Ready")?.status;
        assert.equal(ready, "True", `${name} after ${(performance.now() - since) / 1000} s`);
      }
    }
    await allUp("after their programs ended", 60);
  });
});
