import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApiObject } from "../../../operate/kube/kubectl";
import type { Pod } from "../../../operate/kube/objects";
import { agentState } from "../../../operate/status/pod-words";
import { until } from "../../../cluster/wait";
import { adminSql } from "../support/admin";
import type { SqlClient } from "../support/traffic/client";
import { kubectl } from "../support/cluster/cluster";
import type { Deployment } from "../support/deploy/deployment";
import { sqlEngines } from "../support/engines/registry";
import { killServer, wipeVolume } from "../support/faults/faults";
import { cordoned, deletePods, podNamed, podWhere } from "../support/cluster/pods";
import { inServer, type Scene, sceneOf } from "../support/faults/scene";
import { setOfThree } from "../support/deploy/set-of-three";
import { status } from "../support/status";
import { longSuite } from "../support/suites";
import { noteTiming } from "../support/report/summary";

const NAMESPACE = "e2e-repair";
const DATABASE = "orders";
const TARGET = { database: DATABASE };
const MEBIBYTES = 1024;
/** Of one transaction: Group Replication takes up to 143 MiB. */
const BATCH_MEBIBYTES = 8;
/** How often a member that is alone is asked to take a write, and how long for each, s: together longer than a restart. */
const ALONE_ATTEMPTS = 8;
const ALONE_SECONDS = 10;

