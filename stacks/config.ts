import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { Problems } from "../components/common/problems";
import { checkStack } from "./checks";
import { databaseConfig, parseDatabase } from "./databases";
import { pullSecretsOf, type StackImages, storageFromRegistry } from "./images";
import { parse, unknownKey } from "./mistakes";
import { wantedNodeAgents } from "./node-agents";
import { backup as backupSchema, backupBucketSchema } from "./schema/backup";
import { monitoring as monitoringSchema } from "./schema/monitoring";
import {
  logCollection as logCollectionSchema,
  nodeMonitoring as nodeMonitoringSchema,
} from "./schema/node-agents";
import { applicationSchema } from "./schema/application";
import { passwordsSchema, scalarSchemas, STACK_KEYS } from "./schema/stack";
import { parseStorage } from "./storage-config";
import type { ApplicationConfig, StackConfig } from "./types";

/** Namespace of a stack that names none. */
const DEFAULT_NAMESPACE = "databases";
const PREFIX = "stateful:";

/**
 * Reads and checks the configuration of the current stack.
 *
 * @throws InvalidArgsError with every mistake at once, before any resource is made.
 */
export function readConfig(): StackConfig {
  const raw = rawConfig();
  const problems = new Problems("");
  const at = (key: string) => problems.at(PREFIX + key);

  for (const key of Object.keys(raw)) {
    if (!(STACK_KEYS as readonly string[]).includes(key)) {
      unknownKey(
        PREFIX + key,
        STACK_KEYS.map((known) => PREFIX + known),
        problems,
      );
    }
  }
  checkSecrecy(raw, problems);

  const target = parse(scalarSchemas.target, raw["target"], at("target"));
  const namespace =
    parseOptional(scalarSchemas.namespace, raw["namespace"], at("namespace")) ?? DEFAULT_NAMESPACE;
  const createNamespace =
    parseOptional(scalarSchemas.createNamespace, raw["createNamespace"], at("createNamespace")) ?? true;
  const cluster = parseOptional(scalarSchemas.cluster, raw["cluster"], at("cluster")) ?? {};
  const passwords = new Map(
    parseEach(raw["passwords"], at("passwords"), (entry, here) => parse(passwordsSchema, entry, here)),
  );
  const backup = parseOptional(backupSchema, raw["backup"], at("backup"));
  const monitoring = parseOptional(monitoringSchema, raw["monitoring"], at("monitoring")) ?? {};
  const images = parseOptional(scalarSchemas.images, raw["images"], at("images")) ?? {};
  const nodeAgents = wantedNodeAgents(
    {
      logCollection: parseOptional(logCollectionSchema, raw["logCollection"], at("logCollection")),
      nodeMonitoring: parseOptional(nodeMonitoringSchema, raw["nodeMonitoring"], at("nodeMonitoring")),
    },
    images,
  );
  const databases = parseEach(raw["databases"], at("databases"), parseDatabase).map(([name, database]) =>
    databaseConfig(name, database, { namespace, backup, monitoring, images, passwords: passwords.get(name) }),
  );
  const applications = parseEach(raw["applications"], at("applications"), (entry, here) =>
    parse(applicationSchema, entry, here),
  ).map(([name, application]) => applicationConfig(name, application, images));

  const backupBucket = parseOptional(backupBucketSchema, raw["backupBucket"], at("backupBucket"));
  const common = {
    ...{ namespace, createNamespace, cluster, images, monitoring, nodeAgents, databases, applications },
    ...(backupBucket ? { backupBucket } : {}),
  };
  const own = target && parseStorage(target, "storage" in raw ? raw["storage"] : {}, at("storage"));
  const where =
    own?.target === "bare-metal" && own.storage
      ? { ...own, storage: storageFromRegistry(own.storage, images) }
      : own;
  const names = { databases: keysOf(raw["databases"]), passwords: keysOf(raw["passwords"]) };
  checkStack({ ...common, ...where }, names, problems);
  problems.throwIfAny();
  if (where?.storage === undefined) throw new Error("no storage, and no problem that says why");
  return { ...common, ...where };
}

/** Everything below `stateful:`, with structured values parsed. */
function rawConfig(): Record<string, unknown> {
  const entries = Object.entries(pulumi.runtime.allConfig())
    .filter(([key]) => key.startsWith(PREFIX))
    .map(([key, value]) => [key.slice(PREFIX.length), parseStructured(value)] as const);
  return Object.fromEntries(entries);
}

function parseStructured(value: string): unknown {
  if (value === "" || value === "null") return null;
  if (!/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** The part of Pulumi's runtime that its types do not have. */
const runtime: Pick<typeof pulumi.runtime, "allConfig"> & { isConfigSecret?(key: string): boolean } =
  pulumi.runtime;

/** Whether a value is encrypted in the stack file. */
function isSecret(key: string): boolean {
  if (!runtime.isConfigSecret)
    throw new Error("this version of Pulumi's SDK does not say which values are secrets");
  return runtime.isConfigSecret(key);
}

/** Passwords must be encrypted in the stack file; what is encrypted there must be a password. */
function checkSecrecy(raw: Record<string, unknown>, problems: Problems): void {
  for (const key of Object.keys(raw)) {
    const secret = isSecret(PREFIX + key);
    if (key === "passwords" && !secret && keysOf(raw[key]).length > 0) {
      problems.add(PREFIX + key, {
        allowed: "passwords that are encrypted in the stack file",
        fix:
          "remove them from the file, change those that were shared, and set each by " +
          "`pulumi config set --secret --path 'stateful:passwords.<database>.password'`",
      });
    } else if (key !== "passwords" && secret) {
      problems.add(PREFIX + key, {
        allowed: "no encrypted value",
        fix: "keep secrets below stateful:passwords; the rest of a stack file is to be read and compared",
      });
    }
  }
}

function parseOptional<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  problems: Problems,
): z.infer<Schema> | undefined {
  return value === undefined ? undefined : parse(schema, value, problems);
}

/** Parses each entry of a map by itself, so that a mistake in one does not hide those in the others. */
function parseEach<Parsed>(
  value: unknown,
  problems: Problems,
  parseEntry: (entry: unknown, problems: Problems) => Parsed | undefined,
): [string, Parsed][] {
  if (value === undefined) return [];
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    problems.add("", {
      value,
      allowed: "a map: a name, and below it its settings",
      fix:
        value === null
          ? "add an entry, or remove the key"
          : "write each entry as `name: { … }`, without a dash before it",
    });
    return [];
  }
  return Object.entries(value).flatMap(([name, entry]): [string, Parsed][] => {
    const parsed = parseEntry(entry, problems.at(name));
    return parsed === undefined ? [] : [[name, parsed]];
  });
}

function keysOf(value: unknown): string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

function applicationConfig(
  name: string,
  { database, databases, ...args }: z.infer<typeof applicationSchema>,
  images: StackImages,
): ApplicationConfig {
  const secrets = args.imagePullSecrets ?? pullSecretsOf(images);
  return {
    ...{ name, database, databases },
    args: { ...args, ...(secrets ? { imagePullSecrets: secrets } : {}) },
  };
}
