import {
  checkBytes,
  checkProcessors,
  checkImage,
  checkKeys,
  checkLabels,
  checkName,
  checkPullSecrets,
  checkSecretKey,
  checkSecretName,
} from "../common/checks";
import type { Problems } from "../common/problems";
import { holdsSecret, isSecretName } from "../common/secrets";
import { checkScheduling } from "../database/scheduling-checks";
import { checkExposure } from "../network/checks";
import type { ConnectionArgs } from "../database/connection";
import type { StatelessAppArgs } from "./args";

/** Finds everything that is wrong with an application's name and arguments. */
export function checkStatelessApp(
  name: string,
  args: Omit<StatelessAppArgs, "namespace">,
  problems: Problems,
): void {
  checkName(name, problems);
  checkPort("port", args.port, problems);
  checkPort("servicePort", args.servicePort, problems);
  checkCount("replicas", args.replicas, problems);
  checkProcessors({ cpu: "100m", ...args.resources }, problems);
  checkBytes("resources.memory", args.resources?.memory, "256Mi", problems);
  checkAutoscaling(args, problems);
  checkVolume(args, problems);
  checkImage("image", args.image, problems);
  checkScheduling(args, problems);
  checkPullSecrets(args.imagePullSecrets, problems);
  checkVariables(args, problems);
  checkArguments(args, problems);
  if (args.connection !== undefined) {
    checkHosts(args.connection, problems.at("connection"));
    checkConnectionVariables(args, Object.keys(args.connection.hosts ?? {}), problems);
  }
  checkExposure(args.exposure, problems.at("exposure"));
  checkLabels("labels", args.labels, problems);
  checkKeys("annotations", args.annotations, problems);
}

function checkPort(key: string, port: number | undefined, problems: Problems): void {
  if (port === undefined || (Number.isInteger(port) && port >= 1 && port <= 65535)) return;
  problems.add(key, {
    value: port,
    allowed: "a whole number from 1 to 65535",
    fix: "choose the port that the program listens on",
  });
}

function checkCount(key: string, count: number | undefined, problems: Problems): void {
  if (count === undefined || (Number.isInteger(count) && count >= 1)) return;
  problems.add(key, { value: count, allowed: "a whole number from 1", fix: "choose 1 or more" });
}

function checkAutoscaling(
  { autoscaling, replicas = 2 }: Pick<StatelessAppArgs, "autoscaling" | "replicas">,
  problems: Problems,
): void {
  if (autoscaling === undefined) return;
  const { minReplicas = replicas, maxReplicas, targetCpuPercent } = autoscaling;
  checkCount("autoscaling.minReplicas", minReplicas, problems);
  if (!Number.isInteger(maxReplicas) || maxReplicas < minReplicas) {
    problems.add("autoscaling.maxReplicas", {
      value: maxReplicas,
      allowed: `a whole number of at least minReplicas (${minReplicas})`,
      fix: `choose ${minReplicas} or more`,
    });
  }
  if (
    targetCpuPercent !== undefined &&
    (!Number.isInteger(targetCpuPercent) || targetCpuPercent < 1 || targetCpuPercent > 100)
  ) {
    problems.add("autoscaling.targetCpuPercent", {
      value: targetCpuPercent,
      allowed: "a whole number from 1 to 100",
      fix: "choose a number in that range, or leave it out for 70",
    });
  }
}

function checkVolume(
  { volume, replicas = 2, autoscaling }: Pick<StatelessAppArgs, "volume" | "replicas" | "autoscaling">,
  problems: Problems,
): void {
  if (volume === undefined) return;
  checkBytes("volume.storage", volume.storage, "5Gi", problems);
  const { accessMode = "ReadWriteOnce" } = volume;
  if (!["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany"].includes(accessMode)) {
    problems.add("volume.accessMode", {
      value: accessMode,
      allowed: "ReadWriteOnce, ReadWriteOncePod, ReadWriteMany",
      fix: "choose one of these",
    });
  } else if (accessMode !== "ReadWriteMany" && Math.max(replicas, autoscaling?.maxReplicas ?? 0) > 1) {
    problems.add("volume.accessMode", {
      value: accessMode,
      allowed: "ReadWriteMany, where more than one replica shares the volume",
      fix: "set replicas: 1, or use a class that can be mounted by many (NFS, EFS, CephFS)",
    });
  }
}

