import assert from "node:assert/strict";
import type { Pod } from "../../../operate/kube/objects";
import { until } from "../../../cluster/wait";
import { kubectl } from "../support/cluster/cluster";
import { anyEngine } from "../support/engines/registry";
import { engineSuite, skip } from "../support/suites";
import { withPulumi } from "./with-pulumi";

// One stack through its life, by Pulumi itself. The tests build on one another.

engineSuite(anyEngine.name, "by Pulumi, on directories of nodes", function () {
  this.timeout("10m");
  this.slow("1m");

  const stack = withPulumi("static", anyEngine);

  async function volumesOfStack(): Promise<string[]> {
    const volumes = await kubectl.list("persistentvolumes");
    const { namespace } = stack().surroundings;
    return volumes.map(({ metadata }) => metadata.name).filter((name) => name.startsWith(`${namespace}-`));
  }

  it("up: a database that takes a row", async () => {
    await stack().change({ deletionProtection: false });
    await stack().writeRow("written after the first up");
  });

  it("refresh finds no drift, and a second up changes nothing", async () => {
    await stack().assertSettled();
  });

  it("a larger volume is refused at preview: directories do not grow", async () => {
    await stack().configure({ storage: "2Gi" });
    await stack().assertRefused(/does not let volumes grow/, () => stack().surroundings.project.preview());
  });

  it("a pin on another node than the data's is refused at preview", async function () {
    const { project, cluster, namespace } = stack().surroundings;
    const pod = await kubectl.get<Pod>("pod", "orders-0", namespace);
    const other = cluster.nodes.find((node) => node !== pod?.spec.nodeName);
    if (other === undefined) {
      skip(this, "the cluster has one node only");
    }
    await stack().configure({ nodes: [other] });
    await stack().assertRefused(/nodeAffinity/, () => project.preview());
  });

  it("destroy keeps data and passwords, and the next up works with them", async () => {
    const { project, orders } = stack().surroundings;
    const [claims, volumes] = [await orders.volumes(), await volumesOfStack()];
    await project.destroy();
    await until(async () => (await orders.count("pods")) === 0, {
      what: "the pods to be gone",
      timeoutSeconds: 120,
    });
    assert.deepEqual(await orders.volumes(), claims);
    assert.deepEqual(await volumesOfStack(), volumes);

    await stack().change({});
    assert.deepEqual(await orders.volumes(), claims);
    await stack().assertRows();
    await stack().assertSettled();
  });

  it("dataPolicy: delete deletes nothing by itself; destroy then does", async () => {
    const { project, orders } = stack().surroundings;
    const claims = await orders.volumes();
    await stack().change({ dataPolicy: "delete" });
    assert.deepEqual(await orders.volumes(), claims);
    await stack().assertRows();

    await project.destroy();
    await until(async () => (await volumesOfStack()).length === 0, {
      what: "the volumes of the stack to be gone",
      timeoutSeconds: 120,
    });
    assert.equal(await orders.count("persistentvolumeclaims"), 0);
    assert.equal(await orders.count("secrets"), 0);
  });
});
