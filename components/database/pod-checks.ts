import { checkBytes, checkCpu, checkImage, checkKeys, checkLabels, checkSecretName } from "../common/checks";
import { didYouMean } from "../common/did-you-mean";
import { isDnsLabel, isDnsSubdomain } from "../common/names";
import { isKnown } from "../common/outputs";
import type { Problems } from "../common/problems";
import { checkVariables, checkWords } from "../common/variables";
import { EXPORTER_NAME } from "../protocol/exporter";
import { DOMAIN, ROLE_LABEL } from "../protocol/labels";
import type { PodArgs, PodMountArgs, PodVolumeArgs, SidecarArgs } from "./pod-args";

/** Names of containers that every member's pod has, beside its server's. */
const CONTAINERS = ["agent", "restic"];

/** Variables that pods are run by, whichever the engine. */
const OURS = /^(STATEFUL_|POD_|KUBERNETES_)/;

/** Finds what is wrong with what pods are to have beside what makes them members. */
export function checkPod(
  pod: PodArgs | undefined,
  {
    engine,
    reservedVariables,
    exporter = false,
  }: { engine: string; reservedVariables?: RegExp | undefined; exporter?: boolean },
  problems: Problems,
): void {
  if (pod === undefined) return;
  for (const key of ["priorityClassName", "runtimeClassName", "schedulerName"] as const) {
    const value = pod[key];
    if (value === undefined || !isKnown(value) || isDnsSubdomain(value)) continue;
    problems.add(key, {
      value,
      allowed: "a name of lower-case letters, digits, '-' and '.'",
      fix: "write it as the cluster has it",
    });
  }
  checkLabels("labels", pod.labels, problems);
  checkKeys("annotations", pod.annotations, problems);
  for (const key of ["labels", "annotations"] as const) checkOwn(key, pod[key], problems);
  checkVariables(pod, problems);
  checkServerVariables(pod, { engine, reservedVariables }, problems);
  const { volumes = [], mounts = [], sidecars = [] } = pod;
  checkVolumes(volumes, problems);
  mounts.forEach((mount, index) => {
    const at = problems.at(`mounts[${index}]`);
    checkMount(mount, volumes, at);
    if (/^\/mnt\/[^.]/.test(mount.path)) return;
    at.add("path", {
      value: mount.path,
      allowed: "a path below /mnt/: elsewhere are the server's own files",
      fix: `write it like /mnt/${mount.volume}`,
    });
  });
  checkTwice(
    "mounts",
    mounts.map(({ path }) => path),
    problems,
  );
  // Only where there is one: sidecars have been called so before there was.
  const own = [engine, ...CONTAINERS, ...(exporter ? [EXPORTER_NAME] : [])];
  const names = [...own, ...sidecars.map(({ name }) => name)];
  sidecars.forEach((sidecar, index) => {
    checkSidecar(sidecar, { names, volumes }, problems.at(`sidecars[${index}]`));
  });
}

/** What pods are found by, and what is written on them while they run, is ours. */
function checkOwn(key: string, entries: object | undefined, problems: Problems): void {
  for (const name of Object.keys(entries ?? {})) {
    const ours = name === ROLE_LABEL || /^(apps|statefulset)\.kubernetes\.io\//.test(name);
    if (!ours && !name.startsWith(`${DOMAIN}/`)) continue;
    problems.at(key).add(name, {
      allowed: "what neither we nor Kubernetes set ourselves",
      fix: "remove it, or use a prefix of your own",
    });
  }
}

function checkServerVariables(
  { env = {}, secretEnv = {} }: PodArgs,
  { engine, reservedVariables }: { engine: string; reservedVariables?: RegExp | undefined },
  problems: Problems,
): void {
  for (const [key, variables] of Object.entries({ env, secretEnv })) {
    for (const name of Object.keys(variables)) {
      if (!OURS.test(name) && reservedVariables?.test(name) !== true) continue;
      problems.at(key).add(name, {
        allowed: `a variable that ${engine} is not run by`,
        fix: "remove it; what the server is told stands in settings",
      });
    }
  }
}

function checkVolumes(volumes: PodVolumeArgs[], problems: Problems): void {
  volumes.forEach(({ name, configMap, secret, claim, size }, index) => {
    const at = problems.at(`volumes[${index}]`);
    if (!isDnsLabel(name) || name.length > 59) {
      at.add("name", {
        value: name,
        allowed: "a name of at most 59 lower-case letters, digits and '-'",
        fix: "rename it",
      });
    }
    const kinds = { configMap, secret, claim, size };
    if (Object.values(kinds).filter((value) => value !== undefined).length !== 1) {
      at.add("", {
        allowed: `exactly one of ${Object.keys(kinds).join(", ")}`,
        fix: "say what is in the volume by one of them",
      });
    }
    for (const key of ["configMap", "secret", "claim"] as const) checkSecretName(key, kinds[key], at);
    checkBytes("size", size, "256Mi", at);
  });
  checkTwice(
    "volumes",
    volumes.map(({ name }) => name),
    problems,
  );
}

function checkMount({ volume, path }: PodMountArgs, volumes: PodVolumeArgs[], problems: Problems): void {
  const names = volumes.map(({ name }) => name);
  if (!names.includes(volume)) {
    problems.add("volume", {
      value: volume,
      allowed: names.join(", ") || "none: the pod has no volumes of yours",
      fix: didYouMean(volume, names) ?? "add it to pod.volumes",
    });
  }
  if (path.startsWith("/") && !path.split("/").includes("..") && !path.includes(":") && path !== "/") return;
  problems.add("path", {
    value: path,
    allowed: "a path from the root, without '..' and ':'",
    fix: "write it like /mnt/files",
  });
}

function checkSidecar(
  sidecar: SidecarArgs,
  { names, volumes }: { names: string[]; volumes: PodVolumeArgs[] },
  problems: Problems,
): void {
  const { name, image, command, args, mounts = [], cpu, memory, userId } = sidecar;
  if (!isDnsLabel(name) || names.filter((one) => one === name).length > 1) {
    problems.add("name", {
      value: name,
      allowed:
        "a name of at most 63 lower-case letters, digits and '-', which no other container of the pod has",
      fix: "rename it",
    });
  }
  checkImage("image", image, problems);
  checkVariables(sidecar, problems);
  checkWords("command", command, problems);
  checkWords("args", args, problems);
  checkCpu("cpu", cpu, problems);
  checkBytes("memory", memory, "128Mi", problems);
  mounts.forEach((mount, index) => {
    checkMount(mount, volumes, problems.at(`mounts[${index}]`));
  });
  checkTwice(
    "mounts",
    mounts.map(({ path }) => path),
    problems,
  );
  if (userId === undefined || (Number.isInteger(userId) && userId >= 1)) return;
  problems.add("userId", {
    value: userId,
    allowed: "a user that is not root: a whole number from 1",
    fix: "choose the image's own, or leave it out",
  });
}

function checkTwice(key: string, values: string[], problems: Problems): void {
  values.forEach((value, index) => {
    if (values.indexOf(value) === index) return;
    problems.add(`${key}[${index}]`, { value, allowed: "each only once", fix: "remove or rename it" });
  });
}
