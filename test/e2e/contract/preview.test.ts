import { strict as assert } from "node:assert";
import { previewStack } from "../../../operate/deploy/apply";
import { lastWay } from "../../../operate/deploy/way";
import { until } from "../../../cluster/wait";
import { clusterFacts, kubectl } from "../support/cluster/cluster";
import { storageOf } from "../support/cluster/storage";
import { Deployment } from "../support/deploy/deployment";
import { engines } from "../support/engines/registry";
import { generalSuite } from "../support/suites";

const NAMESPACE = "e2e-preview";

generalSuite("what a deployment by kubectl would change, before anybody is asked", function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let databases: (cpu: string) => Record<string, Record<string, unknown>>;

  before(async () => {
    const facts = await clusterFacts();
    databases = (cpu) =>
      Object.fromEntries(
        Object.values(engines).map(({ name, leastMemory, leastStorage }) => [
          `of-${name}`,
          {
            engine: name,
            ...facts.database[name],
            storage: leastStorage ?? "2Gi",
            resources: { cpu, memory: leastMemory ?? "768Mi" },
            deletionProtection: false,
          },
        ]),
      );
    const storage = storageOf("static", NAMESPACE, facts);
    deployment = new Deployment(NAMESPACE, { storage, databases: databases("100m") });
  });

  after(async () => {
    await deployment.delete();
  });

  it("is all of a new stack, which is nobody's yet", async () => {
    const stack = await deployment.render();
    const said = await previewStack(kubectl, stack);
    assert.equal(said.match(/^ {2}\+ /gm)?.length, stack.objects.length, said);
    assert.equal(await kubectl.get("namespace", NAMESPACE), undefined);
    assert.equal(await lastWay(kubectl, stack.config), undefined);
  });

  it("is nothing once that is deployed, by kubectl", async () => {
    await deployment.apply();
    const stack = await deployment.render();
    // What starts writes into objects of its own meanwhile: between the two questions that are asked of each, too.
    const look = async () => {
      const said = await previewStack(kubectl, stack);
      if (!/^Nothing would change/.test(said)) throw new Error(said);
      return true;
    };
    await until(look, { what: "nothing to change", timeoutSeconds: 90 });
    assert.deepEqual(await lastWay(kubectl, stack.config), { way: "kubectl" });
  });

  it("is the field that the stack file changes, in each database", async () => {
    deployment.change({ databases: databases("150m") });
    const said = await previewStack(kubectl, await deployment.render());
    for (const { name } of Object.values(engines)) {
      assert.match(said, new RegExp(`~ StatefulSet ${NAMESPACE}/of-${name}\\n.*cpu: 100m → 150m`), said);
    }
    assert.doesNotMatch(said, /^ {2}\+ |~ (Secret|PersistentVolume)/m);
  });
});
