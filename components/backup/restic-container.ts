import type * as k8s from "@pulumi/kubernetes";
import { DEFAULT_IMAGES } from "../common/images";
import { containerResources } from "../database/container-resources";
import { containerSecurityContext } from "../database/pod-security";
import { RESTIC_PATH } from "../protocol/paths";

type Container = k8s.types.input.core.v1.Container;
type Volume = k8s.types.input.core.v1.Volume;
type VolumeMount = k8s.types.input.core.v1.VolumeMount;

/** Gives the agent the program, which its own image has not. */
export function resticContainer(image: string | undefined): Container {
  return {
    name: "restic",
    image: image ?? DEFAULT_IMAGES.restic,
    command: ["cp", "/usr/bin/restic", `${RESTIC_PATH}/restic`],
    resources: containerResources({ cpu: "10m", memory: "64Mi" }),
    securityContext: containerSecurityContext(),
    volumeMounts: [resticMount],
  };
}

/** Where the program is. */
export const resticMount: VolumeMount = { name: "restic", mountPath: RESTIC_PATH };

/** The volume behind {@link resticMount}. */
export const resticVolume: Volume = { name: "restic", emptyDir: { sizeLimit: "256Mi" } };
