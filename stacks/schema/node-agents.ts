import { z } from "zod";
import type {
  LogCollectionArgs,
  LogCredentialsArgs,
  LogDestinationArgs,
  LogEndpointArgs,
  LogLokiArgs,
  LogOpenSearchArgs,
  LogS3Args,
  NodeAgentArgs,
  NodeMonitoringArgs,
} from "../../components/node-agents/args";
import { alsoAs, keys, numberOrText, resources, type ShapeOf, text, textList } from "./parts";

/** What of a component's arguments follows from the stack. */
type FromStack = "labels" | "monitoring" | "retainingProvider";

const agent = {
  image: text.optional(),
  imagePullSecrets: textList.optional(),
  resources: resources.optional(),
  priorityClassName: text.optional(),
  nodeLabels: z.record(z.string(), textList).optional(),
  maxUnavailable: numberOrText.optional(),
} satisfies ShapeOf<Omit<NodeAgentArgs, FromStack>>;

const enabled = { enabled: z.boolean().optional() };

/** Pulumi hands every value over as a text. */
const SWITCH = new Map<unknown, boolean>([
  ["true", true],
  ["false", false],
]);

/** Lets `true` and `false` stand for a block without more keys. */
function switched<Schema extends z.ZodType>(schema: Schema) {
  const turn = (value: unknown): unknown => {
    const on = SWITCH.get(value) ?? value;
    return typeof on === "boolean" ? { enabled: on } : value;
  };
  return alsoAs({ type: "boolean" }, turn, schema);
}

const credentials = alsoAs(
  { type: "string" },
  (value) => (typeof value === "string" ? { existingSecret: value } : value),
  keys({ existingSecret: text, token: z.boolean().optional() } satisfies ShapeOf<LogCredentialsArgs>),
);

const endpoint = {
  url: text,
  credentials: credentials.optional(),
  anonymous: z.boolean().optional(),
  caSecret: text.optional(),
} satisfies ShapeOf<LogEndpointArgs>;

/** Lets `to: stdout` stand for `to: { stdout: true }`, and tells of others what they lack. */
const destination = alsoAs(
  { const: "stdout" },
  (value) => (typeof value === "string" ? { [value]: value === "stdout" ? true : {} } : value),
  keys({
    stdout: z.boolean().optional(),
    openSearch: keys({ ...endpoint, index: text.optional() } satisfies ShapeOf<LogOpenSearchArgs>).optional(),
    loki: keys({ ...endpoint, tenant: text.optional() } satisfies ShapeOf<LogLokiArgs>).optional(),
    s3: keys({
      bucket: text,
      prefix: text.optional(),
      region: text.optional(),
      endpoint: text.optional(),
      caSecret: text.optional(),
      credentials: credentials.optional(),
      identity: text.optional(),
    } satisfies ShapeOf<LogS3Args>).optional(),
    http: keys(endpoint).optional(),
  } satisfies ShapeOf<LogDestinationArgs>),
);

/** What a stack can say of the collection of its pods' output. */
export const logCollection = switched(
  keys({
    ...enabled,
    ...agent,
    to: destination.optional(),
    buffer: text.optional(),
    namespace: text.optional(),
  } satisfies ShapeOf<
    Omit<LogCollectionArgs, FromStack | "to" | "podNamespace" | "databases" | "applications" | "formats"> &
      Partial<Pick<LogCollectionArgs, "to">> & { enabled?: boolean }
  >),
);

/** What a stack can say of its nodes' figures. */
export const nodeMonitoring = switched(
  keys({
    ...enabled,
    ...agent,
    network: z.boolean().optional(),
    namespace: text.optional(),
  } satisfies ShapeOf<Omit<NodeMonitoringArgs, FromStack> & { enabled?: boolean }>),
);
