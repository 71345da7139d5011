import { z } from "zod";

// The shape of a stack's configuration: which keys there are, and of what type. What their values must be to
// make sense together is checked by checks.ts and by the components themselves.

/** A map with these keys and no others. The error lists them, so that a typo can be told what was meant. */
function keys<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? Object.keys(shape).join(", ") : undefined),
  });
}

const text = z.string().min(1);
const textList = z.array(text).min(1);
const textMap = z.record(z.string(), z.string());
/** Accepts `cpu: 1` beside `cpu: "1"` and `cpu: 500m`. */
const numberOrText = z.preprocess((value) => (typeof value === "number" ? String(value) : value), text);
/** Settings are written as they are in the engine's own files: `max_connections: 500`, `mysqlx: ON`. */
const settings = z.record(
  z.string(),
  z.preprocess((value) => (["number", "boolean"].includes(typeof value) ? String(value) : value), z.string()),
);
/** Lets `namespace: databases` stand for `namespace: { name: databases }`. */
function named<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => (typeof value === "string" ? { name: value } : value), schema);
}

const resources = keys({
  cpu: numberOrText.optional(),
  memory: text.optional(),
  cpuLimit: numberOrText.optional(),
});
const tolerations = z.array(
  keys({
    key: text.optional(),
    operator: text.optional(),
    value: z.string().optional(),
    effect: text.optional(),
    tolerationSeconds: z.int().min(0).optional(),
  }),
);
const affinity = keys({
  nodeLabels: z.record(z.string(), textList).optional(),
  spread: text.optional(),
});
const exposure = z.preprocess(
  (value) => (typeof value === "string" ? { type: value } : value),
  keys({
    type: text.optional(),
    sourceRanges: z.array(text).optional(),
    annotations: textMap.optional(),
    nodePort: z.int().optional(),
  }),
);

/** One database. */
export const databaseSchema = keys({
  engine: text,
  version: numberOrText.optional(),
  image: text.optional(),
  agentImage: text.optional(),
  imagePullSecrets: textList.optional(),
  replicas: z.int().optional(),
  storage: text.optional(),
  resources: resources.optional(),
  settings: settings.optional(),
  durability: text.optional(),
  tls: keys({
    existingSecret: text.optional(),
    issuer: named(keys({ name: text, kind: text.optional(), group: text.optional() })).optional(),
    dnsNames: textList.optional(),
    required: z.boolean().optional(),
    verifyMembers: z.boolean().optional(),
  }).optional(),
  database: text.optional(),
  username: text.optional(),
  existingSecret: named(
    keys({ name: text, passwordKey: text.optional(), adminPasswordKey: text.optional() }),
  ).optional(),
  passwordRotation: numberOrText.optional(),
  revokePreviousPassword: z.boolean().optional(),
  existingMemberSecret: text.optional(),
  memberPasswordRotation: numberOrText.optional(),
  dataPolicy: text.optional(),
  deletionProtection: z.boolean().optional(),
  admissionPolicy: z.boolean().optional(),
  minReadySeconds: z.int().optional(),
  terminationGracePeriodSeconds: z.int().min(1).optional(),
  extensions: textList.optional(),
  clientHba: textList.optional(),
  pooler: keys({
    replicas: z.int().optional(),
    mode: text.optional(),
    poolSize: z.int().optional(),
    maxClients: z.int().optional(),
    image: text.optional(),
    userId: z.int().optional(),
    resources: resources.optional(),
  }).optional(),
  userId: z.int().optional(),
  binaries: text.optional(),
  exposure: exposure.optional(),
  allowedClients: z
    .array(keys({ podLabels: textMap.optional(), namespace: text.optional(), cidr: text.optional() }))
    .optional(),
  tolerations: tolerations.optional(),
  affinity: affinity.optional(),
  zones: textList.optional(),
  nodes: textList.optional(),
  labels: textMap.optional(),
  annotations: textMap.optional(),
});

/** One application. */
export const applicationSchema = keys({
  image: text,
  imagePullSecrets: textList.optional(),
  port: z.int(),
  servicePort: z.int().optional(),
  replicas: z.int().optional(),
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  secretEnv: z.record(z.string(), keys({ secretName: text, key: text })).optional(),
  database: text.optional(),
  connectionPrefix: text.optional(),
  resources: resources.optional(),
  probe: keys({
    path: text,
    livenessPath: text.optional(),
    periodSeconds: z.int().min(1).optional(),
    startupSeconds: z.int().min(1).optional(),
  }).optional(),
  autoscaling: keys({
    minReplicas: z.int().optional(),
    maxReplicas: z.int(),
    targetCpuPercent: z.int().optional(),
  }).optional(),
  volume: keys({
    mountPath: text,
    storage: text,
    storageClassName: text.optional(),
    accessMode: text.optional(),
  }).optional(),
  userId: z.int().min(1).optional(),
  writableRootFilesystem: z.boolean().optional(),
  exposure: exposure.optional(),
  tolerations: tolerations.optional(),
  affinity: affinity.optional(),
  zones: textList.optional(),
  labels: textMap.optional(),
  annotations: textMap.optional(),
});

/** Storage on bare metal. */
export const bareMetalStorageSchema = keys({
  className: text.optional(),
  existing: z.boolean().optional(),
  path: text.optional(),
  nodes: textList.optional(),
  requireMount: z.boolean().optional(),
  nodeStorageImage: text.optional(),
  nodeStoragePullSecrets: textList.optional(),
  nodeStorageNamespace: text.optional(),
});

/** Storage in the cloud. */
export const cloudStorageSchema = keys({
  className: text.optional(),
  existing: z.boolean().optional(),
  type: z.enum(["gp3"]).optional(),
  iops: z.number().optional(),
  throughput: z.number().optional(),
  encrypted: z.boolean().optional(),
  kmsKeyId: text.optional(),
  createKmsKey: z.boolean().optional(),
  volumeAttributesClass: z.boolean().optional(),
  snapshotClass: z.boolean().optional(),
  zones: textList.optional(),
  deletionProtection: z.boolean().optional(),
  csiDriver: keys({
    install: z.boolean().optional(),
    clusterName: text.optional(),
    addonVersion: text.optional(),
  }).optional(),
});

/** Passwords of one database. */
export const passwordsSchema = keys({ password: text.optional(), adminPassword: text.optional() });

/** Pulumi hands every value over as a text. */
const TRUTH = new Map<unknown, boolean>([
  ["true", true],
  ["false", false],
]);

/** The keys of a stack that are not lists of their own. */
export const scalarSchemas = {
  target: z.enum(["cloud", "bare-metal"]),
  namespace: text,
  createNamespace: z.preprocess((value) => TRUTH.get(value) ?? value, z.boolean()),
  cluster: keys({ context: text.optional(), uid: text.optional() }),
};

/** Every key below `stateful:`. */
export const STACK_KEYS = [
  "target",
  "namespace",
  "createNamespace",
  "cluster",
  "storage",
  "databases",
  "applications",
  "passwords",
] as const;
