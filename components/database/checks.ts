import {
  checkBytes,
  checkChoice,
  checkImage,
  checkKeys,
  checkLabels,
  checkName,
  checkProcessors,
  checkPullSecrets,
  checkSecretKey,
  checkSecretName,
} from "../common/checks";
import type { Problems } from "../common/problems";
import { parseBytes } from "../common/quantity";
import { DataPolicy } from "../common/retention";
import { REVOKE_KEY } from "../credentials/database-credentials";
import { checkBackup } from "../backup/checks";
import { checkRestoreFrom } from "../backup/restore-checks";
import { checkMonitoring } from "../monitoring/checks";
import { ExposureType } from "../network/args";
import { checkClient, checkExposure } from "../network/checks";
import type { SlowQueryTimes } from "../protocol/logs";
import { checkGrowth } from "../storage/growth";
import { checkHugePages, type HugePagesRules } from "./huge-pages";
import { checkMaintenance } from "./maintenance";
import { checkTls } from "../tls/checks";
import type { DatabaseArgs, Durability } from "./args";
import { DATABASE_DEFAULTS } from "./defaults";
import { type EngineExporter, wantsExporter } from "./exporter";
import { checkFollow, type FollowRules } from "./follow-checks";
import { checkInitSql, type InitSqlRules } from "./initial";
import { checkLogs } from "./logs";
import { checkPod } from "./pod-checks";
import { checkScheduling } from "./scheduling-checks";
import { checkUsers, type UserRules } from "./users-checks";

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
  /** Variables by which its programs are told what the component says. @default none */
  reservedVariables?: RegExp;
  /** From which times on its statements can be logged as slow. */
  slowQueries: SlowQueryTimes;
  /** How it takes users and databases beside the application's; absent where it does not. */
  users?: UserRules;
  /** Whether its servers take huge pages, or what to do instead. */
  hugePages: HugePagesRules;
  /** What it takes to begin with, or what to do instead. */
  initSql: InitSqlRules;
  /** What its databases can be backed up by; absent where they cannot. */
  backup?: {
    /** How a transaction is named, as a pattern and in words. */
    transaction: { pattern: RegExp; rule: string };
  };
  /** Its usual exporter; absent where it has none. */
  exporter?: EngineExporter;
  /** Whether its databases can follow another one. */
  follow: FollowRules;
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
  checkGrowth(args, problems);
  checkResources(args, limits, problems);
  checkHugePages(args.hugePages, limits, problems.at("hugePages"));
  checkIdentifiers(args, limits, problems);
  checkUsers(args, limits, problems);
  checkInitSql(args.initSql, limits, problems);
  checkPasswords(args, problems);
  checkChoice("dataPolicy", args.dataPolicy, Object.values(DataPolicy), problems);
  checkChoice("durability", args.durability, limits.durabilities, problems);
  checkTls(args.tls, problems.at("tls"));
  checkBackup(
    args.backup,
    {
      name,
      engine: limits.engine,
      supported: limits.backup !== undefined,
      storage: args.storageGrowth?.upTo ?? args.storage ?? DATABASE_DEFAULTS.storage,
    },
    problems.at("backup"),
  );
  if (limits.backup) {
    const { transaction } = limits.backup;
    const restored = { name, backup: args.backup, transaction };
    checkRestoreFrom(args.restoreFrom, restored, problems.at("restoreFrom"), new Date().getTime());
  } else if (args.restoreFrom !== undefined) {
    problems.add("restoreFrom", {
      allowed: `nothing, for ${limits.engine}: its databases cannot be backed up yet`,
      fix: "remove it, and copy the data by other means",
    });
  }
  checkFollow(args, limits, problems);
  checkPause(args, problems);
  checkMaintenance(args.maintenance, problems.at("maintenance"));
  checkLogs(args.logs, limits, problems.at("logs"));
  checkMonitoring(args.monitoring, limits, problems.at("monitoring"));
  checkScheduling(args, problems);
  checkPullSecrets(args.imagePullSecrets, problems);
  checkMinReadySeconds(args.minReadySeconds, problems);
  checkExposure(args.exposure, problems.at("exposure"));
  checkReplicasExposure(args, problems.at("replicasExposure"));
  args.allowedClients?.forEach((client, index) => {
    checkClient(client, problems.at(`allowedClients[${index}]`));
  });
  checkLabels("labels", args.labels, problems);
  checkKeys("annotations", args.annotations, problems);
  checkKeys("serviceAnnotations", args.serviceAnnotations, problems);
  checkKeys("serviceAccountAnnotations", args.serviceAccountAnnotations, problems);
  checkPod(args.pod, { ...limits, exporter: wantsExporter(args.monitoring?.exporter) }, problems.at("pod"));
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

/** The agent and its settings are made for the version that is named: another one in the image is a mistake. */
function checkImageVersion(
  { image, version }: Pick<DatabaseArgs, "image" | "version">,
  { versions, tagIsVersion }: EngineLimits,
  problems: Problems,
): void {
  if (!tagIsVersion || (version !== undefined && !versions.includes(version))) return;
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

function checkPause(
  { paused, restoreFrom }: Pick<DatabaseArgs, "paused" | "restoreFrom">,
  problems: Problems,
): void {
  if (paused !== true || restoreFrom === undefined) return;
  problems.add("paused", {
    value: paused,
    allowed: "nothing, beside restoreFrom: what is to begin with a backup has to run for that",
    fix: "remove paused until it has its data; where it has, remove restoreFrom",
  });
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

function checkReplicasExposure(
  { exposure, replicasExposure, replicas = DATABASE_DEFAULTS.replicas }: Omit<DatabaseArgs, "namespace">,
  problems: Problems,
): void {
  checkExposure(replicasExposure, problems);
  if (replicasExposure === undefined || replicasExposure.type === ExposureType.None) return;
  if (replicas === 1) {
    problems.add("", {
      allowed: "only with 3 replicas or more: one member alone is the primary",
      fix: "use exposure, or choose more replicas",
    });
  }
  const { nodePort } = replicasExposure;
  if (nodePort === undefined || nodePort !== exposure?.nodePort) return;
  problems.add("nodePort", {
    value: nodePort,
    allowed: "another port than that of exposure",
    fix: "choose another one, or leave it out and the cluster chooses",
  });
}

function checkMinReadySeconds(value: number | undefined, problems: Problems): void {
  if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= 3600)) return;
  problems.add("minReadySeconds", {
    value,
    allowed: "a whole number of seconds from 0 to 3600",
    fix: "choose a number in that range, or leave it out for 10",
  });
}
