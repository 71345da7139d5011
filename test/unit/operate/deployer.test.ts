import assert from "node:assert/strict";
import { DataPolicy } from "../../../components/common/retention";
import { KubectlDeployer } from "../../../operate/deploy/kubectl-deployer";
import { PulumiDeployer } from "../../../operate/deploy/pulumi-deployer";
import { Kubectl } from "../../../operate/kube/kubectl";
import { LocalPulumiDeployer } from "../../../operate/local/local-pulumi";
import type { StackConfig } from "../../../stacks/types";

type Databases = Pick<StackConfig, "databases">;

const keeping = (...policies: DataPolicy[]): Databases =>
  ({
    databases: policies.map((dataPolicy, index) => ({ name: `db${index}`, args: { dataPolicy } })),
  }) as Databases;

describe("a removal", () => {
  const kubectl = new Kubectl();
  const kept = keeping(DataPolicy.Delete, DataPolicy.Retain);

  it("by Pulumi does as the stack file says, and is refused where another thing was asked for", () => {
    const pulumi = new PulumiDeployer(kubectl, true);
    assert.throws(() => {
      pulumi.requireRemovable(kept, { deleteData: true });
    }, /Pulumi keeps the data of db1\. .*dataPolicy: delete/);
    assert.throws(() => {
      pulumi.requireRemovable(kept, { deleteData: false });
    }, /the data of db0 would go .*--delete-data/);
    pulumi.requireRemovable(keeping(DataPolicy.Delete), { deleteData: true });
    pulumi.requireRemovable(keeping(DataPolicy.Retain), { deleteData: false });
  });

  it("by Pulumi from the local cluster deletes what is asked for after it, and nothing that is not", () => {
    const local = new LocalPulumiDeployer(kubectl);
    local.requireRemovable(kept, { deleteData: true });
    assert.throws(() => {
      local.requireRemovable(kept, { deleteData: false });
    }, /the data of db0 would go/);
  });

  it("by kubectl keeps what Pulumi would, and deletes nothing that nobody asked for", () => {
    const deployer = new KubectlDeployer(kubectl);
    deployer.requireRemovable(kept, { deleteData: true });
    assert.throws(() => {
      deployer.requireRemovable(kept, { deleteData: false });
    }, /the data of db0 would go/);
    assert.deepEqual(deployer.rendering, {}, "passwords must be real ones");
  });
});
