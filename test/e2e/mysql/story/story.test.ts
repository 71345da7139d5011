import { strict as assert } from "node:assert";
import { spread } from "../../../../bench/spread";
import type { Claim, Pod, StatefulSet } from "../../../../operate/kube/objects";
import { isReady } from "../../../../operate/status/pod-words";
import { until } from "../../../../cluster/wait";
import { kubectl } from "../../support/cluster/cluster";
import { mysql } from "../../support/engines/mysql";
import { killServer } from "../../support/faults/faults";
import { replaced, type Replacement } from "../../support/validate/replacement";
import { cordoned, deletePods, podNamed, podWhere, serverLog, volumeOf } from "../../support/cluster/pods";
import { inServer } from "../../support/faults/scene";
import type { StorageKind } from "../../support/cluster/storage";
import { status } from "../../support/status";
import { engineSuite, longSuite, skip } from "../../support/suites";
import { noteTiming } from "../../support/report/summary";
import { askShop, members, SET, type Setting, setting, SHOP, SINGLE } from "./setting";

/** Seconds within which a deleted pod must be back, from the moment that it is gone. */
const BACK_WITHIN = 10;

/** A cluster's DNS may hold an answer for 30 s, and each of its servers another one. */
const DNS_SECONDS = 40;

/** What MySQL's log says when the server before did not end in good order. */
const RECOVERY = /crash recovery|not shut ?down normally/i;

for (const kind of ["static", "dynamic"] as const) story(kind);