function checkVariables(
  { env, secretEnv, connectionPrefix }: Pick<StatelessAppArgs, "env" | "secretEnv" | "connectionPrefix">,
  problems: Problems,
): void {
  const rule = { allowed: "letters, digits and '_', no digit first", fix: "rename the variable" };
  for (const [key, variables] of Object.entries({ env, secretEnv })) {
    for (const variable of Object.keys(variables ?? {})) {
      if (!isVariableName(variable)) problems.at(key).add(variable, rule);
    }
  }
  for (const [variable, value] of Object.entries(env ?? {})) {
    const literal = !/^(|true|false|on|off|yes|no|[01])$/i.test(value) && !value.includes("$(");
    if ((literal && isSecretName(variable)) || holdsSecret(value)) problems.at("env").add(variable, PLAIN);
  }
  for (const [variable, { secretName, key }] of Object.entries(secretEnv ?? {})) {
    checkSecretName(`secretEnv.${variable}.secretName`, secretName, problems);
    checkSecretKey(`secretEnv.${variable}.key`, key, problems);
  }
  if (connectionPrefix !== undefined && !isVariableName(connectionPrefix)) {
    problems.add("connectionPrefix", { value: connectionPrefix, ...rule });
  }
}

/** Arguments are shown by `ps`, too. */
function checkArguments({ args }: Pick<StatelessAppArgs, "args">, problems: Problems): void {
  args?.forEach((argument, index) => {
    // An option and its value may be two arguments.
    const before = args[index - 1] ?? "";
    const option = /^--[\w-]+$/.test(before) ? `${before} ` : "";
    if (holdsSecret(option + argument)) problems.add(`args[${index}]`, PLAIN);
  });
}

/** Without the value, which would then be in the output too. */
const PLAIN = {
  allowed: "no secret: pods are read by many, and rendered files by more",
  fix: "put it into a Secret, change it if the file was shared, and name it in secretEnv; `$(NAME)` refers to it",
};

function checkHosts({ hosts = {} }: ConnectionArgs, problems: Problems): void {
  for (const key of Object.keys(hosts).filter((name) => !/^[A-Za-z0-9_]+$/.test(name))) {
    problems.add("hosts", {
      value: key,
      allowed: "a name of letters, digits and '_', since a variable is called by it",
      fix: "rename it",
    });
  }
}

/** The last part of the variable with another host of a connection than the main one. */
export function hostVariable(key: string): string {
  return `${key.toUpperCase()}_HOST`;
}

/**
 * Checks that no variable of the connection to a database is given a second time.
 *
 * @param hosts what hosts the connection has beside the main one
 */
export function checkConnectionVariables(
  {
    env,
    secretEnv,
    connectionPrefix = "DATABASE",
  }: Pick<StatelessAppArgs, "env" | "secretEnv" | "connectionPrefix">,
  hosts: string[],
  problems: Problems,
): void {
  const taken = ["HOST", ...hosts.map(hostVariable), "PORT", "NAME", "USER", "PASSWORD", "CA"].map(
    (part) => `${connectionPrefix}_${part}`,
  );
  for (const [key, variables] of Object.entries({ env, secretEnv })) {
    for (const variable of Object.keys(variables ?? {}).filter((name) => taken.includes(name))) {
      problems.at(key).add(variable, {
        allowed: "a variable that the connection to the database does not set",
        fix: "remove it, or choose another connectionPrefix",
      });
    }
  }
}

function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}
