import { isDnsSubdomain } from "../components/common/names";
import type { Problems } from "../components/common/problems";
import { checkImage, checkSecretName } from "../components/common/checks";
import { checkEbs } from "../components/storage/ebs-storage";
import { parse } from "./mistakes";
import { bareMetalStorageSchema, cloudStorageSchema } from "./schema/storage";
import type { BareMetalStorage, CloudStorage, TargetConfig } from "./types";

const SCHEMAS = { "bare-metal": bareMetalStorageSchema, cloud: cloudStorageSchema };

/** The target of a stack. */
export type Target = keyof typeof SCHEMAS;

/**
 * Parses `stateful:storage` as the target has it. A key that only the other target has is told so, instead of
 * being called unknown.
 */
export function parseStorage(
  target: Target,
  value: unknown,
  problems: Problems,
): TargetConfig | { target: Target; storage?: undefined } {
  const own = Object.keys(SCHEMAS[target].shape);
  const other: Target = target === "cloud" ? "bare-metal" : "cloud";
  const foreign = Object.keys(SCHEMAS[other].shape).filter((key) => !own.includes(key));

  const rest: Record<string, unknown> = {};
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  for (const [key, entry] of Object.entries(isMap ? value : {})) {
    if (!foreign.includes(key)) {
      rest[key] = entry;
      continue;
    }
    problems.add(key, {
      value: entry,
      allowed: `with target ${target}: ${own.join(", ")}`,
      fix: `remove it, or set stateful:target to ${other}`,
    });
  }
  const input = isMap ? rest : value;
  const before = problems.found.length;
  const where: TargetConfig | { target: Target; storage?: undefined } =
    target === "cloud"
      ? { target, storage: withType(parse(SCHEMAS.cloud, input, problems)) }
      : { target, storage: parse(SCHEMAS["bare-metal"], input, problems) };
  // Half a storage would be called incomplete, too.
  return problems.found.length > before ? { target } : where;
}

/** Whoever says anything of a class that the cluster does not have wants one of EBS, of which there is one type. */
function withType(storage: CloudStorage | undefined): CloudStorage | undefined {
  if (storage === undefined || storage.existing === true) return storage;
  const isMade = Object.keys(storage).some(ofClassToMake);
  return isMade ? { ...storage, type: storage.type ?? "gp3" } : storage;
}

/** Whether a key says something of a class that is to be made. */
function ofClassToMake(key: string): boolean {
  return key !== "deletionProtection" && key !== "existing";
}

/** Checks storage on bare metal: a class of ours needs a path and nodes, any other has neither. */
export function checkBareMetalStorage(
  storage: BareMetalStorage,
  stackNamespace: string,
  problems: Problems,
): void {
  const { className, existing, path, nodes, nodeStorageNamespace } = storage;
  if (nodeStorageNamespace === stackNamespace) {
    problems.add("nodeStorageNamespace", {
      value: nodeStorageNamespace,
      allowed: "another namespace than the databases' own: its pods may do more than theirs",
      fix: "remove it for the default, stateful-storage",
    });
  }
  checkClass(storage, problems);
  if (path !== undefined && (!/^\/[^\s:]*[^\s:/]$/.test(path) || /\/(\.{0,2})\//.test(`${path}/`))) {
    problems.add("path", {
      value: path,
      allowed:
        "an absolute path other than /, without spaces, without . or .. or an empty part, without / at its end",
      fix: "write it like /mnt/data",
    });
  }
  nodes?.forEach((node, index) => {
    if (isDnsSubdomain(node)) return;
    problems.add(`nodes[${index}]`, {
      value: node,
      allowed: "the name of a node, as `kubectl get nodes` shows it",
      fix: "correct the name",
    });
  });
  checkDuplicates("nodes", nodes, problems);
  checkImage("nodeStorageImage", storage.nodeStorageImage, problems);
  storage.nodeStoragePullSecrets?.forEach((name, index) => {
    checkSecretName(`nodeStoragePullSecrets[${index}]`, name, problems);
  });

  const ours = className !== undefined && !existing;
  for (const key of ["path", "nodes"] as const) {
    if (ours === (storage[key] !== undefined)) continue;
    problems.add(key, {
      value: storage[key],
      allowed: ours
        ? "needed, where className names a class to create"
        : "only where className names a class to create",
      fix: ours
        ? `add it, or set existing: true if the cluster has the class "${className}" already`
        : "add className: manual without existing, or remove the key",
    });
  }
}

/** Checks storage in the cloud: EBS has figures and keys of its own, a class that exists has none. */
export function checkCloudStorage(storage: CloudStorage, problems: Problems): void {
  const { existing, type } = storage;
  checkClass(storage, problems);
  checkDuplicates("zones", storage.zones, problems);
  if (type !== undefined && existing) {
    problems.add("type", {
      value: type,
      allowed: "only for a class to create",
      fix: "remove it, or existing: true",
    });
  }
  const used = Object.keys(storage).filter((key) => ofClassToMake(key) && key !== "className");
  if (type === undefined && used.length > 0) {
    problems.add("type", {
      allowed: "gp3, where a class is to be created",
      fix: `remove ${used.join(", ")}: the class exists`,
    });
  }
  if (
    storage.kmsKeyId !== undefined &&
    !/^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/.test(storage.kmsKeyId)
  ) {
    problems.add("kmsKeyId", {
      value: storage.kmsKeyId,
      allowed: "the ARN of a KMS key: arn:aws:kms:<region>:<account>:key/<id>",
      fix: "write the key's whole ARN: the driver's rights are given for it",
    });
  }
  checkEbs(storage, problems);
}

function checkClass(
  { className, existing }: Pick<BareMetalStorage, "className" | "existing">,
  problems: Problems,
): void {
  if (className !== undefined && !isDnsSubdomain(className)) {
    problems.add("className", {
      value: className,
      allowed: "lower-case letters, digits, '-' and '.', a letter or digit first and last",
      fix: "correct the name",
    });
  }
  if (existing && className === undefined) {
    problems.add("className", {
      allowed: "the name of the class, where existing is true",
      fix: "add it, or remove existing to use the cluster's default class",
    });
  }
}

/** Checks that a list names nothing twice. */
export function checkDuplicates(key: string, list: string[] | undefined, problems: Problems): void {
  const twice = list?.filter((item, index) => list.indexOf(item) !== index) ?? [];
  for (const item of new Set(twice)) {
    problems.add(key, { value: item, allowed: "each item once", fix: "remove the duplicate" });
  }
}
