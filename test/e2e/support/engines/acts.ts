/** What somebody does who has a database's account, or took it over: as arguments of kubectl, for the database `orders`. */
export type Act = [what: string, ...args: string[]];

export const patch = (object: string, body: object): string[] => [
  "patch",
  object,
  "--type=merge",
  `--patch=${JSON.stringify(body)}`,
];
export const slice = "endpointslices.discovery.k8s.io";
export const led = { endpoints: [{ addresses: ["198.18.255.255"] }] };

/** What agents do that tell of their members, and lead clients to them. */
export const SHOWS_ITSELF: Act = [
  "shows what its pod is",
  ...patch("pod/orders-0", {
    metadata: {
      labels: { role: "primary" },
      annotations: { "stateful/state": "serve", "stateful/notices": "[]" },
    },
  }),
];
export const LEADS_CLIENTS: Act = [
  "leads clients to itself",
  ...patch(`${slice}/orders`, { metadata: { annotations: { "stateful/fence": "1.1" } }, ...led }),
];
export const LEADS_READS: Act = ["leads reads to its replicas", ...patch(`${slice}/orders-replicas`, led)];
/** What they do to find out who belongs to whom. */
export const MAKES_MARKER: Act = ["makes its marker", "create", "configmap", "orders-bootstrap"];
export const READS_MARKER: Act = ["reads its marker", "get", "configmap", "orders-bootstrap"];
export const READS_SET: Act = ["reads its set", "auth", "can-i", "get", "statefulsets/orders"];
