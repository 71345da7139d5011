import { application, type BadInput, SHOP, without } from "./stacks";
import { validStack } from "../support/stack";

/** Mistakes of a stack as a whole, and of its applications. */
export const BAD_STACKS: BadInput[] = [
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
  [
    "a PodMonitor where nobody may ask for figures",
    { ...validStack, monitoring: { podMonitor: true } },
    "stateful:monitoring.scrapers",
    /name Prometheus/,
  ],
  [
    "an interval in which alerts would see too little",
    { ...validStack, monitoring: { scrapers: [], podMonitor: { interval: "5m" } } },
    "stateful:monitoring.podMonitor.interval",
    /write it like 15s/,
  ],
  [
    "a standard label for the operator",
    { ...validStack, monitoring: { prometheusRule: { labels: { "app.kubernetes.io/name": "x" } } } },
    "stateful:monitoring.prometheusRule.labels.app.kubernetes.io/name",
    /remove it/,
  ],
  [
    "a runbook that is no page",
    { ...validStack, monitoring: { prometheusRule: { runbookUrl: "wiki/runbook" } } },
    "stateful:monitoring.prometheusRule.runbookUrl",
    /leave it out/,
  ],
  [
    "a scraper without a name",
    { ...validStack, monitoring: { scrapers: [{}] } },
    "stateful:databases.orders.monitoring.scrapers[0]",
    /name the client/,
  ],
  [
    "an unknown key of monitoring",
    { ...validStack, monitoring: { podMonitors: true } },
    "stateful:monitoring.podMonitors",
    /did you mean "podMonitor"/,
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
  [
    "a variable that the connection sets",
    application({ database: "orders", env: { DATABASE_HOST: "x" } }),
    `${SHOP}.env.DATABASE_HOST`,
    /connectionPrefix/,
  ],
  ["an application's image that cannot be", application({ image: "shop:" }), `${SHOP}.image`, /correct it/],
  [
    "one port of the nodes for two",
    {
      ...application({ exposure: { type: "nodePort", nodePort: 30306, sourceRanges: ["10.0.0.0/8"] } }),
      databases: {
        orders: {
          engine: "mysql",
          exposure: { type: "nodePort", nodePort: 30306, sourceRanges: ["10.0.0.0/8"] },
        },
      },
    },
    `${SHOP}.exposure.nodePort`,
    /databases.orders has it/,
  ],
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
