import assert from "node:assert/strict";
import type { KubernetesObject } from "../../render/program";
import { asMermaid } from "../../render/topology/mermaid";
import { topologyOf } from "../../render/topology/model";
import { asSvg } from "../../render/topology/svg";

const labels = (instance: string, component: string, name = "mysql") => ({
  "app.kubernetes.io/instance": instance,
  "app.kubernetes.io/component": component,
  "app.kubernetes.io/name": name,
});

const object = (
  kind: string,
  name: string,
  spec: object,
  own: Record<string, string> = {},
): KubernetesObject => ({ apiVersion: "v1", kind, metadata: { name, labels: own }, spec });

const inZones = (...values: string[]) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: "topology.kubernetes.io/zone", operator: "In", values }] },
      ],
    },
  },
});

const ORDERS = labels("orders", "database");

/** A database of two with its Services, of which only the first volume's node is known. */
const STACK = [
  object(
    "StatefulSet",
    "orders",
    { replicas: 2, template: { spec: { affinity: inZones("a", "b") } } },
    ORDERS,
  ),
  object("Service", "orders", { ports: [{ port: 3306 }, { port: 3307 }] }, ORDERS),
  object("Service", "orders-replicas", { ports: [{ port: 3306 }] }, ORDERS),
  object("Service", "orders-headless", { ports: [{ port: 3306 }] }, ORDERS),
  object("Service", "orders-0", { ports: [{ port: 3306 }] }, ORDERS),
  object("Service", "orders-config", { ports: [] }, ORDERS),
  object("PersistentVolumeClaim", "data-orders-0", { resources: { requests: { storage: "20Gi" } } }),
  object("PersistentVolume", "x", {
    claimRef: { name: "data-orders-0" },
    nodeAffinity: { required: [{ key: "kubernetes.io/hostname", values: ["node-1"] }] },
  }),
  object(
    "Deployment",
    "shop",
    { template: { metadata: { labels: { "orders-client": "true", "other-client": "true" } } } },
    labels("shop", "application", "shop"),
  ),
  object(
    "CronJob",
    "nightly",
    { jobTemplate: { spec: { template: { metadata: { labels: { "orders-client": "true" } } } } } },
    labels("nightly", "application", "nightly"),
  ),
  object("Deployment", "orders-pooler", { template: {} }, labels("orders", "pooler")),
];

describe("the picture of a stack", () => {
  const topology = topologyOf("shop", STACK);

  it("has each database with its members, where they are as far as that is known, and the names that clients connect to", () => {
    assert.deepEqual(topology.nodes, ["node-1"]);
    assert.deepEqual(topology.databases, [
      {
        name: "orders",
        engine: "mysql",
        zones: ["a", "b"],
        members: [{ name: "orders-0", storage: "20Gi", node: "node-1" }, { name: "orders-1" }],
        services: [
          { name: "orders", ports: "3306, 3307" },
          { name: "orders-replicas", ports: "3306" },
        ],
      },
    ]);
  });

  it("has the applications, and which of its databases they use", () => {
    assert.deepEqual(topology.applications, [
      { name: "nightly", kind: "CronJob", uses: ["orders"] },
      { name: "shop", kind: "Deployment", uses: ["orders"] },
    ]);
  });

  it("in Mermaid's language puts members on their nodes, and the others where the scheduler may", () => {
    const lines = asMermaid(topology).split("\n");
    const from = lines.indexOf('subgraph node_node_45_1 ["node node-1"]');
    assert.deepEqual(lines.slice(from, from + 5), [
      'subgraph node_node_45_1 ["node node-1"]',
      '  pod_orders_45_0[("orders-0, 20Gi")]',
      "end",
      'subgraph db_orders ["orders: mysql, in a, b"]',
      '  pod_orders_45_1[("orders-1")]',
    ]);
    assert.ok(lines.includes("app_shop --> svc_orders"));
    assert.equal(lines.filter((line) => line.startsWith("subgraph")).length, 3);
    assert.equal(lines.filter((line) => line === "end").length, 3);
  });

  it("as SVG has a box and the words of each, none beyond its edge, and nothing that a page would read as its own", () => {
    const picture = asSvg(topologyOf('a<b>&"c', STACK));
    assert.match(
      picture,
      /^<svg [^>]*role="img" aria-label="The topology of the namespace a&#60;b&#62;&#38;&#34;c">/,
    );
    for (const words of [
      "orders-0",
      "orders-1",
      "volume 20Gi",
      "no volume",
      "orders-replicas:3306",
      "node node-1",
      "CronJob",
    ])
      assert.ok(picture.includes(`>${words}<`), words);
    const [, width = "", height = ""] = /viewBox="0 0 (\d+) (\d+)"/.exec(picture) ?? [];
    const boxes = [
      ...picture.matchAll(/<rect [^>]*x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g),
    ];
    assert.equal(boxes.length, 1 + 2 + 2 + 2);
    for (const [, ...numbers] of boxes) {
      const [x = NaN, y = NaN, wide = NaN, high = NaN] = numbers.map(Number);
      assert.ok(x >= 0 && x + wide <= Number(width) && y >= 0 && y + high <= Number(height), numbers.join());
    }
  });

  it("gives members of one node a place each", () => {
    const [first, second] = ["data-orders-0", "data-orders-1"].map((name) =>
      object("PersistentVolume", name, {
        claimRef: { name },
        nodeAffinity: { required: [{ key: "kubernetes.io/hostname", values: ["node-1"] }] },
      }),
    );
    const picture = asSvg(topologyOf("shop", [...STACK.slice(0, 1), first!, second!]));
    const places = [...picture.matchAll(/class="pod" x="(\d+)" y="(\d+)"/g)].map(([, x, y]) => `${x},${y}`);
    assert.equal(new Set(places).size, 2, places.join(" "));
  });

  it("cuts names that are longer than their box", () => {
    const name = "o".repeat(52);
    const set = object("StatefulSet", name, { replicas: 1, template: {} }, labels(name, "database"));
    assert.match(asSvg(topologyOf("shop", [set])), />o{10,30}…</);
  });

  it("of a stack without databases is one all the same", () => {
    assert.match(asSvg(topologyOf("shop", [])), /^<svg /);
    assert.match(asMermaid(topologyOf("shop", [])), /^flowchart LR\n/);
  });
});
