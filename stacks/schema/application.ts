import { z } from "zod";
import {
  type ApplicationVolumeArgs,
  type AutoscalingArgs,
  ConcurrencyPolicy,
  type HttpProbeArgs,
  type InitContainerArgs,
  type ScheduleArgs,
  type ScheduleHistoryArgs,
  type StatelessAppArgs,
} from "../../components/application/args";
import {
  affinity,
  alsoAs,
  exposure,
  keys,
  resources,
  secretEnv,
  type ShapeOf,
  text,
  textList,
  textMap,
  tolerations,
} from "./parts";

/** What a stack file can say of an application. `database` and `databases` name those of the stack, whose connections the program gives. */
type ApplicationShape = ShapeOf<
  Omit<StatelessAppArgs, "namespace" | "connection" | "connections" | "retainingProvider"> & {
    database?: string;
    databases?: Record<string, string>;
  }
>;

/** `databases: [orders, stock]` stands for `{ ORDERS: orders, STOCK: stock }`. */
const databases = alsoAs(
  { type: "array", items: { type: "string" } },
  (value) =>
    Array.isArray(value) && value.every((name) => typeof name === "string")
      ? Object.fromEntries(value.map((name) => [name.toUpperCase().replaceAll("-", "_"), name]))
      : value,
  z.record(z.string(), text),
);

/** `schedule: "30 2 * * *"` stands for `{ cron: "30 2 * * *" }`. */
const schedule = alsoAs(
  { type: "string" },
  (value) => (typeof value === "string" ? { cron: value } : value),
  keys({
    cron: text,
    timeZone: text.optional(),
    concurrencyPolicy: z.enum(ConcurrencyPolicy).optional(),
    startingDeadline: text.optional(),
    activeDeadline: text.optional(),
    retries: z.int().optional(),
    history: keys({
      succeeded: z.int().optional(),
      failed: z.int().optional(),
    } satisfies ShapeOf<ScheduleHistoryArgs>).optional(),
    paused: z.boolean().optional(),
  } satisfies ShapeOf<ScheduleArgs>),
);

/** One application. */
export const applicationSchema = keys({
  image: text,
  imagePullSecrets: textList.optional(),
  port: z.int().optional(),
  schedule: schedule.optional(),
  servicePort: z.int().optional(),
  replicas: z.int().optional(),
  command: textList.optional(),
  args: z.array(z.string()).optional(),
  initContainers: z
    .array(
      keys({
        name: text,
        image: text.optional(),
        command: textList.optional(),
        args: z.array(z.string()).optional(),
        env: textMap.optional(),
        secretEnv: secretEnv.optional(),
        resources: resources.optional(),
      } satisfies ShapeOf<InitContainerArgs>),
    )
    .optional(),
  env: textMap.optional(),
  secretEnv: secretEnv.optional(),
  database: text.optional(),
  databases: databases.optional(),
  connectionPrefix: text.optional(),
  resources: resources.optional(),
  probe: keys({
    path: text,
    livenessPath: text.optional(),
    periodSeconds: z.int().min(1).optional(),
    startupSeconds: z.int().min(1).optional(),
  } satisfies ShapeOf<HttpProbeArgs>).optional(),
  autoscaling: keys({
    minReplicas: z.int().optional(),
    maxReplicas: z.int(),
    targetCpuPercent: z.int().optional(),
  } satisfies ShapeOf<AutoscalingArgs>).optional(),
  volume: keys({
    mountPath: text,
    storage: text,
    storageClassName: text.optional(),
    accessMode: text.optional(),
  } satisfies ShapeOf<ApplicationVolumeArgs>).optional(),
  userId: z.int().min(1).optional(),
  writableRootFilesystem: z.boolean().optional(),
  exposure: exposure.optional(),
  tolerations: tolerations.optional(),
  affinity: affinity.optional(),
  zones: textList.optional(),
  labels: textMap.optional(),
  annotations: textMap.optional(),
} satisfies ApplicationShape);
