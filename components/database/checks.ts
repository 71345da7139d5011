import {
  DNS_LABEL_RULE,
  MAX_STATEFUL_SET_NAME_LENGTH,
  isCidr,
  isDnsSubdomain,
  isLabelValue,
  isQualifiedName,
  isServiceName,
} from "../common/names";
import type { Problems } from "../common/problems";
import { parseBytes, parseCpus } from "../common/quantity";
import { DataPolicy } from "../common/retention";
import { type ClientArgs, type ExposureArgs, ExposureType } from "../network/args";
import { checkTls } from "../tls/checks";
import { type DatabaseArgs, type Durability, Spread } from "./args";

/** What an engine allows, for the checks that all engines share. */
export interface EngineLimits {
  /** The engine's name as its users write it. */
  engine: string;
  /** Versions that are supported, the default first. */
  versions: string[];
  /** Numbers of replicas that can be run. */
  replicas: number[];
  /** Where a commit can be, before it is acknowledged. */
  durabilities: Durability[];
  /** Least memory of a replica that the engine starts and works with. */
  minMemory: string;
  /** Settings that the component needs for itself, with the reason or the argument to use instead. */
  reservedSettings: Record<string, string>;
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
  checkReplicas(args.replicas, limits, problems);
  checkBytes("storage", args.storage, "20Gi", problems);
  checkResources(args, limits, problems);
  checkSettings(args.settings, limits, problems);
  checkIdentifiers(args, limits, problems);
  checkPasswords(args, problems);
  checkChoice("dataPolicy", args.dataPolicy, Object.values(DataPolicy), problems);
  checkChoice("durability", args.durability, limits.durabilities, problems);
  checkTls(args.tls, problems.at("tls"));
  checkChoice("affinity.spread", args.affinity?.spread, Object.values(Spread), problems);
  checkMinReadySeconds(args.minReadySeconds, problems);
  checkExposure(args.exposure, problems.at("exposure"));
  args.allowedClients?.forEach((client, index) => {
    checkClient(client, problems.at(`allowedClients[${index}]`));
  });
  args.tolerations?.forEach((toleration, index) => {
    const at = problems.at(`tolerations[${index}]`);
    checkChoice("operator", toleration.operator, ["Exists", "Equal"], at);
    checkChoice("effect", toleration.effect, ["NoSchedule", "PreferNoSchedule", "NoExecute"], at);
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

function checkVersion(version: string | undefined, limits: EngineLimits, problems: Problems): void {
  if (version === undefined || limits.versions.includes(version)) return;
  problems.add("version", {
    value: version,
    allowed: limits.versions.map((supported) => `"${supported}"`).join(", "),
    fix: `choose one of these, or leave it out for "${limits.versions[0] ?? ""}"`,
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
  checkCpu("resources.cpu", resources?.cpu, problems);
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

/** Checks a number of processors. */
export function checkCpu(key: string, value: string | undefined, problems: Problems): void {
  if (value === undefined || parseCpus(value) !== undefined) return;
  problems.add(key, {
    value,
    allowed: "a Kubernetes quantity of processors: 500m, 1, 1.5",
    fix: 'write it like "500m" (half a processor) or "2"',
  });
}

function checkSettings(
  settings: Record<string, string> | undefined,
  { engine, reservedSettings }: EngineLimits,
  problems: Problems,
): void {
  for (const [key, value] of Object.entries(settings ?? {})) {
    const at = problems.at("settings");
    const reason = reservedSettings[canonicalSetting(key)];
    if (reason !== undefined) {
      at.add(key, {
        value,
        allowed: `any setting of ${engine} that the component does not need for itself`,
        fix: `remove it: ${reason}`,
      });
    } else if (!/^[a-z][a-z0-9_.-]*$/i.test(key) || /[\r\n]/.test(value)) {
      at.add(key, {
        value,
        allowed: "a setting's name and a value on one line",
        fix: "write one setting a line",
      });
    }
  }
}

/** Engines read `max-connections` and `max_connections` as one. */
export function canonicalSetting(key: string): string {
  return key
    .toLowerCase()
    .replace(/-/g, "_")
    .replace(/^loose_/, "");
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
  const { existingSecret } = args;
  if (existingSecret === undefined) return;
  if (!isDnsSubdomain(existingSecret.name)) {
    problems.add("existingSecret.name", {
      value: existingSecret.name,
      allowed: "the name of a Secret in the database's namespace",
      fix: "correct the name",
    });
  }
  for (const key of ["password", "adminPassword", "passwordRotation"] as const) {
    if (args[key] === undefined) continue;
    problems.add(key, {
      allowed: "nothing, where existingSecret is given: passwords are then that Secret's",
      fix: `remove ${key}, or existingSecret`,
    });
  }
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

/** Checks how something is reached from outside the cluster. */
export function checkExposure(exposure: ExposureArgs | undefined, problems: Problems): void {
  if (exposure === undefined) return;
  const type = exposure.type ?? ExposureType.None;
  checkChoice("type", type, Object.values(ExposureType), problems);
  exposure.sourceRanges?.forEach((range, index) => {
    checkCidr(`sourceRanges[${index}]`, range, problems);
  });
  if (type !== ExposureType.None && !exposure.sourceRanges?.length) {
    problems.add("sourceRanges", {
      value: exposure.sourceRanges,
      allowed: "at least one block of addresses where a database is exposed",
      fix: 'name who may connect, for instance ["203.0.113.0/24"]; ["0.0.0.0/0"] if it really is everybody',
    });
  }
  const { nodePort } = exposure;
  if (nodePort === undefined) return;
  if (type !== ExposureType.NodePort) {
    problems.add("nodePort", {
      value: nodePort,
      allowed: "only with type nodePort",
      fix: "remove it, or set type: nodePort",
    });
  } else if (!Number.isInteger(nodePort) || nodePort < 30000 || nodePort > 32767) {
    problems.add("nodePort", {
      value: nodePort,
      allowed: "a whole number from 30000 to 32767",
      fix: "choose a number in that range, or leave it out and the cluster chooses",
    });
  }
}

function checkCidr(key: string, value: string, problems: Problems): void {
  if (isCidr(value)) return;
  problems.add(key, {
    value,
    allowed: "a block of addresses such as 10.0.0.0/8 or 2001:db8::/32",
    fix: "add the length of the prefix; a single address is a /32",
  });
}

function checkClient({ podLabels, namespace, cidr }: ClientArgs, problems: Problems): void {
  if (cidr !== undefined) checkCidr("cidr", cidr, problems);
  checkLabels("podLabels", podLabels, problems);
  const count = [podLabels, namespace].filter((field) => field !== undefined).length;
  if (cidr === undefined ? count === 0 : count > 0) {
    problems.add("", {
      value: { podLabels, namespace, cidr },
      allowed: "podLabels, namespace or both; or cidr alone",
      fix: "name the client by one of these",
    });
  }
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

function checkKeys(key: string, entries: Record<string, string> | undefined, problems: Problems): void {
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
