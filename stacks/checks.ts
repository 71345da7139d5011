import { headlessServiceName } from "../components/protocol/names";
import {
  besideMain,
  readingRole,
  REPLICAS_SUFFIX,
  serviceOf,
  servicesOf,
} from "../components/protocol/topology";
import { checkStatelessApp } from "../components/application/checks";
import { checkConnectionVariables, checkPrefixes } from "../components/application/connections";
import { didYouMean } from "../components/common/did-you-mean";
import { isDnsLabel } from "../components/common/names";
import type { Problems } from "../components/common/problems";
import { externalServiceName } from "../components/network/services";
import { checkGp3Most, checkGp3Size } from "../components/storage/ebs-limits";
import { refuseGrowth } from "../components/storage/growth";
import { checkBackupBucket } from "./backup-bucket";
import { ANY_ENGINE, engineOf, topologyOf } from "./engines";
import { checkImages } from "./images";
import { checkRestoreSource } from "./restore-checks";
import { checkStackMonitoring } from "./monitoring";
import { checkNodeAgents } from "./node-agents";
import { checkBareMetalStorage, checkCloudStorage, checkDuplicates, type Target } from "./storage-config";
import type {
  ApplicationConfig,
  BareMetalStorage,
  CloudStorage,
  CommonConfig,
  DatabaseConfig,
  TargetConfig,
} from "./types";

/** A configuration whose types are right; parts that were not are missing. */
export type ParsedConfig = CommonConfig & (TargetConfig | { target?: Target; storage?: undefined });

/**
 * Checks what the types alone do not tell.
 *
 * @param names every name that the stack file has, parsed or not, so that a reference to an entry with a
 *   mistake of its own is not reported as well
 */
export function checkStack(
  config: ParsedConfig,
  names: { databases: string[]; passwords: string[] },
  problems: Problems,
): void {
  const at = (key: string) => problems.at(`stateful:${key}`);
  checkNamespace(config, at("namespace"));
  checkCluster(config, at("cluster"));
  if (config.storage && config.target === "bare-metal") {
    checkBareMetalStorage(config.storage, config.namespace, at("storage"));
  }
  if (config.storage && config.target === "cloud") checkCloudStorage(config.storage, at("storage"));

  if (names.databases.length === 0 && !problems.found.some(({ key }) => key === "stateful:databases")) {
    at("databases").add("", {
      allowed: "at least one database",
      fix: `add one, for instance \`orders: { engine: ${ANY_ENGINE}, storage: 10Gi }\``,
    });
  }
  for (const database of config.databases) {
    const here = at(`databases.${database.name}`);
    engineOf(database.engine).check(database.name, database.args, here);
    checkRestoreSource(
      database,
      config.namespace,
      config.databases,
      here.at("restoreFrom"),
      new Date().getTime(),
    );
    checkReplicasRole(database, here);
    checkPlacement(database, config.target === "bare-metal" ? config.storage : {}, here);
    if (config.storage && config.target === "cloud") checkEbsVolumes(database, config.storage, here);
  }
  checkImages(config.images, config.databases, {
    own: at("images"),
    at: (database) => at(`databases.${database}`),
  });
  checkStackMonitoring(config.monitoring, config.databases, at("monitoring"));
  checkNodeAgents(config, at);
  for (const application of config.applications) {
    checkApplication(application, config.databases, names.databases, at(`applications.${application.name}`));
  }
  checkBackupBucket(config, config.target, at("backupBucket"));
  for (const name of names.passwords) {
    if (names.databases.includes(name)) continue;
    at("passwords").add(name, {
      allowed: names.databases.join(", "),
      fix: didYouMean(name, names.databases) ?? "remove it: the stack has no such database",
    });
  }
  checkServiceNames(config, problems);
  checkNodePorts(config, problems);
}

function checkNamespace({ namespace }: ParsedConfig, problems: Problems): void {
  if (!isDnsLabel(namespace)) {
    problems.add("", {
      value: namespace,
      allowed: "at most 63 lower-case letters, digits and '-', a letter or digit first and last",
      fix: "rename it",
    });
  }
}

function checkCluster({ cluster }: ParsedConfig, problems: Problems): void {
  if (cluster.uid === undefined || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(cluster.uid)) return;
  problems.add("uid", {
    value: cluster.uid,
    allowed: "the UID of the namespace kube-system",
    fix: "ask for it: kubectl get namespace kube-system -o jsonpath={.metadata.uid}",
  });
}

/** Volumes of EBS have a largest size, IOPS by their size, and a zone that their pod must be able to run in. */
function checkEbsVolumes({ args }: DatabaseConfig, storage: CloudStorage, problems: Problems): void {
  if (storage.type === undefined || args.storage === undefined) return;
  checkGp3Size(args.storage, storage.iops, problems);
  if (args.storageGrowth !== undefined) checkGp3Most("storageGrowth.upTo", args.storageGrowth.upTo, problems);
  const { zones } = args;
  const { zones: volumeZones } = storage;
  if (!zones || !volumeZones || zones.some((zone) => typeof zone === "string" && volumeZones.includes(zone)))
    return;
  problems.add("zones", {
    value: zones,
    allowed: `at least one of stateful:storage.zones: ${volumeZones.join(", ")}`,
    fix: "name a zone that both have: a pod runs where its volume is",
  });
}

