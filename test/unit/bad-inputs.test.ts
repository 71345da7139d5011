import assert from "node:assert/strict";
import { mistakes, type RawConfig, validStack } from "./support/stack";

/** What is wrong, the stack with it, the key that must be named, and what the advice must say. */
type BadInput = [what: string, stack: RawConfig, key: string, advice: RegExp];

const database = (more: object): RawConfig => ({
  ...validStack,
  databases: { orders: { engine: "mysql", storage: "10Gi", ...more } },
});
const bareMetal = (storage: unknown, more: object = {}): RawConfig => ({ ...database(more), storage });
const cloud = (storage: unknown): RawConfig => ({ ...validStack, target: "cloud", storage });
const application = (more: object): RawConfig => ({
  ...validStack,
  applications: { shop: { image: "shop:1", port: 8080, ...more } },
});
const without = (key: string): RawConfig =>
  Object.fromEntries(Object.entries(validStack).filter(([name]) => name !== key));
const local = { className: "manual", path: "/mnt/data", nodes: ["node-1", "node-2", "node-3"] };
const ORDERS = "stateful:databases.orders";
const SHOP = "stateful:applications.shop";

const BAD_INPUTS: BadInput[] = [
  // The stack
  [
    "an unknown key of the stack",
    { ...validStack, databasse: {} },
    "stateful:databasse",
    /did you mean "stateful:databases"/,
  ],
  ["no target", without("target"), "stateful:target", /add it/],
  [
    "an unknown target",
    { ...validStack, target: "baremetal" },
    "stateful:target",
    /did you mean "bare-metal"/,
  ],
  ["an empty target", { ...validStack, target: "" }, "stateful:target", /give it a value/],
  ["no databases", without("databases"), "stateful:databases", /add one/],
  ["empty databases", { ...validStack, databases: {} }, "stateful:databases", /add one/],
  ["null databases", { ...validStack, databases: null }, "stateful:databases", /add an entry/],
  [
    "databases as a list",
    { ...validStack, databases: [{ engine: "mysql" }] },
    "stateful:databases",
    /without a dash/,
  ],
  ["databases as a text", { ...validStack, databases: "orders" }, "stateful:databases", /name: \{ … \}/],
  ["a bad namespace", { ...validStack, namespace: "My_Namespace" }, "stateful:namespace", /rename/],
  [
    "createNamespace as a text",
    { ...validStack, createNamespace: "maybe" },
    "stateful:createNamespace",
    /correct/,
  ],
  [
    "a bad cluster uid",
    { ...validStack, cluster: { uid: "prod" } },
    "stateful:cluster.uid",
    /kubectl get namespace/,
  ],
  [
    "an unknown key of the cluster",
    { ...validStack, cluster: { contxt: "a" } },
    "stateful:cluster.contxt",
    /"context"/,
  ],
  ["a cluster as a text", { ...validStack, cluster: "prod" }, "stateful:cluster", /correct the type/],
  [
    "passwords in plain text",
    { ...validStack, passwords: { orders: { password: "x" } }, plain: true },
    "stateful:passwords",
    /config set --secret/,
  ],
  [
    "a password for no database",
    { ...validStack, passwords: { order: { password: "x" } } },
    "stateful:passwords.order",
    /did you mean "orders"/,
  ],
  [
    "an unknown password",
    { ...validStack, passwords: { orders: { root: "x" } } },
    "stateful:passwords.orders.root",
    /no such key/,
  ],

  // A database
  [
    "an upper-case name",
    { ...validStack, databases: { Orders: { engine: "mysql" } } },
    "stateful:databases.Orders",
    /rename/,
  ],
  [
    "a name that begins with a digit",
    { ...validStack, databases: { "1db": { engine: "mysql" } } },
    "stateful:databases.1db",
    /rename/,
  ],
  [
    "a name that is too long",
    { ...validStack, databases: { ["o".repeat(53)]: { engine: "mysql" } } },
    `stateful:databases.${"o".repeat(53)}`,
    /rename/,
  ],
  ["no engine", { ...validStack, databases: { orders: { storage: "1Gi" } } }, `${ORDERS}.engine`, /add it/],
  ["an unknown engine", database({ engine: "mysq" }), `${ORDERS}.engine`, /did you mean "mysql"/],
  ["an engine that there is not", database({ engine: "oracle" }), `${ORDERS}.engine`, /choose one/],
  ["an unknown key", database({ replica: 1 }), `${ORDERS}.replica`, /did you mean "replicas"/],
  ["a null database", { ...validStack, databases: { orders: null } }, ORDERS, /give it a value/],
  ["a database as a list", { ...validStack, databases: { orders: ["mysql"] } }, ORDERS, /as a map/],
  ["an unsupported version", database({ version: "5.7" }), `${ORDERS}.version`, /"8.4"/],
  ["a version as a number that is none", database({ version: 8 }), `${ORDERS}.version`, /choose/],
  ["two replicas", database({ replicas: 2 }), `${ORDERS}.replicas`, /2 voters elect no better than 1/],
  ["four replicas", database({ replicas: 4 }), `${ORDERS}.replicas`, /4 voters elect no better than 3/],
  ["no replica", database({ replicas: 0 }), `${ORDERS}.replicas`, /choose 1/],
  ["a negative number of replicas", database({ replicas: -1 }), `${ORDERS}.replicas`, /choose 1/],
  ["half a replica", database({ replicas: 1.5 }), `${ORDERS}.replicas`, /correct/],
  ["replicas as a text", database({ replicas: "three" }), `${ORDERS}.replicas`, /correct/],
  ["a size in GB", database({ storage: "20GB" }), `${ORDERS}.storage`, /like 20Gi/],
  ["a size without a unit, as a number", database({ storage: 20 }), `${ORDERS}.storage`, /in quotes/],
  ["a negative size", database({ storage: "-1Gi" }), `${ORDERS}.storage`, /like 20Gi/],
  ["an empty size", database({ storage: "" }), `${ORDERS}.storage`, /correct/],
  [
    "too little memory",
    database({ resources: { memory: "100Mi" } }),
    `${ORDERS}.resources.memory`,
    /raise it to 512Mi/,
  ],
  ["memory in MB", database({ resources: { memory: "512MB" } }), `${ORDERS}.resources.memory`, /like 2Gi/],
  ["processors in words", database({ resources: { cpu: "two" } }), `${ORDERS}.resources.cpu`, /500m/],
  ["an unknown resource", database({ resources: { mem: "1Gi" } }), `${ORDERS}.resources.mem`, /"memory"/],
  [
    "a setting that is ours",
    database({ settings: { datadir: "/x" } }),
    `${ORDERS}.settings.datadir`,
    /remove it/,
  ],
  [
    "a setting that is ours, spelled otherwise",
    database({ settings: { "Server-ID": 7 } }),
    `${ORDERS}.settings.Server-ID`,
    /ordinal/,
  ],
  [
    "a setting on two lines",
    database({ settings: { sql_mode: "A\n[client]" } }),
    `${ORDERS}.settings.sql_mode`,
    /one setting a line/,
  ],
  ["settings as a list", database({ settings: ["a=b"] }), `${ORDERS}.settings`, /as a map/],
  [
    "a null setting",
    database({ settings: { max_connections: null } }),
    `${ORDERS}.settings.max_connections`,
    /give it a value/,
  ],
  ["a bad name of a database", database({ database: "my-db" }), `${ORDERS}.database`, /another name/],
  ["a user that the engine has", database({ username: "root" }), `${ORDERS}.username`, /another name/],
  ["a user with a quote", database({ username: "o'brien" }), `${ORDERS}.username`, /another name/],
  ["a secret in plain text", database({ password: "hunter2" }), `${ORDERS}.password`, /config set --secret/],
  [
    "a root password in plain text",
    database({ rootPassword: "hunter2" }),
    `${ORDERS}.rootPassword`,
    /change that password/,
  ],
  [
    "a bad name of a Secret",
    database({ existingSecret: "My Secret" }),
    `${ORDERS}.existingSecret.name`,
    /correct/,
  ],
  [
    "rotation of somebody else's Secret",
    database({ existingSecret: "mine", passwordRotation: "2" }),
    `${ORDERS}.passwordRotation`,
    /remove passwordRotation/,
  ],
  ["an unknown data policy", database({ dataPolicy: "keep" }), `${ORDERS}.dataPolicy`, /choose one/],
  [
    "protection as a text",
    database({ deletionProtection: "yes" }),
    `${ORDERS}.deletionProtection`,
    /correct/,
  ],
  [
    "minReadySeconds out of range",
    database({ minReadySeconds: 9999 }),
    `${ORDERS}.minReadySeconds`,
    /leave it out for 10/,
  ],
  ["an unknown exposure", database({ exposure: "ingress" }), `${ORDERS}.exposure.type`, /choose one/],
  [
    "exposure to nobody in particular",
    database({ exposure: "loadBalancer" }),
    `${ORDERS}.exposure.sourceRanges`,
    /who may connect/,
  ],
  [
    "a source range without a length",
    database({ exposure: { type: "loadBalancer", sourceRanges: ["10.0.0.1"] } }),
    `${ORDERS}.exposure.sourceRanges[0]`,
    /\/32/,
  ],
  [
    "a node port out of range",
    database({ exposure: { type: "nodePort", nodePort: 3306, sourceRanges: ["10.0.0.0/8"] } }),
    `${ORDERS}.exposure.nodePort`,
    /range/,
  ],
  [
    "a node port for a load balancer",
    database({ exposure: { type: "loadBalancer", nodePort: 30306, sourceRanges: ["10.0.0.0/8"] } }),
    `${ORDERS}.exposure.nodePort`,
    /type: nodePort/,
  ],
  [
    "a client without a name",
    database({ allowedClients: [{}] }),
    `${ORDERS}.allowedClients[0]`,
    /name the client/,
  ],
  [
    "a client by address and label",
    database({ allowedClients: [{ cidr: "10.0.0.0/8", namespace: "a" }] }),
    `${ORDERS}.allowedClients[0]`,
    /one of these/,
  ],
  [
    "a client with a bad address",
    database({ allowedClients: [{ cidr: "10.0.0.0" }] }),
    `${ORDERS}.allowedClients[0].cidr`,
    /prefix/,
  ],
  [
    "a bad effect of a toleration",
    database({ tolerations: [{ key: "a", effect: "Never" }] }),
    `${ORDERS}.tolerations[0].effect`,
    /choose one/,
  ],
  [
    "a bad operator of a toleration",
    database({ tolerations: [{ key: "a", operator: "In" }] }),
    `${ORDERS}.tolerations[0].operator`,
    /choose one/,
  ],
  [
    "an unknown spread",
    database({ affinity: { spread: "always" } }),
    `${ORDERS}.affinity.spread`,
    /choose one/,
  ],
  ["zones as a text", database({ zones: "eu-central-1a" }), `${ORDERS}.zones`, /as a list/],
  ["empty zones", database({ zones: [] }), `${ORDERS}.zones`, /correct/],
  [
    "a label that is ours",
    database({ labels: { "app.kubernetes.io/name": "x" } }),
    `${ORDERS}.labels.app.kubernetes.io/name`,
    /prefix of your own/,
  ],
  [
    "a bad value of a label",
    database({ labels: { team: "my team" } }),
    `${ORDERS}.labels.team`,
    /annotations/,
  ],
  ["a label that is no text", database({ labels: { team: true } }), `${ORDERS}.labels.team`, /"true"/],
  [
    "a bad key of an annotation",
    database({ annotations: { "a b": "c" } }),
    `${ORDERS}.annotations.a b`,
    /correct the key/,
  ],
  [
    "two databases whose Services meet",
    { ...validStack, databases: { orders: { engine: "mysql" }, "orders-replicas": { engine: "mysql" } } },
    "stateful:databases.orders-replicas",
    /rename/,
  ],

  // Storage on bare metal
  [
    "more replicas than nodes",
    bareMetal({ ...local, nodes: ["node-1"] }, { replicas: 3 }),
    `${ORDERS}.replicas`,
    /add 2 more/,
  ],
  [
    "a class without a path",
    bareMetal({ className: "manual", nodes: ["node-1"] }),
    "stateful:storage.path",
    /existing: true/,
  ],
  [
    "a class without nodes",
    bareMetal({ className: "manual", path: "/mnt/data" }),
    "stateful:storage.nodes",
    /existing: true/,
  ],
  [
    "a path for a class that exists",
    bareMetal({ ...local, existing: true }),
    "stateful:storage.path",
    /remove/,
  ],
  ["nodes without a class", bareMetal({ nodes: ["node-1"] }), "stateful:storage.nodes", /className: manual/],
  ["a relative path", bareMetal({ ...local, path: "mnt/data" }), "stateful:storage.path", /like \/mnt\/data/],
  ["the root as a path", bareMetal({ ...local, path: "/" }), "stateful:storage.path", /like \/mnt\/data/],
  [
    "a node twice",
    bareMetal({ ...local, nodes: ["node-1", "node-1"] }),
    "stateful:storage.nodes",
    /duplicate/,
  ],
  [
    "a bad name of a node",
    bareMetal({ ...local, nodes: ["Node 1"] }),
    "stateful:storage.nodes[0]",
    /correct/,
  ],
  [
    "an existing class without a name",
    bareMetal({ existing: true }),
    "stateful:storage.className",
    /default class/,
  ],
  [
    "a bad name of a class",
    bareMetal({ ...local, className: "My Class" }),
    "stateful:storage.className",
    /correct/,
  ],
  [
    "a cloud key on bare metal",
    bareMetal({ ...local, iops: 3000 }),
    "stateful:storage.iops",
    /target to cloud/,
  ],
  [
    "an unknown key of storage",
    bareMetal({ ...local, node: [] }),
    "stateful:storage.node",
    /did you mean "nodes"/,
  ],
  ["storage as a list", bareMetal(["manual"]), "stateful:storage", /as a map/],
  ["null storage", bareMetal(null), "stateful:storage", /give it a value/],
  [
    "a pinned node that is not in the list",
    bareMetal(local, { nodes: ["node-4"] }),
    `${ORDERS}.nodes`,
    /did you mean|add it/,
  ],
  [
    "too many pinned nodes",
    bareMetal(local, { nodes: ["node-1", "node-2"] }),
    `${ORDERS}.nodes`,
    /as many nodes/,
  ],
  ["a node pinned twice", bareMetal(local, { nodes: ["node-1", "node-1"] }), `${ORDERS}.nodes`, /duplicate/],
  ["pinned nodes without volumes of ours", database({ nodes: ["node-1"] }), `${ORDERS}.nodes`, /nodeLabels/],

  // Storage in the cloud
  [
    "a bare-metal key in a cloud stack",
    cloud({ path: "/mnt/data" }),
    "stateful:storage.path",
    /target to bare-metal/,
  ],
  ["too few IOPS", cloud({ type: "gp3", iops: 100 }), "stateful:storage.iops", /leave it out for 3000/],
  ["too many IOPS", cloud({ type: "gp3", iops: 80_001 }), "stateful:storage.iops", /range/],
  ["too much throughput", cloud({ type: "gp3", throughput: 2001 }), "stateful:storage.throughput", /range/],
  [
    "more throughput than the IOPS allow",
    cloud({ type: "gp3", throughput: 1000 }),
    "stateful:storage.throughput",
    /raise iops to 4000/,
  ],
  ["another type of volume", cloud({ type: "gp2" }), "stateful:storage.type", /did you mean "gp3"/],
  ["figures without a type", cloud({ iops: 4000 }), "stateful:storage.type", /type: gp3/],
  [
    "a type for a class that exists",
    cloud({ type: "gp3", className: "fast", existing: true }),
    "stateful:storage.type",
    /remove/,
  ],
  [
    "a key by its alias",
    cloud({ type: "gp3", kmsKeyId: "alias/mine" }),
    "stateful:storage.kmsKeyId",
    /whole ARN/,
  ],
  [
    "two keys",
    cloud({ type: "gp3", kmsKeyId: "arn:aws:kms:eu-central-1:111122223333:key/x", createKmsKey: true }),
    "stateful:storage.kmsKeyId",
    /remove createKmsKey/,
  ],
  [
    "a driver without a cluster",
    cloud({ type: "gp3", csiDriver: { install: true } }),
    "stateful:storage.csiDriver.clusterName",
    /add clusterName/,
  ],
  ["a zone twice", cloud({ type: "gp3", zones: ["a", "a"] }), "stateful:storage.zones", /duplicate/],

  // Applications
  [
    "an application without an image",
    { ...validStack, applications: { shop: { port: 80 } } },
    `${SHOP}.image`,
    /add it/,
  ],
  [
    "an application for no database",
    application({ database: "order" }),
    `${SHOP}.database`,
    /did you mean "orders"/,
  ],
  ["a port out of range", application({ port: 70_000 }), `${SHOP}.port`, /port/],
  ["a secret in a variable", application({ env: { API_TOKEN: "x" } }), `${SHOP}.env.API_TOKEN`, /secretEnv/],
  ["a bad name of a variable", application({ env: { "A-B": "x" } }), `${SHOP}.env.A-B`, /rename/],
  [
    "a volume that two replicas cannot share",
    application({ volume: { mountPath: "/x", storage: "1Gi" } }),
    `${SHOP}.volume.accessMode`,
    /replicas: 1/,
  ],
  [
    "an autoscaler without room",
    application({ autoscaling: { minReplicas: 5, maxReplicas: 3 } }),
    `${SHOP}.autoscaling.maxReplicas`,
    /5 or more/,
  ],
  [
    "an application with a database's name",
    { ...validStack, applications: { orders: { image: "a", port: 80 } } },
    "stateful:applications.orders",
    /rename/,
  ],
];

