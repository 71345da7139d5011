import { strict as assert } from "node:assert";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkout } from "../../../cluster/layout";
import { until } from "../../../cluster/wait";
import { isExclusive } from "../../../components/protocol/topology";
import { ROLE_LABEL } from "../../../components/protocol/labels";
import { DAYS } from "../../../components/protocol/maintenance";
import type { Pod } from "../../../operate/kube/objects";
import { kubectl } from "../support/cluster/cluster";
import { deletePods } from "../support/cluster/pods";
import type { Deployment } from "../support/deploy/deployment";
import { setOfThree } from "../support/deploy/set-of-three";
import { sqlEngines } from "../support/engines/registry";
import { noteTiming } from "../support/report/summary";
import { status, userEnvironment } from "../support/status";
import { longSuite } from "../support/suites";
import type { SqlClient } from "../support/traffic/client";

const NAMESPACE = "e2e-maintenance";
const DATABASE = "orders";
const PODS = [0, 1, 2].map((ordinal) => `${DATABASE}-${ordinal}`);
const OPEN = ["00:00-12:00", "12:00-00:00"];

/** A day that is neither this one nor the next or the one before. */
const CLOSED = [`${DAYS[(new Date().getUTCDay() + 3) % 7] ?? ""} 02:00-04:00`];

/** Three members, each of which stops, starts, catches up and is well for a while. */
const REPLACED_SECONDS = 400;

for (const engine of sqlEngines) {
  longSuite(engine.name, "whose pods are replaced in windows", function () {
    this.timeout(900_000);
    let deployment: Deployment;
    let client: SqlClient;
    let databases: Record<string, object>;

    before(async function () {
      const maintenance = { windows: CLOSED };
      const set = await setOfThree(NAMESPACE, { [DATABASE]: { maintenance } }, engine);
      ({ deployment, client, databases } = set);
      await set.start(this);
      await client.sql("CREATE TABLE IF NOT EXISTS words (word VARCHAR(64) PRIMARY KEY)", {
        database: DATABASE,
      });
    });

    after(async () => {
      await deployment.delete();
    });

    async function wish(more: object): Promise<void> {
      databases = { [DATABASE]: { ...databases[DATABASE], ...more } };
      deployment.change({ databases });
      await deployment.apply();
    }

    const pods = async (): Promise<Pod[]> =>
      (await Promise.all(PODS.map(async (pod) => kubectl.get<Pod>("pod", pod, NAMESPACE)))).filter(
        (pod): pod is Pod => pod !== undefined,
      );
    const uids = async () => (await pods()).map(({ metadata }) => metadata.uid);
    const kinds = async () => (await pods()).map(({ metadata }) => metadata.labels?.["kind"] ?? "");
    const primary = async () =>
      (await pods()).find(({ metadata }) => isExclusive(metadata.labels?.[ROLE_LABEL] as never))?.metadata
        .name;

    /** Looks on until all pods are of this kind. @returns the pods in the order in which they were, and primaries on the way */
    async function replaced(kind: string): Promise<{ order: string[]; primaries: string[] }> {
      const [order, primaries]: [string[], string[]] = [[], []];
      let written = 0;
      const began = performance.now();
      await until(
        async () => {
          await client.sql(`INSERT INTO words VALUES ('${kind}-${written++}')`, { database: DATABASE });
          const seen = await pods();
          assert.ok(
            seen.filter(({ status }) =>
              status.conditions?.some((one) => one.type === "Ready" && one.status === "True"),
            ).length >= 2,
            "two members are away at once",
          );
          for (const { metadata } of seen) {
            if (metadata.labels?.["kind"] === kind && !order.includes(metadata.name))
              order.push(metadata.name);
          }
          const led = await primary();
          if (led !== undefined && led !== primaries.at(-1)) primaries.push(led);
          return order.length === PODS.length;
        },
        { what: `all pods to be of the kind ${kind}`, timeoutSeconds: REPLACED_SECONDS, everyMs: 500 },
      );
      noteTiming(`${engine.name}: three pods replaced by their agents`, (performance.now() - began) / 1000);
      await deployment.healthy();
      return { order, primaries };
    }

    it("leaves them as they are outside of a window, and says when it opens", async () => {
      // It would be the last to go anyway, were it the primary.
      const [first] = await uids();
      await deletePods(NAMESPACE, "orders-0");
      await until(async () => (await pods()).length === 3 && (await uids())[0] !== first, {
        what: "another pod orders-0",
        timeoutSeconds: 60,
      });
      await deployment.healthy();
      assert.notEqual(await primary(), "orders-0");
      const before = await uids();
      await wish({ pod: { labels: { kind: "second" } } });
      await deployment.healthy(30);
      const said = await until(
        async () => {
          const { text, healthy } = await status(deployment.stackFile);
          return /waits for a window of maintenance/.test(text) && { text, healthy };
        },
        { what: "status to say what waits", timeoutSeconds: 120, everyMs: 5000 },
      );
      assert.ok(said.healthy, said.text);
      assert.match(said.text, new RegExp(`opens on ${CLOSED[0]?.slice(0, 3) ?? ""}, .* 02:00 UTC`));
      assert.deepEqual(await uids(), before);
    });

    it("replaces them in one, one at a time and the primary last, and loses no write by it", async () => {
      const led = (await primary()) ?? "";
      await wish({ maintenance: { windows: OPEN } });
      const { order, primaries } = await replaced("second");
      assert.deepEqual(order, [...PODS.filter((pod) => pod !== led).reverse(), led]);
      assert.equal(primaries.length, 2, `one hand-over: ${primaries.join()}`);
    });

    it("leaves a supervised primary to somebody, and replaces it when it has handed over", async () => {
      const led = await primary();
      await wish({
        maintenance: { windows: OPEN, primaryUpdate: "supervised" },
        pod: { labels: { kind: "third" } },
      });
      await until(async () => (await kinds()).filter((kind) => kind === "third").length === 2, {
        what: "the replicas to be replaced",
        timeoutSeconds: REPLACED_SECONDS,
        everyMs: 1000,
      });
      await deployment.healthy();
      const waits = /it is the primary's, which maintenance\.primaryUpdate leaves to you/;
      await until(async () => waits.test((await status(deployment.stackFile)).text), {
        what: "status to say what waits",
        timeoutSeconds: 120,
        everyMs: 5000,
      });
      assert.equal(await primary(), led);
      await command("switchover");
      assert.deepEqual(await kinds(), ["third", "third", "third"]);
      assert.notEqual(await primary(), led);
    });

    it("replaces them at once where somebody restarts the database, whatever the window", async () => {
      await wish({ maintenance: { windows: CLOSED }, pod: { labels: { kind: "fourth" } } });
      await deployment.healthy();
      const restarting = command("restart");
      await replaced("fourth");
      await restarting;
    });

    async function command(name: string): Promise<void> {
      const program = join(checkout, "bin", "stateful.js");
      const words = [program, name, DATABASE, "--stack", deployment.stackFile, "--yes"];
      await promisify(execFile)(process.execPath, words, { env: userEnvironment() });
    }
  });
}
