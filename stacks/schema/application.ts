import { z } from "zod";
import type {
  ApplicationVolumeArgs,
  AutoscalingArgs,
  HttpProbeArgs,
  SecretKeyArgs,
  StatelessAppArgs,
} from "../../components/application/args";
import {
  affinity,
  exposure,
  keys,
  resources,
  type ShapeOf,
  text,
  textList,
  textMap,
  tolerations,
} from "./parts";

/** What a stack file can say of an application. `database` names one of the stack, whose connection the program gives. */
type ApplicationShape = ShapeOf<
  Omit<StatelessAppArgs, "namespace" | "connection" | "retainingProvider"> & { database?: string }
>;

/** One application. */
export const applicationSchema = keys({
  image: text,
  imagePullSecrets: textList.optional(),
  port: z.int(),
  servicePort: z.int().optional(),
  replicas: z.int().optional(),
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  secretEnv: z
    .record(z.string(), keys({ secretName: text, key: text } satisfies ShapeOf<SecretKeyArgs>))
    .optional(),
  database: text.optional(),
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