describe("bad inputs", () => {
  for (const [what, stack, key, advice] of BAD_INPUTS) {
    it(`refuses ${what}`, () => {
      const { plain, ...config } = stack;
      const found = mistakes(config, plain ? [] : ["passwords"]);
      const problem = found.find((candidate) => candidate.key === key && advice.test(candidate.fix));
      assert.ok(problem, `no problem at ${key} with ${advice} among ${JSON.stringify(found, null, 2)}`);
      assert.ok(problem.allowed.length > 0);
    });
  }

  it("reports all of them at once", () => {
    const found = mistakes({
      target: "cloud",
      storage: { path: "/x", iops: 1 },
      databases: { A: { engine: "mysql" }, orders: { engine: "mysql", storage: "1GB", replicas: 2 }, b: [] },
      unknown: 1,
    });
    assert.deepEqual(found.map(({ key }) => key).sort(), [
      "stateful:databases.A",
      "stateful:databases.b",
      "stateful:databases.orders.replicas",
      "stateful:databases.orders.storage",
      "stateful:storage.iops",
      "stateful:storage.path",
      "stateful:storage.type",
      "stateful:unknown",
    ]);
  });

  it("never repeats a secret in a message", () => {
    const found = mistakes(database({ password: "hunter2" }));
    assert.ok(!JSON.stringify(found).includes("hunter2"));
  });

  it("refuses a secret outside stateful:passwords, which would hide the rest of the stack", () => {
    assert.deepEqual(
      mistakes(validStack, ["databases"]).map(({ key }) => key),
      ["stateful:databases"],
    );
  });
});
