import { z } from "zod";
import type { DatabaseArgs, LogsArgs } from "../../components/database/args";
import { DataPolicy } from "../../components/common/retention";
import type { ExistingSecretArgs } from "../../components/credentials/database-credentials";
import { Grant, type MoreDatabaseArgs, type UserArgs } from "../../components/credentials/user-args";
import type { StorageGrowthArgs } from "../../components/storage/growth-args";
import type { IssuerArgs, TlsArgs } from "../../components/tls/args";
import { type HugePagesArgs, HugePageSize } from "../../components/database/huge-pages";
import { type MaintenanceArgs, PrimaryUpdate } from "../../components/database/maintenance";
import type { FollowArgs, FollowCredentialsArgs } from "../../components/database/follow-args";
import { backup } from "./backup";
import { monitoringShape } from "./monitoring";
import { pod } from "./pod";
import { restoreFrom } from "./restore";
import {
  affinity,
  alsoAs,
  client,
  exposure,
  keys,
  named,
  numberOrText,
  resources,
  settings,
  type ShapeOf,
  text,
  textList,
  textMap,
  tolerations,
} from "./parts";

/** What the program gives to a database, and a stack file does not. Passwords stand in a place of their own. */
type OfProgram =
  | "namespace"
  | "agentConfigMap"
  | "storageClassName"
  | "storageExpandable"
  | "volumeAttributesClassName"
  | "retainingProvider"
  | "password"
  | "adminPassword";

/** What a stack file can say of a database, by the arguments of its component. */
export type DatabaseShape<Args extends DatabaseArgs> = ShapeOf<Omit<Args, OfProgram>>;

const tls = keys({
  existingSecret: text.optional(),
  issuer: named(
    keys({ name: text, kind: text.optional(), group: text.optional() } satisfies ShapeOf<IssuerArgs>),
  ).optional(),
  dnsNames: textList.optional(),
  required: z.boolean().optional(),
  verifyMembers: z.boolean().optional(),
} satisfies ShapeOf<Omit<TlsArgs, "authority">>);

const existingSecret = keys({
  name: text,
  passwordKey: text.optional(),
  adminPasswordKey: text.optional(),
} satisfies ShapeOf<ExistingSecretArgs>);

/** `reader: {}` and `reader:` alone are the same. */
const user = alsoAs(
  { type: "null" },
  (value) => value ?? {},
  keys({
    grants: z.record(z.string(), z.enum(Grant)).optional(),
    administrator: z.boolean().optional(),
    passwordRotation: numberOrText.optional(),
    absent: z.boolean().optional(),
  } satisfies ShapeOf<Omit<UserArgs, "password">>),
);

/** `databases: [reports]` stands for `{ reports: {} }`. */
const databases = alsoAs(
  { type: "array", items: { type: "string" } },
  (value) =>
    Array.isArray(value) && value.every((name) => typeof name === "string")
      ? Object.fromEntries(value.map((name) => [name, {}]))
      : value,
  z.record(
    z.string(),
    alsoAs(
      { type: "null" },
      (value) => value ?? {},
      keys({ owner: text.optional() } satisfies ShapeOf<MoreDatabaseArgs>),
    ),
  ),
);

/** `slowQueries: false` is how other keys are turned off, and what YAML may make of `off`; `true` is the default. */
const logs = keys({
  slowQueries: alsoAs(
    { type: "boolean" },
    (value) => (typeof value === "boolean" ? (value ? undefined : "off") : value),
    text.optional(),
  ).optional(),
} satisfies ShapeOf<LogsArgs>);

const follow = keys({
  host: text,
  port: z.int().optional(),
  credentials: keys({ existingSecret: text } satisfies ShapeOf<FollowCredentialsArgs>),
  ca: text.optional(),
  caSecret: text.optional(),
  slot: text.optional(),
} satisfies ShapeOf<FollowArgs>);

/** The keys of every database, whichever its engine. Each engine says for itself what its commits can wait for. */
export const sharedKeys = {
  version: numberOrText.optional(),
  image: text.optional(),
  agentImage: text.optional(),
  imagePullSecrets: textList.optional(),
  replicas: z.int().optional(),
  storage: text.optional(),
  storageGrowth: keys({
    upTo: text,
    atPercent: z.int().optional(),
    byPercent: z.int().optional(),
  } satisfies ShapeOf<StorageGrowthArgs>).optional(),
  resources: resources.optional(),
  hugePages: keys({
    size: text,
    pageSize: z.enum(HugePageSize).optional(),
  } satisfies ShapeOf<HugePagesArgs>).optional(),
  settings: settings.optional(),
  tls: tls.optional(),
  database: text.optional(),
  username: text.optional(),
  users: z.record(z.string(), user).optional(),
  databases: databases.optional(),
  initSql: textList.optional(),
  existingSecret: named(existingSecret).optional(),
  passwordRotation: numberOrText.optional(),
  revokePreviousPassword: z.boolean().optional(),
  existingMemberSecret: text.optional(),
  memberPasswordRotation: numberOrText.optional(),
  backup: backup.optional(),
  monitoring: keys(monitoringShape).optional(),
  logs: logs.optional(),
  restoreFrom: restoreFrom.optional(),
  follow: follow.optional(),
  paused: z.boolean().optional(),
  maintenance: keys({
    windows: textList,
    primaryUpdate: z.enum(PrimaryUpdate).optional(),
  } satisfies ShapeOf<MaintenanceArgs>).optional(),
  dataPolicy: z.enum(DataPolicy).optional(),
  deletionProtection: z.boolean().optional(),
  admissionPolicy: z.boolean().optional(),
  minReadySeconds: z.int().optional(),
  exposure: exposure.optional(),
  replicasExposure: exposure.optional(),
  allowedClients: z.array(client).optional(),
  tolerations: tolerations.optional(),
  affinity: affinity.optional(),
  zones: textList.optional(),
  labels: textMap.optional(),
  annotations: textMap.optional(),
  serviceAnnotations: textMap.optional(),
  serviceAccountAnnotations: textMap.optional(),
  pod: pod.optional(),
} satisfies Omit<DatabaseShape<DatabaseArgs>, "durability">;

/** The schema of an engine's databases: its name, its component's arguments, and where the replicas live. */
export function databaseOf<Name extends string, Shape extends z.ZodRawShape>(engine: Name, shape: Shape) {
  return keys({ engine: z.literal(engine), ...shape, nodes: textList.optional() });
}
