import { strict as assert } from "node:assert";
import { hangDisk } from "../disks";
import { startApiServer, stopApiServer } from "../faults";
import { kubectl } from "../kubectl";
import { runInside } from "../machine/machine";
import { findMachine } from "../machine/processes";
import { until } from "../wait";
import { Sandbox, claim, cluster, pod } from "./support";

const outOfService = "node.kubernetes.io/out-of-service";

describe("faults of a node", () => {
  const sandbox = new Sandbox("test-faults");

  beforeEach(async () => {
    await cluster("up");
    await sandbox.create();
  });

  afterEach(async () => {
    await kubectl(["taint", "nodes", "--all", `${outOfService}-`]).catch(() => undefined);
    await cluster("up");
    await sandbox.delete();
  });

  it("a power cut ends everything at once and keeps only what was synced, on local and dynamic volumes", async () => {
    await runInside("node3", ["install", "--directory", "--mode=777", "/mnt/test-faults"]);
    const local = pod("local", { node: "node3" }) as { spec: { volumes: object[] } };
    local.spec.volumes = [{ name: "data", hostPath: { path: "/mnt/test-faults" } }];
    await sandbox.apply(claim("data"), pod("dynamic", { claim: "data", node: "node3" }), local);
    for (const name of ["dynamic", "local"]) {
      await sandbox.ready(name);
      await sandbox.sh(name, "echo kept > /data/kept; sync /data/kept /data; echo lost > /data/lost");
    }
    const machine = findMachine("node3");
    await cluster("node", "stop", "3");
    assert.equal(findMachine("node3"), undefined);
    assert.match(await cluster("status"), /node3 +off/);
    await cluster("node", "start", "3");
    assert.notEqual(findMachine("node3"), machine);
    for (const name of ["dynamic", "local"]) {
      // The API server still shows the pods as they were before the cut.
      const files = await until(async () => sandbox.sh(name, "ls /data"), {
        what: `${name} to run`,
        timeoutSeconds: 90,
      });
      assert.equal(files, "kept", name);
    }
    await runInside("node3", ["rm", "--recursive", "/mnt/test-faults"]);
  });

  it("a power cut ends what waits for a disk that hangs, and the disk hangs no more afterwards", async () => {
    await sandbox.apply(claim("hung"), pod("hung", { claim: "hung", node: "node3" }));
    await sandbox.ready("hung");
    await sandbox.sh("hung", "echo synced > /data/file; sync");
    const uid = await sandbox.kubectl(["get", "pod", "hung", "--output=jsonpath={.metadata.uid}"]);
    const giveBack = await hangDisk(uid, "/data");
    await sandbox.sh("hung", "(echo lost > /data/other) > /dev/null 2>&1 & sleep 1; kill -0 $!");
    await cluster("node", "stop", "3");
    await giveBack();
    await cluster("node", "start", "3");
    await sandbox.ready("hung");
    assert.equal(
      await sandbox.sh("hung", "cat /data/file; cat /data/other; echo more > /data/file"),
      "synced",
    );
  });

  it("a dynamic volume of a dead node goes to another once the node is declared out of service", async () => {
    await sandbox.apply(claim("data"), pod("writer", { claim: "data", node: "node3" }));
    await sandbox.ready("writer");
    await sandbox.sh("writer", "echo kept > /data/kept; sync");
    await cluster("node", "stop", "3");
    await notReady("node3");
    await kubectl(["taint", "nodes", "node3", `${outOfService}=nodeshutdown:NoExecute`]);
    await sandbox.kubectl(["wait", "pod/writer", "--for=delete", "--timeout=60s"]);
    await sandbox.apply(pod("writer", { claim: "data", node: "node2" }));
    await sandbox.ready("writer");
    assert.equal(await sandbox.sh("writer", "cat /data/kept"), "kept");
  });

  it("a partition cuts a node off from everybody, and its volume stops taking writes once another has it", async () => {
    const loop =
      "i=0; while echo $i >> /data/log && sync /data/log; do i=$((i+1)); sleep 0.2; done; sleep 999";
    await sandbox.apply(
      claim("data"),
      pod("writer", { claim: "data", node: "node3", command: ["sh", "-c", loop] }),
    );
    await sandbox.ready("writer");
    await cluster("partition", "3");
    await assert.rejects(
      runInside("node3", ["timeout", "1", "bash", "-c", "echo > /dev/tcp/198.18.0.2/6443"]),
    );
    assert.ok(findMachine("node3"), "the node itself goes on");
    await notReady("node3");
    await kubectl(["taint", "nodes", "node3", `${outOfService}=nodeshutdown:NoExecute`]);
    await sandbox.kubectl(["wait", "pod/writer", "--for=delete", "--timeout=60s"]);
    await sandbox.apply(pod("reader", { claim: "data", node: "node2" }));
    await sandbox.ready("reader");
    const lines = await sandbox.sh("reader", "wc -l < /data/log");
    await cluster("heal", "3");
    await kubectl(["wait", "node/node3", "--for=condition=Ready", "--timeout=60s"]);
    assert.equal(await sandbox.sh("reader", "wc -l < /data/log"), lines);
  });

  it("without the API server, pods go on", async () => {
    const server = "require('http').createServer((_, r) => r.end('here')).listen(8080)";
    await sandbox.apply(
      pod("web", { node: "node1", image: "stateful.test/node:20", command: ["node", "-e", server] }),
    );
    await sandbox.ready("web");
    const address = await sandbox.kubectl(["get", "pod", "web", "--output=jsonpath={.status.podIP}"]);
    await stopApiServer();
    await assert.rejects(kubectl(["get", "nodes", "--request-timeout=2s"]));
    assert.equal(
      await runInside("node2", ["curl", "--silent", "--max-time", "2", `http://${address}:8080`]),
      "here",
    );
    await startApiServer();
    await kubectl(["get", "nodes"]);
  });

  async function notReady(node: string): Promise<void> {
    await kubectl(["wait", `node/${node}`, "--for=condition=Ready=Unknown", "--timeout=90s"]);
  }
});
