import assert from "node:assert/strict";
import { ExposureType, MySql, type MySqlArgs } from "../../components";
import { record, type Recording } from "./support/recording";

const mysql = (
  args: Pick<MySqlArgs, "exposure" | "replicasExposure" | "allowedClients" | "replicas"> = {},
): Promise<Recording> => record(() => new MySql("orders", { namespace: "databases", ...args }));

const members = {
  podSelector: {
    matchLabels: { "app.kubernetes.io/name": "mysql", "app.kubernetes.io/instance": "orders" },
  },
};

describe("NetworkPolicy of a database", () => {
  it("admits its own pods on every port, and pods with the client label on the database's", async () => {
    const { spec } = (await mysql()).one("NetworkPolicy").inputs;
    assert.deepEqual(spec.podSelector, members.podSelector);
    assert.deepEqual(spec.policyTypes, ["Ingress"]);
    assert.deepEqual(spec.ingress, [
      { from: [members] },
      {
        from: [{ podSelector: { matchLabels: { "orders-client": "true" } } }],
        ports: [{ protocol: "TCP", port: 3306 }],
      },
    ]);
  });

  it("admits clients by name", async () => {
    const recording = await mysql({
      allowedClients: [
        { podLabels: { app: "reports" } },
        { namespace: "reporting" },
        { namespace: "reporting", podLabels: { app: "reports" } },
        { cidr: "192.0.2.0/24" },
      ],
    });
    const reporting = { matchLabels: { "kubernetes.io/metadata.name": "reporting" } };
    const reports = { matchLabels: { app: "reports" } };
    assert.deepEqual(recording.one("NetworkPolicy").inputs["spec"].ingress[1].from.slice(1), [
      { podSelector: reports },
      { podSelector: {}, namespaceSelector: reporting },
      { podSelector: reports, namespaceSelector: reporting },
      { ipBlock: { cidr: "192.0.2.0/24" } },
    ]);
  });
});

describe("exposure of a database", () => {
  const external = (recording: Recording) => recording.one("Service", "orders-external").inputs;

  it("can be of its replicas as well, by a Service of their own, and admits their source ranges", async () => {
    const recording = await mysql({
      replicas: 3,
      replicasExposure: { type: ExposureType.NodePort, sourceRanges: ["198.51.100.0/24"], nodePort: 30307 },
    });
    assert.equal(recording.all("Service").filter(({ name }) => name === "orders-external").length, 0);
    const { metadata, spec } = recording.one("Service", "orders-replicas-external").inputs;
    assert.equal(metadata.name, "orders-replicas-external");
    assert.equal(spec.selector.role, "replica");
    assert.equal(spec.selector["app.kubernetes.io/instance"], "orders");
    assert.equal(spec.ports[0].nodePort, 30307);
    assert.equal(spec.externalTrafficPolicy, "Local");
    const [, clients] = recording.one("NetworkPolicy").inputs["spec"].ingress;
    assert.deepEqual(clients.from.at(-1), { ipBlock: { cidr: "198.51.100.0/24" } });
  });

  it("is by a load balancer that admits the source ranges alone", async () => {
    const recording = await mysql({
      exposure: {
        type: ExposureType.LoadBalancer,
        sourceRanges: ["192.0.2.0/24"],
        annotations: { "example.com/scheme": "internal" },
      },
    });
    const { metadata, spec } = external(recording);
    assert.equal(spec.type, "LoadBalancer");
    assert.deepEqual(spec.loadBalancerSourceRanges, ["192.0.2.0/24"]);
    assert.equal(metadata.annotations["example.com/scheme"], "internal");
    assert.deepEqual(recording.one("NetworkPolicy").inputs["spec"].ingress[1].from[1], {
      ipBlock: { cidr: "192.0.2.0/24" },
    });
  });

  it("is by a port of the node, and keeps the client's address for the policy to see", async () => {
    const recording = await mysql({
      exposure: { type: ExposureType.NodePort, nodePort: 30306, sourceRanges: ["192.0.2.0/24"] },
    });
    const { spec } = external(recording);
    assert.equal(spec.type, "NodePort");
    assert.equal(spec.externalTrafficPolicy, "Local");
    assert.equal(spec.ports[0].nodePort, 30306);
  });

  it("is waited for by nobody: its pods are made after it, or are paused", async () => {
    const recording = await mysql({
      replicas: 3,
      exposure: { type: ExposureType.LoadBalancer, sourceRanges: ["192.0.2.0/24"] },
      replicasExposure: { type: ExposureType.NodePort, sourceRanges: ["192.0.2.0/24"] },
    });
    for (const { name, inputs } of recording.all("Service")) {
      assert.equal(inputs["metadata"].annotations["pulumi.com/skipAwait"], "true", name);
    }
  });

  it("is not there by default", async () => {
    assert.equal((await mysql()).all("Service").length, 3);
    assert.equal((await mysql({ exposure: { type: ExposureType.None } })).all("Service").length, 3);
  });
});
