import {
  DNS_LABEL_RULE,
  MAX_STATEFUL_SET_NAME_LENGTH,
  isConfigKey,
  isDnsSubdomain,
  isImageReference,
  isLabelValue,
  isQualifiedName,
  isServiceName,
} from "../common/names";
import type { Problems } from "../common/problems";
import { parseBytes, parseCpus } from "../common/quantity";
import { DataPolicy } from "../common/retention";
import { REVOKE_KEY } from "../credentials/database-credentials";
import { checkClient, checkExposure } from "../network/checks";
import { checkTls } from "../tls/checks";
import type { DatabaseArgs, Durability } from "./args";
import { DATABASE_DEFAULTS } from "./defaults";
import { checkScheduling } from "./scheduling-checks";

/** What an engine allows, for the checks that all engines share. */
export interface EngineLimits {
  /** The engine's name as its users write it. */
  engine: string;
  /** Versions that are supported, the default first. */
  versions: string[];
  /** Whether an image's tag is the engine's version, and no counting of its own. */
  tagIsVersion: boolean;
  /** Numbers of replicas that can be run. */
  replicas: number[];
  /** Where a commit can be, before it is acknowledged. */
  durabilities: Durability[];
  /** Least memory of a replica that the engine starts and works with. */
  minMemory: string;
  /** How a name of a database or user may look, as a pattern and in words. */
  identifier: { pattern: RegExp; rule: string };
  /** Databases that the engine has of its own, with rights that no application should have. */
  reservedDatabases: string[];
  /** Users that the engine has of its own. */
  reservedUsers: string[];
}

/** Finds everything that is wrong with a database's name and arguments. */
export function checkDatabase(
  name: string,
  args: Omit<DatabaseArgs, "namespace">,
  limits: EngineLimits,
  problems: Problems,
): void {
  checkName(name, problems);
  checkVersion(args.version, limits, problems);
  checkImage("image", args.image, problems);
  checkImage("agentImage", args.agentImage, problems);
  checkImageVersion(args, limits, problems);
  checkReplicas(args.replicas, limits, problems);
  checkBytes("storage", args.storage, "20Gi", problems);
  checkResources(args, limits, problems);
  checkIdentifiers(args, limits, problems);
  checkPasswords(args, problems);
  checkChoice("dataPolicy", args.dataPolicy, Object.values(DataPolicy), problems);
  checkChoice("durability", args.durability, limits.durabilities, problems);
  checkTls(args.tls, problems.at("tls"));
  checkScheduling(args, problems);
  checkPullSecrets(args.imagePullSecrets, problems);
  checkMinReadySeconds(args.minReadySeconds, problems);
  checkExposure(args.exposure, problems.at("exposure"));
  args.allowedClients?.forEach((client, index) => {
    checkClient(client, problems.at(`allowedClients[${index}]`));
  });
  checkLabels("labels", args.labels, problems);
  checkKeys("annotations", args.annotations, problems);
}

/** Checks the name that a StatefulSet and the Services are called by. */
export function checkName(name: string, problems: Problems, maxLength = MAX_STATEFUL_SET_NAME_LENGTH): void {
  if (isServiceName(name, maxLength)) return;
  problems.add("", {
    value: name,
    allowed: `a name of at most ${maxLength} characters: ${DNS_LABEL_RULE}`,
    fix: "rename it; the name is part of DNS names and of the volumes' names",
  });
}

/** The version that is meant: the default, where another one is not there to be asked. */
export function versionOf(version: string | undefined, { versions }: Pick<EngineLimits, "versions">): string {
  return version !== undefined && versions.includes(version) ? version : (versions[0] ?? "");
}

function checkVersion(version: string | undefined, limits: EngineLimits, problems: Problems): void {
  if (version === undefined || limits.versions.includes(version)) return;
  problems.add("version", {
    value: version,
    allowed: limits.versions.map((supported) => `"${supported}"`).join(", "),
    fix: `choose one of these, or leave it out for "${limits.versions[0] ?? ""}"`,
  });
}

/** Checks the reference of an image, where it is known before the run. */
export function checkImage(key: string, image: unknown, problems: Problems): void {
  if (typeof image !== "string" || isImageReference(image)) return;
  problems.add(key, {
    value: image,
    allowed: "[host[:port]/]path[:tag][@sha256:…], the path in lower-case letters",
    fix: "correct it, for instance docker.io/library/mysql:8.4",
  });
}

