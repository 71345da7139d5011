import { z } from "zod";
import { keys, text, textList, textMap } from "./parts";

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
  tags: textMap.optional(),
  zones: textList.optional(),
  deletionProtection: z.boolean().optional(),
  csiDriver: keys({
    install: z.boolean().optional(),
    clusterName: text.optional(),
    addonVersion: text.optional(),
  }).optional(),
});
