import type * as k8s from "@pulumi/kubernetes";
import { variablesOf } from "../common/variables";
import { containerResources } from "./container-resources";
import type { PodArgs, PodMountArgs, PodVolumeArgs, SidecarArgs } from "./pod-args";
import { containerSecurityContext } from "./pod-security";

type Container = k8s.types.input.core.v1.Container;
type EnvVar = k8s.types.input.core.v1.EnvVar;
type PodSpec = k8s.types.input.core.v1.PodSpec;
type Volume = k8s.types.input.core.v1.Volume;
type VolumeMount = k8s.types.input.core.v1.VolumeMount;

/** Volumes are called so in the pod: none of ours begins like that. */
const OWN = "pod-";

/** What a sidecar reserves where nothing is said. */
export const SIDECAR_DEFAULTS = { cpu: "50m", memory: "128Mi" };

/** Of the pod itself: only what is asked for, so that nothing restarts where nothing is. */
export function podFields({ priorityClassName, runtimeClassName, schedulerName }: PodArgs = {}): Pick<
  PodSpec,
  "priorityClassName" | "runtimeClassName" | "schedulerName"
> {
  return {
    ...(priorityClassName === undefined ? {} : { priorityClassName }),
    ...(runtimeClassName === undefined ? {} : { runtimeClassName }),
    ...(schedulerName === undefined ? {} : { schedulerName }),
  };
}

/** Before the server's own variables, which win. */
export function podVariables({ env, secretEnv }: PodArgs = {}): EnvVar[] {
  return variablesOf({ env, secretEnv });
}

/** The volumes that containers may mount. */
export function podVolumes({ volumes = [] }: PodArgs = {}): Volume[] {
  return volumes.map(({ name, configMap, secret, claim, size }) => ({
    name: `${OWN}${name}`,
    ...(configMap === undefined ? {} : { configMap: { name: configMap } }),
    ...(secret === undefined ? {} : { secret: { secretName: secret, defaultMode: 0o440 } }),
    ...(claim === undefined ? {} : { persistentVolumeClaim: { claimName: claim } }),
    ...(size === undefined ? {} : { emptyDir: { sizeLimit: size } }),
  }));
}

/** Where the server has some of them. */
export function podMounts({ mounts = [], volumes = [] }: PodArgs = {}): VolumeMount[] {
  return mounts.map((mount) => mountOf(mount, volumes));
}

/**
 * The sidecars. They are no init containers, as the agent's is: what cannot start would keep the server from starting. The agent ends after
 * all of them, so that it hands over whatever they do.
 */
export function sidecars({ sidecars: wanted = [], volumes = [] }: PodArgs = {}): Container[] {
  return wanted.map((own) => sidecar(own, volumes));
}

function sidecar(
  { name, image, command, args, env, secretEnv, mounts = [], cpu, memory, userId }: SidecarArgs,
  volumes: PodVolumeArgs[],
): Container {
  return {
    name,
    image,
    ...(command === undefined ? {} : { command }),
    ...(args === undefined ? {} : { args }),
    env: variablesOf({ env, secretEnv }),
    resources: containerResources({
      cpu: cpu ?? SIDECAR_DEFAULTS.cpu,
      memory: memory ?? SIDECAR_DEFAULTS.memory,
    }),
    securityContext: {
      ...containerSecurityContext(),
      ...(userId === undefined ? {} : { runAsUser: userId, runAsGroup: userId }),
    },
    volumeMounts: mounts.map((mount) => mountOf(mount, volumes)),
  };
}

function mountOf({ volume, path, readOnly }: PodMountArgs, volumes: PodVolumeArgs[]): VolumeMount {
  const mounted = volumes.find(({ name }) => name === volume);
  const fixed = mounted?.configMap !== undefined || mounted?.secret !== undefined;
  return { name: `${OWN}${volume}`, mountPath: path, readOnly: readOnly ?? fixed };
}