/** The agent and its settings are made for the version that is named: another one in the image is a mistake. */
function checkImageVersion(
  { image, version }: Pick<DatabaseArgs, "image" | "version">,
  { versions, tagIsVersion }: EngineLimits,
  problems: Problems,
): void {
  if (!tagIsVersion) return;
  const tagged =
    typeof image === "string" ? /:(\d+\.\d+)(?:[.-][^/]*)?$/.exec(image.replace(/@.*/, ""))?.[1] : undefined;
  const wanted = version ?? versions[0];
  if (tagged === undefined || wanted === undefined || tagged === wanted) return;
  problems.add("image", {
    value: image,
    allowed: `an image of the version that runs, "${wanted}"`,
    fix: versions.includes(tagged)
      ? `set version: "${tagged}"`
      : `choose an image of ${versions.join(" or ")}`,
  });
}

function checkReplicas(replicas: number | undefined, limits: EngineLimits, problems: Problems): void {
  if (replicas === undefined || limits.replicas.includes(replicas)) return;
  const allowed = limits.replicas.join(", ");
  const nearest = limits.replicas.filter((count) => count > replicas)[0] ?? Math.max(...limits.replicas);
  const even = Number.isInteger(replicas) && replicas > 0 && replicas % 2 === 0;
  problems.add("replicas", {
    value: replicas,
    allowed: `${allowed} (${limits.engine})`,
    fix: even
      ? `choose ${nearest}: ${replicas} voters elect no better than ${replicas - 1}, since a majority of ${replicas} is ${replicas / 2 + 1}`
      : `choose ${nearest}`,
  });
}

/** Checks a size such as that of a volume. */
export function checkBytes(
  key: string,
  value: string | undefined,
  example: string,
  problems: Problems,
): void {
  if (value === undefined || parseBytes(value) !== undefined) return;
  problems.add(key, {
    value,
    allowed: "a Kubernetes quantity of bytes: a number above 0 with Ki, Mi, Gi, Ti (or k, M, G, T)",
    fix: `write it like ${example}`,
  });
}

function checkResources(
  { resources }: Pick<DatabaseArgs, "resources">,
  { engine, minMemory }: EngineLimits,
  problems: Problems,
): void {
  checkProcessors({ cpu: DATABASE_DEFAULTS.cpu, ...resources }, problems);
  checkBytes("resources.memory", resources?.memory, "2Gi", problems);
  const memory = resources?.memory === undefined ? undefined : parseBytes(resources.memory);
  if (memory !== undefined && memory < (parseBytes(minMemory) ?? 0)) {
    problems.add("resources.memory", {
      value: resources?.memory,
      allowed: `at least ${minMemory} (${engine})`,
      fix: `raise it to ${minMemory} or more; with less the server is killed while it works`,
    });
  }
}

/** Checks how many processors are reserved, and how many may be used. */
export function checkProcessors(
  { cpu, cpuLimit }: { cpu: string; cpuLimit?: string },
  problems: Problems,
): void {
  checkCpu("resources.cpu", cpu, problems);
  checkCpu("resources.cpuLimit", cpuLimit, problems);
  const [reserved = 0, most = Infinity] = [parseCpus(cpu), parseCpus(cpuLimit ?? "")];
  if (reserved <= most) return;
  problems.add("resources.cpuLimit", {
    value: cpuLimit,
    allowed: `at least what is reserved, ${cpu}`,
    fix: "raise it, or lower resources.cpu",
  });
}

function checkCpu(key: string, value: string | undefined, problems: Problems): void {
  if (value === undefined || parseCpus(value) !== undefined) return;
  problems.add(key, {
    value,
    allowed: "a Kubernetes quantity of processors: 500m, 1, 1.5",
    fix: 'write it like "500m" (half a processor) or "2"',
  });
}

function checkIdentifiers(
  args: Pick<DatabaseArgs, "database" | "username">,
  { engine, identifier, reservedDatabases, reservedUsers }: EngineLimits,
  problems: Problems,
): void {
  for (const key of ["database", "username"] as const) {
    const value = args[key];
    if (value !== undefined && !identifier.pattern.test(value)) {
      problems.add(key, { value, allowed: identifier.rule, fix: "choose another name" });
    }
  }
  if (args.database !== undefined && reservedDatabases.includes(args.database)) {
    problems.add("database", {
      value: args.database,
      allowed: `a database that ${engine} does not have of its own (${reservedDatabases.join(", ")})`,
      fix: "choose another name; the user would get all rights on the engine's own tables",
    });
  }
  if (args.username !== undefined && reservedUsers.includes(args.username)) {
    problems.add("username", {
      value: args.username,
      allowed: `a user that ${engine} does not have of its own (${reservedUsers.join(", ")})`,
      fix: "choose another name; the administrator's password is set by adminPassword",
    });
  }
}

