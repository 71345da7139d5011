import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { applyStack } from "../../../operate/deploy/apply";
import type { RenderedStack } from "../../../operate/deploy/rendered-stack";
import { forGitOps } from "../../../render/gitops";
import type { KubernetesObject } from "../../../render/program";
import { clusterFacts, kubectl } from "../support/cluster/cluster";
import { storageOf } from "../support/cluster/storage";
import { Deployment } from "../support/deploy/deployment";
import { sqlEngines } from "../support/engines/registry";
import { engineSuite, longSuite } from "../support/suites";
import { SqlClient } from "../support/traffic/client";
import { GitOpsTool, TOOLS } from "./tools";

const DATABASE = "orders";
const TARGET = { database: DATABASE };

for (const [engineNumber, engine] of sqlEngines.entries()) {
  for (const [toolNumber, [name, rules]] of Object.entries(TOOLS).entries()) {
    // Each tool and each engine once; the other pairs take their minutes where there are many.
    const suite = toolNumber === engineNumber % Object.keys(TOOLS).length ? engineSuite : longSuite;
    suite(engine.name, `kept by the rules of ${name}`, function () {
      this.timeout(420_000);
      const namespace = `e2e-gitops-${name.slice(0, 4).toLowerCase()}`;
      const tool = new GitOpsTool(rules);
      let deployment: Deployment;
      let client: SqlClient;
      let stack: RenderedStack;
      let repository: KubernetesObject[];

      before(async () => {
        const facts = await clusterFacts();
        deployment = new Deployment(namespace, {
          storage: storageOf("static", namespace, facts),
          databases: {
            [DATABASE]: {
              engine: engine.name,
              ...facts.database[engine.name],
              storage: "1Gi",
              resources: { cpu: "100m", memory: "768Mi" },
              deletionProtection: false,
            },
          },
        });
        client = new SqlClient(namespace, [DATABASE], engine, facts.images[engine.name]);
        stack = await deployment.render();
        repository = forGitOps(stack).repository;
      });

      after(async () => {
        await deployment.delete();
      });

      /** What `stateful secrets` makes. */
      async function makeSecrets(): Promise<void> {
        const { cluster } = forGitOps(stack);
        const namespaces = stack.objects.filter(({ kind }) => kind === "Namespace");
        await applyStack(kubectl, { ...stack, objects: [...namespaces, ...cluster] });
      }

      /** A Service that was made anew has another address; the cluster's DNS tells the old one for half a minute. */
      async function sql(statement: string): Promise<string[]> {
        const end = performance.now() + 60_000;
        for (;;) {
          try {
            return await client.sql(statement, TARGET);
          } catch (error) {
            if (performance.now() > end) throw error;
          }
          await sleep(2000);
        }
      }

      const rows = async (): Promise<string[]> => sql("SELECT word FROM words ORDER BY word");
      const claim = async (): Promise<string | undefined> =>
        (await kubectl.get("persistentvolumeclaim", `data-${DATABASE}-0`, namespace))?.metadata.uid;

      it("runs from a repository without a secret", async () => {
        await makeSecrets();
        await tool.sync(repository);
        await deployment.healthy();
        await client.start();
        await client.sql("CREATE TABLE words (word VARCHAR(64) PRIMARY KEY)", TARGET);
        await client.sql("INSERT INTO words VALUES ('first')", TARGET);
        assert.deepEqual(await rows(), ["first"]);
      });

      it("is left alone by another sync: its addresses, its settings, its pod", async () => {
        const pod = async () => (await kubectl.get("pod", `${DATABASE}-0`, namespace))?.metadata.uid;
        const before = await pod();
        await tool.sync(repository);
        assert.equal(await pod(), before);
        assert.deepEqual(await rows(), ["first"]);
      });

      it("keeps its data when it leaves the repository, and goes on with it when it is back", async () => {
        const before = await claim();
        assert.ok(before);
        const without = repository.filter(
          ({ metadata }) => metadata.labels?.["app.kubernetes.io/instance"] !== DATABASE,
        );
        await tool.sync(without);
        assert.equal(await kubectl.get("statefulset", DATABASE, namespace), undefined);
        assert.equal(await claim(), before);
        await makeSecrets();
        await tool.sync(repository);
        await deployment.healthy();
        assert.deepEqual(await rows(), ["first"]);
      });

      it("keeps its data when the tool's own object is deleted, and goes on with it", async () => {
        const before = await claim();
        await tool.end();
        assert.equal(await kubectl.get("statefulset", DATABASE, namespace), undefined);
        assert.equal(await claim(), before);
        await makeSecrets();
        await tool.sync(repository);
        await deployment.healthy();
        assert.deepEqual(await rows(), ["first"]);
        await sql("INSERT INTO words VALUES ('second')");
        assert.deepEqual(await rows(), ["first", "second"]);
      });
    });
  }
}
