import { z } from "zod";
import type { PodArgs, PodMountArgs, PodVolumeArgs, SidecarArgs } from "../../components/database/pod-args";
import { keys, numberOrText, secretEnv, type ShapeOf, text, textList, textMap } from "./parts";

const mounts = z.array(
  keys({
    volume: text,
    path: text,
    readOnly: z.boolean().optional(),
  } satisfies ShapeOf<PodMountArgs>),
);

/** What members' pods have beside what makes them members. */
export const pod = keys({
  priorityClassName: text.optional(),
  runtimeClassName: text.optional(),
  schedulerName: text.optional(),
  labels: textMap.optional(),
  annotations: textMap.optional(),
  env: textMap.optional(),
  secretEnv: secretEnv.optional(),
  volumes: z
    .array(
      keys({
        name: text,
        configMap: text.optional(),
        secret: text.optional(),
        claim: text.optional(),
        size: text.optional(),
      } satisfies ShapeOf<PodVolumeArgs>),
    )
    .optional(),
  mounts: mounts.optional(),
  sidecars: z
    .array(
      keys({
        name: text,
        image: text,
        command: textList.optional(),
        args: z.array(z.string()).optional(),
        env: textMap.optional(),
        secretEnv: secretEnv.optional(),
        mounts: mounts.optional(),
        cpu: numberOrText.optional(),
        memory: text.optional(),
        userId: z.int().optional(),
      } satisfies ShapeOf<SidecarArgs>),
    )
    .optional(),
} satisfies ShapeOf<PodArgs>);
