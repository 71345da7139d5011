import { strict as assert } from "node:assert";
import type { Claim, Pod } from "../../../../operate/kube/objects";
import { until } from "../../../../cluster/wait";
import { clusterFacts, kubectl } from "../../support/cluster/cluster";
import { Deployment } from "../../support/deploy/deployment";
import { createStorageClass, deleteStorageClass } from "../../support/cluster/storage";
import { status } from "../../support/status";
import { engineSuite } from "../../support/suites";

const NAMESPACE = "e2e-story-no-volume";
const CLASS = NAMESPACE;

engineSuite("mysql", "on bare metal, with no volume for its claim", () => {
  let deployment: Deployment;

  before(async () => {
    const { database } = await clusterFacts();
    await createStorageClass(CLASS, {
      provisioner: "kubernetes.io/no-provisioner",
      volumeBindingMode: "WaitForFirstConsumer",
    });
    deployment = new Deployment(NAMESPACE, {
      storage: { className: CLASS, existing: true },
      databases: { notes: { engine: "mysql", ...database.mysql, storage: "1Gi", deletionProtection: false } },
    });
    await deployment.apply();
  });

  after(async () => {
    await deployment.delete();
    await deleteStorageClass(CLASS);
  });

  it("the claim stays Pending, and status says why and what to do", async () => {
    const words = new RegExp(
      `claim data-notes-0 is Pending: its class ${CLASS} makes no volumes, and there is no PersistentVolume of that class`,
    );
    const { healthy, text } = await until(
      async () => {
        const said = await status(deployment.stackFile);
        return words.test(said.text) ? said : undefined;
      },
      { what: `status to say "${words.source}"`, timeoutSeconds: 60 },
    );
    assert.equal(healthy, false);
    assert.match(text, new RegExp(`create a PersistentVolume of class ${CLASS} with 1Gi or more`));
    const claim = await kubectl.get<Claim>("persistentvolumeclaim", "data-notes-0", NAMESPACE);
    assert.equal(claim?.status?.phase, "Pending");
    const pod = await kubectl.get<Pod>("pod", "notes-0", NAMESPACE);
    assert.equal(pod?.spec.nodeName, undefined);
  });
});
