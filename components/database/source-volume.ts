import type * as k8s from "@pulumi/kubernetes";
import { SOURCE_FILES } from "../protocol/follow";
import { SOURCE_PATH } from "../protocol/paths";
import type { FollowArgs } from "./follow-args";

/** Where an agent finds how its database's source is reached. */
export const sourceMount: k8s.types.input.core.v1.VolumeMount = {
  name: "source",
  mountPath: SOURCE_PATH,
  readOnly: true,
};

/** The volume behind that mount. A Secret that is changed reaches the agent while it runs. */
export function sourceVolume({ credentials, caSecret }: FollowArgs): k8s.types.input.core.v1.Volume {
  const file = (secret: string, key: string, optional = false) => ({
    secret: { name: secret, items: [{ key, path: key }], ...(optional ? { optional } : {}) },
  });
  return {
    name: "source",
    projected: {
      defaultMode: 0o440,
      sources: [
        file(credentials.existingSecret, SOURCE_FILES.password),
        file(credentials.existingSecret, SOURCE_FILES.username, true),
        ...(caSecret === undefined ? [] : [file(caSecret, SOURCE_FILES.authority)]),
      ],
    },
  };
}
