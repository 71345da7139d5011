import { strict as assert } from "node:assert";
import { run } from "../shell";
import { until } from "../wait";
import { Sandbox, cluster, pod } from "./support";

const server = [
  "node",
  "-e",
  "require('http').createServer((_, r) => r.end(require('os').hostname())).listen(8080)",
];

describe("the network between pods, Services and the host", () => {
  const sandbox = new Sandbox("test-network");
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web" },
    spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
  };

  before(async () => {
    await cluster("up");
    await sandbox.create();
    const labels = { app: "web" };
    const image = "stateful.test/node:20";
    await sandbox.apply(
      service,
      pod("web1", { node: "node1", image, command: server, labels }),
      pod("web2", { node: "node2", image, command: server, labels }),
      pod("client", { node: "node1" }),
    );
    for (const name of ["web1", "web2", "client"]) await sandbox.ready(name);
  });

  after(async () => {
    await sandbox.delete();
  });

  /** Names of the servers that answered twenty questions. */
  const answers = "for i in $(seq 20); do curl --silent --max-time 2 $URL; echo; done | sort -u";
  const both = "web1\nweb2";

  it("takes a pod to a Service by name, on its own node and on another", async () => {
    const url = `http://web.${sandbox.namespace}.svc.cluster.local`;
    // The proxies hear of a new endpoint a moment after it is ready.
    await until(async () => (await sandbox.sh("client", answers.replace("$URL", url))) === both, {
      what: "both servers to answer",
      timeoutSeconds: 15,
    });
  });

  it("takes a pod to itself through its own Service", async () => {
    const script = `for (let i = 0; i < 20; i++) fetch("http://web").then((r) => r.text()).then(console.log)`;
    const said = await sandbox.kubectl(["exec", "web1", "--", "node", "-e", script]);
    assert.deepEqual([...new Set(said.trim().split("\n"))].sort(), ["web1", "web2"]);
  });

  it("takes the host to pods and Services", async () => {
    const path = "jsonpath={.spec.clusterIP}";
    const address = await sandbox.kubectl(["get", "service", "web", `--output=${path}`]);
    const said = await run("bash", ["-c", answers.replace("$URL", `http://${address}`)]);
    assert.equal(said.trim(), both);
    const ip = await sandbox.kubectl(["get", "pod", "web2", "--output=jsonpath={.status.podIP}"]);
    assert.equal(await run("curl", ["--silent", "--max-time", "2", `http://${ip}:8080`]), "web2");
  });

  it("knows no name and reaches no address outside", async () => {
    assert.match(await sandbox.sh("client", "host example.org || true"), /SERVFAIL|REFUSED|NXDOMAIN/);
    // An address reserved for documentation: nobody's, so nobody is asked if this should ever fail.
    assert.notEqual(
      await sandbox.sh("client", "curl --silent --max-time 2 http://192.0.2.200 || echo none"),
      "",
    );
  });
});