/** Of equals, none is only read from. */
function checkReplicasRole(database: DatabaseConfig, problems: Problems): void {
  if (database.args.replicasExposure === undefined) return;
  if (readingRole(topologyOf(database)) !== undefined) return;
  problems.add("replicasExposure", {
    allowed: `nothing, for ${database.engine}: its members are equals`,
    fix: "use exposure, which leads to all of them",
  });
}

/** Each replica has a node of its own: there must be enough of them. */
function checkPlacement(
  { args, nodes: pinned }: DatabaseConfig,
  storage: BareMetalStorage | undefined,
  problems: Problems,
): void {
  if (storage === undefined) return;
  const { replicas } = args;
  const { nodes } = storage;
  if (args.storageGrowth !== undefined && storage.path !== undefined) {
    refuseGrowth("directories on nodes do not", problems);
  }

  if (pinned && !nodes) {
    problems.add("nodes", {
      value: pinned,
      allowed: "only where stateful:storage.nodes says where volumes live",
      fix: "remove it, or use affinity.nodeLabels",
    });
    return;
  }
  if (!nodes) return;
  if (replicas > nodes.length) {
    problems.add("replicas", {
      value: replicas,
      allowed: `at most ${nodes.length}: one for each node of stateful:storage.nodes`,
      fix: `add ${replicas - nodes.length} more to stateful:storage.nodes, or choose fewer replicas`,
    });
  }
  if (!pinned) return;
  checkDuplicates("nodes", pinned, problems);
  for (const node of pinned.filter((name) => !nodes.includes(name))) {
    problems.add("nodes", {
      value: node,
      allowed: nodes.join(", "),
      fix: didYouMean(node, nodes) ?? "add it to stateful:storage.nodes first",
    });
  }
  if (pinned.length !== replicas) {
    problems.add("nodes", {
      value: pinned,
      allowed: `one node for each of the ${replicas} replicas, in the order of the ordinals`,
      fix: "name as many nodes as there are replicas",
    });
  }
}

function checkApplication(
  { name, args, database, databases: others = {} }: ApplicationConfig,
  parsed: DatabaseConfig[],
  databases: string[],
  problems: Problems,
): void {
  checkStatelessApp(name, args, problems);
  const used = [
    ...(database === undefined ? [] : [["database", args.connectionPrefix ?? "DATABASE", database] as const]),
    ...Object.entries(others).map(([prefix, one]) => [`databases.${prefix}`, prefix, one] as const),
  ];
  const named = used.map(([key, prefix, one]) => ({
    ...{ key, prefix },
    ...besideMainOf(parsed.find((known) => known.name === one)),
  }));
  checkConnectionVariables(args, named, problems);
  checkPrefixes(others, problems.at("databases"));
  for (const [key, , one] of used.filter(([, , wanted]) => !databases.includes(wanted))) {
    problems.add(key, {
      value: one,
      allowed: databases.join(", "),
      fix: didYouMean(one, databases) ?? "name a database of this stack, or remove the key",
    });
  }
}

/** What an application is told of its database's endpoints beside the main one. */
function besideMainOf(database: DatabaseConfig | undefined): { hosts: string[]; ports: string[] } {
  if (database === undefined) return { hosts: [], ports: [] };
  const { beside, otherPort } = besideMain(topologyOf(database).endpoints);
  return { hosts: beside.map(({ key }) => key), ports: otherPort.map(({ key }) => key) };
}

/** A port of the nodes leads to one Service. */
function checkNodePorts({ databases, applications }: ParsedConfig, problems: Problems): void {
  const owners = new Map<number, string>();
  const exposed = [
    ...databases.flatMap(({ name, args }) => [
      [`databases.${name}`, "exposure", args.exposure] as const,
      [`databases.${name}`, "replicasExposure", args.replicasExposure] as const,
    ]),
    ...applications.map(({ name, args }) => [`applications.${name}`, "exposure", args.exposure] as const),
  ];
  for (const [owner, key, exposure] of exposed) {
    if (exposure?.nodePort === undefined) continue;
    const other = owners.get(exposure.nodePort);
    if (other === undefined) {
      owners.set(exposure.nodePort, owner);
      continue;
    }
    // Of one database, its own check has told.
    if (owner === other) continue;
    problems.at(`stateful:${owner}.${key}`).add("nodePort", {
      value: exposure.nodePort,
      allowed: "a port that nothing else of the stack has",
      fix: `choose another one: ${other} has it; or leave it out and the cluster chooses`,
    });
  }
}

/** A database has several Services, whose names are made of its own; none may meet another's. */
function checkServiceNames({ databases, applications }: ParsedConfig, problems: Problems): void {
  const owners = new Map<string, string>();
  const claim = (service: string, owner: string) => {
    const other = owners.get(service);
    if (other === undefined) {
      owners.set(service, owner);
      return;
    }
    problems.at(`stateful:${owner}`).add("", {
      allowed: "names whose Services do not meet",
      fix: `rename it, or ${other}: both have a Service "${service}"`,
    });
  };
  for (const { name, engine, args } of databases) {
    for (const service of [
      ...(engineOf(engine).services?.(name) ?? []),
      ...servicesOf(name, topologyOf({ engine, args })),
      headlessServiceName(name),
      externalServiceName(name),
      externalServiceName(serviceOf(name, { suffix: REPLICAS_SUFFIX })),
    ]) {
      claim(service, `databases.${name}`);
    }
  }
  for (const { name } of applications) {
    for (const service of [name, externalServiceName(name)]) claim(service, `applications.${name}`);
  }
}
