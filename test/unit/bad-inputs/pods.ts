import { type BadInput, database, ORDERS } from "./stacks";

const pod = (more: object) => database({ pod: more });
const POD = `${ORDERS}.pod`;
const image = "acme/shipper:1";

const REPLICAS = `${ORDERS}.replicasExposure`;
const nodePort = { type: "nodePort", nodePort: 30306, sourceRanges: ["192.0.2.0/24"] };

/** Mistakes in what pods are to have beside what makes them members, and in how replicas are reached. */
export const BAD_PODS: BadInput[] = [
  [
    "an unknown key of the pod",
    pod({ priorityClas: "a" }),
    `${POD}.priorityClas`,
    /did you mean "priorityClassName"/,
  ],
  [
    "a priority class that cannot be",
    pod({ priorityClassName: "High!" }),
    `${POD}.priorityClassName`,
    /as the cluster has it/,
  ],
  [
    "the label that says who is primary",
    pod({ labels: { role: "primary" } }),
    `${POD}.labels.role`,
    /remove it/,
  ],
  [
    "a standard label of pods",
    pod({ labels: { "app.kubernetes.io/instance": "other" } }),
    `${POD}.labels.app.kubernetes.io/instance`,
    /remove it/,
  ],
  [
    "an annotation of ours",
    pod({ annotations: { "stateful/state": "x" } }),
    `${POD}.annotations.stateful/state`,
    /remove it/,
  ],
  [
    "a variable that pods are run by",
    pod({ env: { STATEFUL_VOLUME: "/tmp" } }),
    `${POD}.env.STATEFUL_VOLUME`,
    /settings/,
  ],
  [
    "a variable that the server is run by",
    pod({ env: { MYSQL_HOME: "/tmp" } }),
    `${POD}.env.MYSQL_HOME`,
    /settings/,
  ],
  [
    "a secret in a server's variable",
    pod({ env: { API_TOKEN: "abc" } }),
    `${POD}.env.API_TOKEN`,
    /secretEnv/,
  ],
  ["a volume of nothing", pod({ volumes: [{ name: "a" }] }), `${POD}.volumes[0]`, /what is in the volume/],
  [
    "a volume of two things",
    pod({ volumes: [{ name: "a", configMap: "b", secret: "c" }] }),
    `${POD}.volumes[0]`,
    /what is in the volume/,
  ],
  [
    "two volumes of one name",
    pod({
      volumes: [
        { name: "a", size: "1Mi" },
        { name: "a", size: "2Mi" },
      ],
    }),
    `${POD}.volumes[1]`,
    /rename/,
  ],
  [
    "a mount of no volume",
    pod({ mounts: [{ volume: "a", path: "/mnt/a" }] }),
    `${POD}.mounts[0].volume`,
    /pod\.volumes/,
  ],
  [
    "a mount over the server's data",
    pod({ volumes: [{ name: "a", size: "1Mi" }], mounts: [{ volume: "a", path: "/var/lib/mysql" }] }),
    `${POD}.mounts[0].path`,
    /\/mnt\/a/,
  ],
  [
    "a mount that climbs",
    pod({ volumes: [{ name: "a", size: "1Mi" }], mounts: [{ volume: "a", path: "/mnt/../var" }] }),
    `${POD}.mounts[0].path`,
    /\/mnt\/files/,
  ],
  [
    "a sidecar by the server's name",
    pod({ sidecars: [{ name: "mysql", image }] }),
    `${POD}.sidecars[0].name`,
    /rename/,
  ],
  [
    "a sidecar by the agent's name",
    pod({ sidecars: [{ name: "agent", image }] }),
    `${POD}.sidecars[0].name`,
    /rename/,
  ],
  ["a sidecar without an image", pod({ sidecars: [{ name: "a" }] }), `${POD}.sidecars[0].image`, /add it/],
  [
    "a sidecar of root's",
    pod({ sidecars: [{ name: "a", image, userId: 0 }] }),
    `${POD}.sidecars[0].userId`,
    /image's own/,
  ],
  [
    "a sidecar's memory without a unit",
    pod({ sidecars: [{ name: "a", image, memory: "12x" }] }),
    `${POD}.sidecars[0].memory`,
    /128Mi/,
  ],
  [
    "an annotation of Services that cannot be",
    database({ serviceAnnotations: { "a b": "c" } }),
    `${ORDERS}.serviceAnnotations.a b`,
    /correct the key/,
  ],
  [
    "a key of elsewhere",
    database({ priorityClassName: "a" }),
    `${ORDERS}.priorityClassName`,
    /pod: \{ priorityClassName/,
  ],
  [
    "replicas to be reached of one member",
    database({ replicasExposure: nodePort }),
    REPLICAS,
    /more replicas/,
  ],
  [
    "one port of the nodes for a primary and its replicas",
    database({ replicas: 3, exposure: nodePort, replicasExposure: nodePort }),
    `${REPLICAS}.nodePort`,
    /another one/,
  ],
  [
    "replicas that everybody is to reach",
    database({ replicas: 3, replicasExposure: "loadBalancer" }),
    `${REPLICAS}.sourceRanges`,
    /name who may connect/,
  ],
];