function story(kind: StorageKind): void {
  // A build has 45 minutes for all engines, and most suites are on the static class.
  const suite = kind === "static" ? longSuite : engineSuite;
  suite("mysql", `on the ${kind} class`, () => {
    let scene: Setting;
    const set = { database: SET };
    const single = { database: SINGLE };
    const note = (what: string, seconds: number, atMost?: number) => {
      noteTiming(`mysql, ${kind} class: ${what}`, seconds, atMost);
    };

    before(async function () {
      this.timeout(400_000);
      scene = await setting(kind);
      if (kind === "dynamic" && scene.facts.dynamicClass === undefined) {
        skip(this, "the cluster has no default storage class");
      }
      const began = Date.now();
      await scene.deployment.apply();
      await scene.deployment.healthy();
      note(`${scene.replicas + 1} pods ready after the first apply`, (Date.now() - began) / 1000);
      await scene.client.start();
      for (const target of [set, single]) {
        await scene.client.sql("CREATE TABLE words (word VARCHAR(64) PRIMARY KEY)", target);
      }
    });

    after(async function () {
      this.timeout(300_000);
      await scene.deployment.delete();
    });

    /** Deletes a pod, and waits until its successor is ready. */
    async function replacement(pod: string): Promise<Replacement> {
      const [times] = await replaced(scene.namespace, [pod], async () => deletePods(scene.namespace, pod));
      return times!;
    }

    async function remember(word: string, target: { database: string }): Promise<void> {
      await scene.client.sql(`INSERT INTO words VALUES ('${word}')`, target);
    }

    /** Reads a word again: from each pod it must come in the end, since replicas apply what they received. */
    async function remembered(word: string, target: { database: string; host?: string }): Promise<void> {
      const look = async () => {
        const rows = await scene.client.sql(`SELECT word FROM words WHERE word = '${word}'`, target);
        return rows[0] === word;
      };
      await until(look, {
        what: `"${word}" on ${target.host ?? target.database}`,
        timeoutSeconds: DNS_SECONDS,
      });
    }

    /** Where a pod is now, which its name tells only in the end. */
    async function addressOf(pod: string): Promise<string> {
      const { status } = await podNamed(scene.namespace, pod);
      return status.podIP ?? "";
    }

    it("Secret, claims, governing Service and StatefulSet appear", async () => {
      const { namespace, replicas } = scene;
      const found = await kubectl.get<StatefulSet>("statefulset", SET, namespace);
      assert.equal(found?.status?.readyReplicas, replicas);
      assert.ok(await kubectl.get("secret", `${SET}-credentials`, namespace));
      const address = ["-o", "jsonpath={.spec.clusterIP}"];
      assert.equal(
        await kubectl.run(["get", "service", `${SET}-headless`, "-n", namespace, ...address]),
        "None",
      );
      const own = `app.kubernetes.io/instance=${SET}`;
      const claims = await kubectl.list<Claim>("persistentvolumeclaims", namespace, own);
      assert.deepEqual(
        claims.map(({ metadata }) => metadata.name).sort(),
        members(scene).map((pod) => `data-${pod}`),
      );
    });

    it("each claim is bound to a volume of the class", async () => {
      for (const pod of members(scene)) {
        const { claim, volume } = await volumeOf(scene.namespace, pod);
        assert.equal(claim.status?.phase, "Bound");
        assert.equal(volume.status?.phase, "Bound");
        assert.equal(volume.spec.claimRef?.name, `data-${pod}`);
        assert.equal(volume.spec.local !== undefined, kind === "static");
        assert.equal(volume.spec.storageClassName, claim.spec.storageClassName);
      }
    });

    it("each pod has a volume of its own", async () => {
      const volumes = new Set<string>();
      for (const pod of members(scene)) {
        const { spec } = await podNamed(scene.namespace, pod);
        const claims = spec.volumes?.flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
        assert.deepEqual(claims, [`data-${pod}`]);
        volumes.add((await volumeOf(scene.namespace, pod)).volume.metadata.name);
      }
      assert.equal(volumes.size, scene.replicas);
    });

    it("each pod has a DNS name of its own, which holds as soon as the set is ready", async () => {
      for (const pod of members(scene)) {
        const host = `${pod}.${SET}-headless.${scene.namespace}.svc`;
        const { status } = await podNamed(scene.namespace, pod);
        // Often enough that each server of the DNS has its say: none was asked for the name before there was a pod.
        const asked = `for time in $(seq 20); do getent ahostsv4 ${host} || echo none; done | cut -d" " -f1 | sort -u`;
        assert.equal(await scene.client.sh(asked), status.podIP);
        assert.deepEqual(await scene.client.sql("SELECT @@hostname", { ...set, host }), [pod]);
      }
    });

    it("one name leads to the primary, and another spreads reads over the pods", async () => {
      const [hostname = ""] = await scene.client.sql("SELECT @@hostname", set);
      assert.equal((await podNamed(scene.namespace, hostname)).metadata.labels?.["role"], "primary");
      const reads = { ...set, host: `${SET}-replicas` };
      const wanted = Math.min(2, scene.replicas);
      const reached = new Set<string>();
      // Each connection goes to one of them at random: forty to the same one would be no chance.
      for (let connection = 0; connection < 40 && reached.size < wanted; connection++) {
        for (const pod of await scene.client.sql("SELECT @@hostname", reads)) reached.add(pod);
      }
      assert.equal(reached.size, wanted, `only ${[...reached].join(", ")}`);
    });

    for (const database of [SET, SINGLE]) {
      const pod = `${database}-0`;
      it(`${pod} deleted: back by the same name, on the same volume, with its data, in ${BACK_WITHIN} s`, async function () {
        this.timeout(400_000);
        const seconds: number[] = [];
        // A single figure says more about what else the machine was doing.
        for (let deletion = 0; deletion < 3; deletion++) {
          const word = `before deletion ${deletion} of ${pod}`;
          await remember(word, { database });
          const before = await volumeOf(scene.namespace, pod);
          const { stopSeconds, backSeconds } = await replacement(pod);
          note(`${pod} gone after the order to delete it`, stopSeconds);
          note(`${pod} back after it was gone`, backSeconds, BACK_WITHIN);
          const after = await volumeOf(scene.namespace, pod);
          assert.equal(after.volume.metadata.uid, before.volume.metadata.uid);
          await remembered(word, { database, host: await addressOf(pod) });
          seconds.push(backSeconds);
        }
        await remembered(`before deletion 2 of ${pod}`, { database, host: `${pod}.${database}-headless` });
        assert.ok(spread(seconds).median <= BACK_WITHIN, `${seconds.join(" s, ")} s`);
      });
    }

    it("every pod deleted: the data is there", async () => {
      await remember("before all were deleted", set);
      const began = Date.now();
      await replaced(scene.namespace, members(scene), async () =>
        deletePods(scene.namespace, ...members(scene)),
      );
      await scene.deployment.healthy();
      note("the whole set ready after the order to delete it", (Date.now() - began) / 1000);
      for (const pod of members(scene)) {
        await remembered("before all were deleted", { ...set, host: await addressOf(pod) });
      }
    });

    it("a pod stops within its grace period, and its next start recovers nothing", async () => {
      const pod = `${SINGLE}-0`;
      const { spec } = await podNamed(scene.namespace, pod);
      const grace = spec.terminationGracePeriodSeconds ?? 0;
      const { stopSeconds } = await replacement(pod);
      assert.ok(stopSeconds < grace, `${stopSeconds} s of ${grace} s`);
      assert.doesNotMatch(await serverLog(scene.namespace, pod, mysql.container), RECOVERY);
    });

    it("a server that was killed does recover, and its log tells of it", async () => {
      const pod = `${SINGLE}-0`;
      const { namespace } = scene;
      await inServer({ kubectl, namespace, engine: mysql }, pod, killServer({ engine: mysql }));
      await until(async () => RECOVERY.test(await serverLog(scene.namespace, pod, mysql.container)), {
        what: "the log to tell of the recovery",
        timeoutSeconds: 60,
      });
      await scene.deployment.healthy();
    });

    it("two replicas of an application read and write through the Service", async () => {
      const own = `app.kubernetes.io/instance=${SHOP}`;
      const pods = await kubectl.list<Pod>("pods", scene.namespace, own);
      const replicas = pods.filter(isReady).map(({ metadata }) => metadata.name);
      assert.equal(replicas.length, 2);
      for (const replica of replicas) await askShop(scene.namespace, replica, "POST");
      for (const replica of replicas) {
        const orders = await askShop(scene.namespace, replica, "GET");
        const takenBy = new Set((orders as { taken_by: string }[]).map(({ taken_by }) => taken_by));
        assert.deepEqual([...takenBy].sort(), replicas.sort());
      }
    });

    it("the application was not restarted while its database was away", async () => {
      const pods = await kubectl.list<Pod>("pods", scene.namespace, `app.kubernetes.io/instance=${SHOP}`);
      const restarts = pods.flatMap(({ status }) =>
        (status.containerStatuses ?? []).map(({ restartCount }) => restartCount),
      );
      assert.deepEqual(restarts, [0, 0]);
    });

    if (kind === "dynamic") {
      it("a pod that moves to another node finds its data there", async function () {
        if (scene.facts.nodes.length < 2) skip(this, "the cluster has one node");
        const pod = `${SINGLE}-0`;
        await remember("before the move", single);
        const { nodeName = "" } = (await podNamed(scene.namespace, pod)).spec;
        await cordoned(nodeName, async () => {
          const { backSeconds } = await replacement(pod);
          note(`${pod} ready on another node`, backSeconds);
        });
        assert.notEqual((await podNamed(scene.namespace, pod)).spec.nodeName, nodeName);
        await remembered("before the move", single);
      });
    } else {
      it("a pod whose node takes no pods waits for it, status says so, and the data is there in the end", async () => {
        const pod = `${SINGLE}-0`;
        await remember("before the wait", single);
        const { nodeName = "" } = (await podNamed(scene.namespace, pod)).spec;
        await cordoned(nodeName, async () => {
          await deletePods(scene.namespace, pod);
          const words = `it waits for its node, on whose disk its data is: node ${nodeName} is cordoned`;
          await until(async () => (await status(scene.deployment.stackFile)).text.includes(words), {
            what: `status to say "${words}"`,
            timeoutSeconds: 60,
          });
          assert.equal((await podNamed(scene.namespace, pod)).spec.nodeName, undefined);
        });
        const back = await podWhere(scene.namespace, pod, "the pod to be ready again", isReady);
        assert.equal(back.spec.nodeName, nodeName);
        await remembered("before the wait", single);
      });
    }
  });
}