function checkPasswords(args: Omit<DatabaseArgs, "namespace">, problems: Problems): void {
  const { existingSecret, existingMemberSecret } = args;
  if (existingMemberSecret !== undefined) {
    checkSecretName("existingMemberSecret", existingMemberSecret, problems);
  }
  if (existingSecret !== undefined) {
    checkSecretName("existingSecret.name", existingSecret.name, problems);
    checkSecretKey("existingSecret.passwordKey", existingSecret.passwordKey, problems);
    checkSecretKey("existingSecret.adminPasswordKey", existingSecret.adminPasswordKey, problems);
    for (const key of ["password", "adminPassword", "passwordRotation"] as const) {
      if (args[key] === undefined) continue;
      problems.add(key, {
        allowed: "nothing, where existingSecret is given: passwords are then that Secret's",
        fix: `remove ${key}, or existingSecret`,
      });
    }
    if (args.revokePreviousPassword !== undefined) {
      problems.add("revokePreviousPassword", {
        value: args.revokePreviousPassword,
        allowed: "nothing, where existingSecret is given",
        fix: `remove it, and write the key ${REVOKE_KEY} with the value "true" into that Secret`,
      });
    }
  }
  if (existingMemberSecret !== undefined && args.memberPasswordRotation !== undefined) {
    problems.add("memberPasswordRotation", {
      allowed: "nothing, where existingMemberSecret is given: the members' passwords are then that Secret's",
      fix: "remove memberPasswordRotation, or existingMemberSecret",
    });
  }
}

/** Checks the name of a Secret, where it is known before the run. */
export function checkSecretName(key: string, name: unknown, problems: Problems): void {
  if (typeof name !== "string" || isDnsSubdomain(name)) return;
  problems.add(key, {
    value: name,
    allowed: "the name of a Secret in the namespace: lower-case letters, digits, '-' and '.'",
    fix: "correct the name",
  });
}

/** Checks the name of a key in a Secret. */
export function checkSecretKey(key: string, name: string | undefined, problems: Problems): void {
  if (name === undefined || isConfigKey(name)) return;
  problems.add(key, {
    value: name,
    allowed: "the key of a Secret: letters, digits, '-', '_' and '.'",
    fix: "write it as the Secret has it: kubectl describe secret shows its keys",
  });
}

/** Checks the Secrets that images are pulled with. */
export function checkPullSecrets(names: string[] | undefined, problems: Problems): void {
  names?.forEach((name, index) => {
    checkSecretName(`imagePullSecrets[${index}]`, name, problems);
  });
}

/** Checks a value that is one of a few. */
export function checkChoice(
  key: string,
  value: string | undefined,
  choices: string[],
  problems: Problems,
): void {
  if (value === undefined || choices.includes(value)) return;
  problems.add(key, { value, allowed: choices.join(", "), fix: "choose one of these" });
}

function checkMinReadySeconds(value: number | undefined, problems: Problems): void {
  if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= 3600)) return;
  problems.add("minReadySeconds", {
    value,
    allowed: "a whole number of seconds from 0 to 3600",
    fix: "choose a number in that range, or leave it out for 10",
  });
}

/** Checks labels: their keys and values, and that none is one of the standard ones, which we set. */
export function checkLabels(
  key: string,
  labels: Record<string, string> | undefined,
  problems: Problems,
): void {
  checkKeys(key, labels, problems);
  for (const [label, value] of Object.entries(labels ?? {})) {
    if (isLabelValue(value)) continue;
    problems.at(key).add(label, {
      value,
      allowed: "at most 63 letters, digits, '-', '_' and '.', a letter or digit first and last",
      fix: "shorten or correct the value; longer texts go into annotations",
    });
  }
}

/** Checks the keys of labels or annotations. */
export function checkKeys(key: string, entries: object | undefined, problems: Problems): void {
  for (const name of Object.keys(entries ?? {})) {
    if (!isQualifiedName(name)) {
      problems.at(key).add(name, {
        allowed: "[prefix/]name: at most 63 letters, digits, '-', '_' and '.'; the prefix is a DNS name",
        fix: "correct the key",
      });
    } else if (key === "labels" && name.startsWith("app.kubernetes.io/")) {
      problems.at(key).add(name, {
        allowed: "labels other than app.kubernetes.io/…, which every object has already",
        fix: "remove it, or use a prefix of your own",
      });
    }
  }
}
