import type { BadInput } from "./stacks";
import { validStack } from "../support/stack";

const LOGS = "stateful:logCollection";
const NODES = "stateful:nodeMonitoring";
const logs = (more: unknown) => ({ ...validStack, logCollection: more });
const to = (receiver: unknown) => logs({ to: receiver });
const nodes = (more: unknown) => ({ ...validStack, nodeMonitoring: more });

/** Mistakes of the agents on nodes. */
export const BAD_NODE_AGENTS: BadInput[] = [
  ["a collection without a receiver", logs(true), `${LOGS}.to`, /say where lines are sent/],
  ["a receiver that is turned off", to({ stdout: false }), `${LOGS}.to`, /say where lines are sent/],
  ["an unknown receiver", to({ lokki: { url: "https://a" } }), `${LOGS}.to.lokki`, /did you mean "loki"/],
  ["an unknown receiver by its name alone", to("splunk"), `${LOGS}.to.splunk`, /remove it/],
  ["a receiver by its name alone that needs more", to("loki"), `${LOGS}.to.loki.url`, /add it/],
  [
    "two receivers",
    to({ stdout: true, http: { url: "http://a", anonymous: true } }),
    `${LOGS}.to`,
    /keep one of them/,
  ],
  [
    "a receiver without a host",
    to({ loki: { url: "https://", credentials: "a" } }),
    `${LOGS}.to.loki.url`,
    /where it is/,
  ],
  [
    "a host alone",
    to({ http: { url: "logs.acme:9200", anonymous: true } }),
    `${LOGS}.to.http.url`,
    /https:\/\/logs\.example/,
  ],
  [
    "another protocol",
    to({ http: { url: "tcp://logs.acme:5000", anonymous: true } }),
    `${LOGS}.to.http.url`,
    /https:\/\/logs\.example/,
  ],
  [
    "a password in an address",
    to({ openSearch: { url: "https://me:hunter2@logs.acme", anonymous: true } }),
    `${LOGS}.to.openSearch.url`,
    /credentials/,
  ],
  [
    "a receiver without credentials",
    to({ openSearch: { url: "https://logs.acme" } }),
    `${LOGS}.to.openSearch`,
    /existingSecret.*anonymous: true/,
  ],
  [
    "credentials for one that asks for none",
    to({ loki: { url: "https://logs.acme", credentials: "a", anonymous: true } }),
    `${LOGS}.to.loki`,
    /keep one of the two/,
  ],
  [
    "a password that everybody on the way can read",
    to({ loki: { url: "http://loki.monitoring.svc:3100", credentials: "a" } }),
    `${LOGS}.to.loki.credentials`,
    /write https/,
  ],
  [
    "an authority for no certificate",
    to({ loki: { url: "http://loki", anonymous: true, caSecret: "a" } }),
    `${LOGS}.to.loki.caSecret`,
    /write https/,
  ],
  [
    "a Secret that cannot be",
    to({ loki: { url: "https://loki", credentials: "My Secret" } }),
    `${LOGS}.to.loki.credentials.existingSecret`,
    /correct the name/,
  ],
  [
    "a password in place of a Secret",
    to({ loki: { url: "https://loki", password: "hunter2" } }),
    `${LOGS}.to.loki.password`,
    /pulumi config set --secret/,
  ],
  [
    "a token for OpenSearch",
    to({ openSearch: { url: "https://a", credentials: { existingSecret: "a", token: true } } }),
    `${LOGS}.to.openSearch.credentials.token`,
    /remove it/,
  ],
  ["a bucket without credentials", to({ s3: { bucket: "acme" } }), `${LOGS}.to.s3`, /name the Secret/],
  [
    "a bucket's address with s3://",
    to({ s3: { bucket: "s3://acme", identity: "pod" } }),
    `${LOGS}.to.s3.bucket`,
    /alone/,
  ],
  [
    "an index that cannot be",
    to({ openSearch: { url: "https://a", anonymous: true, index: "Logs" } }),
    `${LOGS}.to.openSearch.index`,
    /without the date/,
  ],
  [
    "a tenant that cannot be",
    to({ loki: { url: "https://a", anonymous: true, tenant: "a/b" } }),
    `${LOGS}.to.loki.tenant`,
    /tenant's id/,
  ],
  ["a buffer larger than allowed", logs({ to: "stdout", buffer: "1Ti" }), `${LOGS}.buffer`, /512Mi/],
  ["a buffer of nothing", logs({ to: "stdout", buffer: "1Mi" }), `${LOGS}.buffer`, /512Mi/],
  ["a buffer that is no size", logs({ to: "stdout", buffer: "1GB" }), `${LOGS}.buffer`, /write it like/],
  [
    "a collector without memory",
    logs({ to: "stdout", resources: { memory: "32Mi" } }),
    `${LOGS}.resources.memory`,
    /128Mi or more/,
  ],
  [
    "an unknown key of the collection",
    logs({ to: "stdout", bufer: "1Gi" }),
    `${LOGS}.bufer`,
    /did you mean "buffer"/,
  ],
  [
    "the databases' namespace for the collector",
    logs({ to: "stdout", namespace: "databases" }),
    `${LOGS}.namespace`,
    /stateful:namespace has it/,
  ],
  [
    "a stack in the collector's namespace",
    { ...logs({ to: "stdout" }), namespace: "stateful-logs" },
    `${LOGS}.namespace`,
    /name another one/,
  ],
  [
    "one namespace for two agents",
    { ...logs({ to: "stdout" }), nodeMonitoring: { namespace: "stateful-logs" } },
    `${NODES}.namespace`,
    /stateful:logCollection\.namespace has it/,
  ],
  [
    "the node storage's namespace for an exporter",
    {
      ...nodes({ namespace: "stateful-storage" }),
      storage: { className: "manual", path: "/mnt/data", nodes: ["a"] },
    },
    `${NODES}.namespace`,
    /nodeStorageNamespace has it/,
  ],
  ["an exporter as a text", nodes("yes"), NODES, /correct the type/],
  ["an update of no pod", nodes({ maxUnavailable: 0 }), `${NODES}.maxUnavailable`, /write it like/],
  [
    "a priority that cannot be",
    nodes({ priorityClassName: "Very High" }),
    `${NODES}.priorityClassName`,
    /get priorityclasses/,
  ],
  [
    "a label of nodes that cannot be",
    nodes({ nodeLabels: { "a b": ["x"] } }),
    `${NODES}.nodeLabels.a b`,
    /show-labels/,
  ],
];
