import { strict as assert } from "node:assert";
import { statSync } from "node:fs";
import { join } from "node:path";
import { kubectl } from "../kubectl";
import { machineDir } from "../layout";
import { runInside } from "../machine/machine";
import { until } from "../wait";
import { Sandbox, claim, cluster, pod } from "./support";

describe("volumes of the dynamic class", () => {
  const sandbox = new Sandbox("test-volumes");

  before(async () => {
    await cluster("up");
    await sandbox.create();
    await sandbox.apply(claim("data"), pod("writer", { claim: "data", node: "node1" }));
    await sandbox.ready("writer");
    await sandbox.sh("writer", "echo first > /data/file; sync");
  });

  after(async () => {
    await sandbox.delete();
  });

  it("belong to the pod's group", async () => {
    assert.equal(await sandbox.sh("writer", "stat --format=%g:%a /data"), "999:2775");
  });

  it("grow while they are used, and nothing restarts", async () => {
    const uid = await sandbox.kubectl(["get", "pod", "writer", "--output=jsonpath={.metadata.uid}"]);
    await sandbox.kubectl(["patch", "pvc", "data", "--patch", JSON.stringify(size("3Gi"))]);
    await sandbox.kubectl([
      "wait",
      "pvc/data",
      "--for=jsonpath={.status.capacity.storage}=3Gi",
      "--timeout=120s",
    ]);
    const kilobytes = Number(await sandbox.sh("writer", "df --output=size /data | tail -n 1"));
    assert.ok(kilobytes > 2.9 * 1024 * 1024, `${kilobytes} kB`);
    assert.equal(await sandbox.kubectl(["get", "pod", "writer", "--output=jsonpath={.metadata.uid}"]), uid);
  });

  it("give what a snapshot held to a new volume, and what they hold now to a clone", async () => {
    await sandbox.apply({
      apiVersion: "snapshot.storage.k8s.io/v1",
      kind: "VolumeSnapshot",
      metadata: { name: "before" },
      spec: { volumeSnapshotClassName: "csi-loop", source: { persistentVolumeClaimName: "data" } },
    });
    const ready = "--for=jsonpath={.status.readyToUse}=true";
    await sandbox.kubectl(["wait", "volumesnapshot/before", ready, "--timeout=60s"]);
    await sandbox.sh("writer", "echo second > /data/file; sync");
    const apiGroup = "snapshot.storage.k8s.io";
    await sandbox.apply(
      claim("restored", { size: "4Gi", source: { kind: "VolumeSnapshot", name: "before", apiGroup } }),
      claim("cloned", { size: "3Gi", source: { kind: "PersistentVolumeClaim", name: "data" } }),
      // On the node of the original too: two copies of one file system, side by side.
      pod("restored", { claim: "restored", node: "node1" }),
      pod("cloned", { claim: "cloned", node: "node2" }),
    );
    await sandbox.ready("restored");
    await sandbox.ready("cloned");
    assert.equal(await sandbox.sh("restored", "cat /data/file"), "first");
    assert.equal(await sandbox.sh("cloned", "cat /data/file"), "second");
  });

  it("follow their pod to another node", async () => {
    await sandbox.kubectl(["delete", "pod", "writer", "--wait"]);
    await sandbox.apply(pod("writer", { claim: "data", node: "node2" }));
    await sandbox.ready("writer");
    assert.equal(await sandbox.sh("writer", "cat /data/file"), "second");
  });

  it("are given to one node at a time", async () => {
    await sandbox.apply(pod("second", { claim: "data", node: "node3" }));
    await until(async () => (await sandbox.kubectl(["get", "events"])).includes("Multi-Attach error"), {
      what: "the second node to be refused",
      timeoutSeconds: 60,
    });
    await sandbox.kubectl(["delete", "pod", "second", "--wait"]);
  });

  it("go away with their claims", async () => {
    await sandbox.delete();
    const owners = ["get", "persistentvolumes", "--output=jsonpath={.items[*].spec.claimRef.namespace}"];
    await until(async () => !(await kubectl(owners)).split(" ").includes(sandbox.namespace), {
      what: "the volumes to be deleted",
      timeoutSeconds: 60,
    });
  });
});

describe("a node's own disk", () => {
  before(async () => {
    await cluster("up");
  });

  it("gives back to this machine what is deleted on it", async () => {
    const mebibyte = 2 ** 20;
    const used = () => statSync(join(machineDir("node1"), "disk.img")).blocks * 512;
    await runInside("node1", ["dd", "if=/dev/zero", "of=/mnt/test-disk", "bs=1M", "count=256", "conv=fsync"]);
    const written = used();
    await runInside("node1", ["rm", "/mnt/test-disk"]);
    await runInside("node1", ["sync", "--file-system", "/mnt"]);
    await until(() => Promise.resolve(used() < written - 200 * mebibyte), {
      what: "the disk to shrink",
      timeoutSeconds: 30,
    });
  });
});

function size(storage: string): object {
  return { spec: { resources: { requests: { storage } } } };
}