for (const engine of sqlEngines) {
  longSuite(engine.name, "members that have to be made anew", function () {
    this.timeout(900_000);
    const { repair, volume, container } = engine;
    let deployment: Deployment;
    let client: SqlClient;

    before(async function () {
      const own = { storage: "8Gi", resources: { cpu: "100m", memory: "1Gi" }, settings: repair.settings };
      const set = await setOfThree(NAMESPACE, { [DATABASE]: own }, engine);
      ({ deployment, client } = set);
      await set.start(this);
      await client.sql(`CREATE TABLE words (word VARCHAR(64) PRIMARY KEY); ${repair.makeBulk}`, TARGET);
    });

    after(async () => {
      await deployment.delete();
    });

    beforeEach(async () => {
      await client.sql("DELETE FROM words", TARGET);
    });

    const scene = async (): Promise<Scene> => sceneOf(kubectl, engine, NAMESPACE, DATABASE);
    const remember = async (word: string): Promise<string[]> =>
      client.sql(`INSERT INTO words VALUES ('${word}')`, TARGET);

    /** A member has these words in the end, and no others. */
    async function has(pod: string, ...words: string[]): Promise<void> {
      const host = `${pod}.${DATABASE}-headless`;
      const look = async (): Promise<boolean> => {
        const rows = await client.sql("SELECT word FROM words ORDER BY word", { database: DATABASE, host });
        return rows.join() === [...words].sort().join();
      };
      await until(look, { what: `${words.join(", ")} on ${pod}`, timeoutSeconds: 60 });
    }

    async function remembered(...words: string[]): Promise<void> {
      for (const { metadata } of await kubectl.list<Pod>(
        "pods",
        NAMESPACE,
        `app.kubernetes.io/instance=${DATABASE}`,
      )) {
        await has(metadata.name, ...words);
      }
    }

    /** An operator names a member to recover from. */
    async function choose(pod: string): Promise<void> {
      const marker = ["configmap", `${DATABASE}-bootstrap`, "-n", NAMESPACE];
      const choice = `stateful/recover-from=${pod.split("-").at(-1)!}`;
      await kubectl.run(["annotate", "--overwrite", ...marker, choice]);
    }

    async function markerNow(): Promise<{ epoch: number; phase: string; chosen?: string }> {
      const found = await kubectl.get<ApiObject & { data: { marker: string } }>(
        "configmap",
        `${DATABASE}-bootstrap`,
        NAMESPACE,
      );
      const marker = JSON.parse(found?.data.marker ?? "{}") as { epoch: number; phase: string };
      return { ...marker, chosen: found?.metadata.annotations?.["stateful/recover-from"] };
    }

    /** Deletes everything on the volumes of some members, and kills their servers, at the same moment. */
    async function loseDisks(lost: string[]): Promise<void> {
      const now = await scene();
      await Promise.all(
        lost.map(async (pod) => inServer(now, pod, `${wipeVolume(now)}; ${killServer(now)}`)),
      );
    }

    /** Waits until a deleted pod's successor cannot be scheduled. */
    async function waitsForNode(pod: string): Promise<void> {
      await podWhere(NAMESPACE, pod, "its successor to wait for its node", ({ status }) => {
        const scheduled = status.conditions?.find(({ type }) => type === "PodScheduled");
        return scheduled?.status === "False";
      });
    }

    /** Waits until a member's agent says something. */
    async function says(pod: string, words: RegExp, timeoutSeconds = 240): Promise<string> {
      const found = await podWhere(
        NAMESPACE,
        pod,
        `${pod} to say ${words.source}`,
        (one) => words.test(agentState(one) ?? ""),
        timeoutSeconds,
      );
      return agentState(found) ?? "";
    }

    it("a primary with 1 GiB of data loses its disk: it is a member again, with all of it, without a hand", async () => {
      for (let written = 0; written < MEBIBYTES; written += BATCH_MEBIBYTES) {
        await client.sql(repair.addBulk(BATCH_MEBIBYTES), TARGET);
      }
      const sum = repair.sumOfBulk;
      const before = await client.sql(sum, TARGET);
      const { target: primary } = await scene();
      const began = Date.now();
      await loseDisks([primary.pod]);
      await says(primary.pod, /clon|cop/i);
      await deployment.healthy(600);
      noteTiming(
        `${engine.name}, 1 GiB of data: a member with a lost disk is one again`,
        (Date.now() - began) / 1000,
      );
      const host = `${primary.pod}.${DATABASE}-headless`;
      await until(async () => (await client.sql(sum, { ...TARGET, host })).join() === before.join(), {
        what: `all of the data on ${primary.pod}`,
        timeoutSeconds: 60,
      });
      // To delete the rows would be one transaction of 1 GiB, which Group Replication does not take.
      await client.sql("TRUNCATE TABLE bulk", TARGET);
    });

    it("a member that missed logs which are purged by now is copied anew, and its old data is set aside", async () => {
      const { target: primary, pods } = await scene();
      const late = pods.find((pod) => pod !== primary.pod)!;
      const { spec } = await podNamed(NAMESPACE, late);
      await cordoned(spec.nodeName!, async () => {
        await deletePods(NAMESPACE, late);
        await waitsForNode(late);
        await remember("purged");
        // As much as a server keeps beside what it is told to forget.
        for (let written = 0; written < 16; written++)
          await client.sql(repair.addBulk(BATCH_MEBIBYTES), TARGET);
        for (const pod of pods.filter((one) => one !== late)) {
          await has(pod, "purged");
          await adminSql({ namespace: NAMESPACE, database: DATABASE, engine }, pod, repair.forgetLogs);
        }
        await remember("kept");
      });
      await deployment.healthy(300);
      await remembered("purged", "kept");
      const kept = ["exec", late, "-n", NAMESPACE, "-c", container, "--", "bash", "-c"];
      const reasons = await kubectl.run([...kept, `cat ${volume}/set-aside-*.txt`]);
      assert.match(reasons, /the logs that are missing here/);
      await kubectl.run([...kept, `test -e ${volume}/set-aside-*/${repair.dataFile}`]);
    });

    it("two members away and the third restarted: it acknowledges nothing until one of them is back", async () => {
      const now = await scene();
      const away = now.pods.filter((pod) => pod !== now.target.pod);
      const [one, other] = await Promise.all(away.map((pod) => podNamed(NAMESPACE, pod)));
      await cordoned(one!.spec.nodeName!, () =>
        cordoned(other!.spec.nodeName!, async () => {
          await deletePods(NAMESPACE, ...away);
          for (const pod of away) await waitsForNode(pod);
          await inServer(now, now.target.pod, killServer(now));
          for (let attempt = 0; attempt < ALONE_ATTEMPTS; attempt++) {
            const write = remember(`alone ${attempt}`).then(
              () => "acknowledged",
              () => "refused",
            );
            assert.notEqual(
              await Promise.race([write, sleep(ALONE_SECONDS * 1000, "waits")]),
              "acknowledged",
            );
            await sleep(1000);
          }
        }),
      );
      await deployment.healthy(300);
      await remember("together");
    });

    it("an operator's choice that is left behind is removed, and a failover stays a failover", async () => {
      await remember("before");
      await remembered("before");
      const now = await scene();
      const { target: primary, pods } = now;
      const other = pods.filter((pod) => pod !== primary.pod).at(-1)!;
      const before = await markerNow();
      await choose(other);
      await until(async () => (await markerNow()).chosen === undefined, {
        what: "the primary to remove what there is no use for",
        timeoutSeconds: 30,
      });
      // At the very moment that the primary goes.
      await choose(other);
      await inServer(now, primary.pod, killServer(now));
      await deletePods(NAMESPACE, primary.pod);
      await deployment.healthy(300);
      await remembered("before");
      await until(async () => (await markerNow()).chosen === undefined, {
        what: "the new primary to remove it",
        timeoutSeconds: 30,
      });
      const { epoch, phase } = await markerNow();
      assert.deepEqual([epoch, phase], [before.epoch, "running"], "it was not bootstrapped anew");
      assert.equal((await status(deployment.stackFile)).healthy, true);
    });

    it("two of three disks lost: it waits, says what may be chosen, and goes on from the member that is named", async () => {
      await remember("survivor");
      await remembered("survivor");
      const { target: primary, pods } = await scene();
      const survivor = pods.find((pod) => pod !== primary.pod)!;
      const ordinal = survivor.split("-").at(-1)!;
      await loseDisks(pods.filter((pod) => pod !== survivor));
      const said = await says(survivor, /stateful\/recover-from=N/);
      assert.match(said, new RegExp(`N one of .*${ordinal}`));
      const shown = await status(deployment.stackFile);
      assert.equal(shown.healthy, false);
      assert.match(shown.text, /recover-from=N/);

      await choose(survivor);
      await deployment.healthy(300);
      await remembered("survivor");
      assert.equal((await markerNow()).chosen, undefined);
    });

    it("every disk lost: nobody bootstraps on empty disks, until the operator says so", async () => {
      const { pods } = await scene();
      await loseDisks(pods);
      for (const pod of pods) await says(pod, /no disk holds data of it any more/);
      await kubectl.run(["delete", "configmap", `${DATABASE}-bootstrap`, "-n", NAMESPACE]);
      await deployment.healthy(300);
      await client.sql("CREATE TABLE words (word VARCHAR(64) PRIMARY KEY)", TARGET);
      await remember("anew");
      await remembered("anew");
    });
  });
}
