import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import type { Pod } from "../../../operate/kube/objects";
import { isReady } from "../../../operate/status/pod-words";
import { until } from "../../../cluster/wait";
import type { SqlClient } from "../support/traffic/client";
import { kubectl } from "../support/cluster/cluster";
import type { Deployment } from "../support/deploy/deployment";
import { sqlEngines } from "../support/engines/registry";
import { deletePods, podNamed } from "../support/cluster/pods";
import { setOfThree } from "../support/deploy/set-of-three";
import { status } from "../support/status";
import { longSuite } from "../support/suites";
import { noteTiming } from "../support/report/summary";

const NAMESPACE = "e2e-settings";
const DATABASE = "orders";
const TARGET = { database: DATABASE };
const PODS = [0, 1, 2].map((ordinal) => `${DATABASE}-${ordinal}`);
/** How long a member that cannot start is looked at, s: by then five starts have failed. */
const LOOKED_AT_SECONDS = 45;

for (const engine of sqlEngines) {
  longSuite(engine.name, "a mistake in the settings that got past the checks", function () {
    this.timeout(600_000);
    const { mistake, repair, volume } = engine;
    let deployment: Deployment;
    let client: SqlClient;

    before(async function () {
      const set = await setOfThree(NAMESPACE, { [DATABASE]: {} }, engine);
      ({ deployment, client } = set);
      await set.start(this);
      await client.sql("CREATE TABLE words (word VARCHAR(64) PRIMARY KEY)", TARGET);
      await write("before");
    });

    after(async () => {
      await deployment.delete();
    });

    const write = async (word: string): Promise<string[]> =>
      client.sql(`INSERT INTO words VALUES ('${word}')`, TARGET);

    /** Writes all the while, and tells what was refused. */
    async function whileWriting(prefix: string, work: () => Promise<void>): Promise<number> {
      const end = new AbortController();
      const writing = (async () => {
        let written = 0;
        while (!end.signal.aborted) {
          await write(`${prefix}-${written++}`);
          await sleep(500);
        }
        return written;
      })();
      try {
        await work();
      } finally {
        end.abort();
      }
      return writing;
    }

    async function hasAll(pods: string[], count: number): Promise<void> {
      for (const pod of pods) {
        const host = `${pod}.${DATABASE}-headless`;
        const look = async () => {
          const [rows] = await client.sql("SELECT COUNT(*) FROM words", { database: DATABASE, host });
          return Number(rows) === count;
        };
        await until(look, { what: `${count} rows on ${pod}`, timeoutSeconds: 60 });
      }
    }

    async function saysWhy(pods: string[]): Promise<void> {
      const look = async () => {
        const found = await Promise.all(pods.map(async (pod) => podNamed(NAMESPACE, pod)));
        return found.every(({ metadata }) =>
          mistake.words.test(metadata.annotations?.["stateful/state"] ?? ""),
        );
      };
      await until(look, { what: `${pods.join(", ")} to say the server's words`, timeoutSeconds: 240 });
    }

    /** What lies on a member's volume. */
    const onVolume = async (pod: string): Promise<string[]> =>
      (await kubectl.run(["exec", pod, "-n", NAMESPACE, "-c", "agent", "--", "ls", volume])).split(/\s+/);

    /** What a member's data is at the moment, by a file of it that every start of the server writes to. */
    const sumOf = async (pod: string): Promise<string> => {
      const file = `${volume}/data/${repair.dataFile}`;
      return kubectl.run(["exec", pod, "-n", NAMESPACE, "-c", "agent", "--", "cksum", file]);
    };

    async function keepsItsData(pod: string): Promise<void> {
      const entries = await onVolume(pod);
      assert.ok(entries.includes("data"), entries.join());
      assert.deepEqual(
        entries.filter((entry) => entry.startsWith("set-aside")),
        [],
      );
    }

    async function wellAgain(what: string): Promise<void> {
      const began = performance.now();
      await deployment.apply();
      await deployment.healthy(300);
      noteTiming(`${engine.name}: ${what}`, (performance.now() - began) / 1000);
      const said = await until(
        async () => {
          const now = await status(deployment.stackFile);
          return now.healthy && now;
        },
        { what: "status to say that all is well", timeoutSeconds: 60, everyMs: 2000 },
      );
      assert.doesNotMatch(said.text, mistake.words);
      for (const pod of PODS) await keepsItsData(pod);
    }

    it("stops at the first member, which keeps its data and says why; the others serve; the correction restarts it", async () => {
      const uids = async () => {
        const pods = await Promise.all(PODS.map(async (pod) => podNamed(NAMESPACE, pod)));
        return pods.map(({ metadata }) => metadata.uid);
      };
      const before = await uids();
      let data = "";
      let written = 0;
      written += await whileWriting("wrong", async () => {
        await deployment.applyEdited(mistake.make);
        if (mistake.told) {
          const { told } = mistake;
          await until(async () => told.test((await status(deployment.stackFile)).text), {
            what: "status to say what is not in force",
            timeoutSeconds: 240,
            everyMs: 5000,
          });
          await deletePods(NAMESPACE, "orders-2");
        }
        await saysWhy(["orders-2"]);
        data = await sumOf("orders-2");
        await sleep(LOOKED_AT_SECONDS * 1000);
      });
      await saysWhy(["orders-2"]);
      assert.equal(await sumOf("orders-2"), data, "its settings are refused before its data is opened");
      await keepsItsData("orders-2");
      assert.deepEqual((await uids()).slice(0, 2), before.slice(0, 2), "the rollout went on");
      const pods = await kubectl.list<Pod>("pods", NAMESPACE, `app.kubernetes.io/instance=${DATABASE}`);
      const ready = pods.filter(isReady).map(({ metadata }) => metadata.name);
      assert.deepEqual(ready.sort(), ["orders-0", "orders-1"]);
      const said = await status(deployment.stackFile);
      assert.equal(said.healthy, false);
      assert.match(said.text, mistake.words);
      await hasAll(["orders-0", "orders-1"], written + 1);

      written += await whileWriting("corrected", async () => {
        await wellAgain("all well after the correction of settings that stopped one member");
      });
      await hasAll(PODS, written + 1);
    });

    it("is corrected without a hand where every member has it, after a full outage", async () => {
      const [count] = await client.sql("SELECT COUNT(*) FROM words", TARGET);
      await deployment.applyEdited(mistake.make);
      if (mistake.told) await deletePods(NAMESPACE, ...PODS);
      else {
        await saysWhy(["orders-2"]);
        await deletePods(NAMESPACE, "orders-0", "orders-1");
      }
      await saysWhy(PODS);
      await sleep(LOOKED_AT_SECONDS * 1000);
      for (const pod of PODS) await keepsItsData(pod);
      await wellAgain("all well after the correction of settings that stopped every member");
      await hasAll(PODS, Number(count));
      await write("after");
    });
  });
}
