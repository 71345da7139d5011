import { GIBIBYTE, MEBIBYTE, parseBytes } from "../common/quantity";
import { agentLine, MONGODB_PORT, PATHS, RUN_FILES } from "./protocol";
import { CACHE_SETTING, mongoDbMemory } from "./memory";
import type { ResolvedMongoDb } from "./resolve";
import { mongoDbLanguage } from "./settings/language";
import { writtenValue } from "./settings/values";

/** Of the volume: what members that were away go on from. The server's own share is half of that. */
const OPLOG = 1 / 10;
const LEAST_OPLOG = 1024 * MEBIBYTE;
const MOST_OPLOG = 50 * GIBIBYTE;

/** The longest time that the server takes, ms: some 24 days. */
const NEVER = 2 ** 31 - 1;

/** What of a database its servers' file follows from. */
type Wanted = Pick<
  ResolvedMongoDb,
  "version" | "settings" | "resources" | "storage" | "tls" | "holdFeatureCompatibility"
>;

/**
 * The server's file, in JSON, which is YAML as well: ours, and the user's over those of ours that are not reserved
 * (`settings/reserved.ts`). It is the same for all members.
 *
 * @param setName - of the replica set
 * @see https://www.mongodb.com/docs/manual/reference/configuration-options/
 */
export function serverConfig(setName: string, args: Wanted): string {
  const { table } = mongoDbLanguage(args.version);
  const given = Object.entries(args.settings ?? {}).map(([name, value]): [string, unknown] => [
    name,
    writtenValue(table.get(name.toLowerCase()), value),
  ]);
  const settings = new Map<string, unknown>([...Object.entries(ourSettings(setName, args)), ...given]);
  const held = { holdsFeatures: args.holdFeatureCompatibility === true };
  return `${agentLine(held)}\n${JSON.stringify(nested(settings), undefined, 2)}\n`;
}

function ourSettings(setName: string, args: Wanted): Record<string, unknown> {
  const { resources, settings = {}, storage, tls } = args;
  const { cache } = mongoDbMemory(resources.memory, new Map(Object.entries(settings)));
  const run = (file: string): string => `${PATHS.run}/${file}`;
  return {
    "net.port": MONGODB_PORT,
    "net.bindIpAll": true,
    // Members use it in any case.
    "net.tls.mode": tls?.required === true ? "requireTLS" : "preferTLS",
    "net.tls.certificateKeyFile": run(RUN_FILES.certificate),
    "net.tls.CAFile": run(RUN_FILES.authority),
    // Clients log in by a password, and members by their key.
    "net.tls.allowConnectionsWithoutCertificates": true,
    // Members are known by who has signed them: a certificate need not have each pod's name.
    "net.tls.allowInvalidHostnames": true,
    "net.tls.disabledProtocols": "TLS1_0,TLS1_1",
    "security.authorization": "enabled",
    "security.keyFile": run(RUN_FILES.key),
    "security.clusterAuthMode": "keyFile",
    "replication.replSetName": setName,
    "replication.oplogSizeMB": Math.floor(oplogOf(storage) / MEBIBYTE),
    "storage.dbPath": `${PATHS.volume}/data`,
    [CACHE_SETTING]: Math.round((cache / GIBIBYTE) * 100) / 100,
    // Its lines have the values of what is slow: the agents log it, without them.
    "operationProfiling.slowOpThresholdMs": NEVER,
    "setParameter.enableLocalhostAuthBypass": false,
    "setParameter.authenticationMechanisms": "SCRAM-SHA-256",
    // The primary has the writes to do.
    "setParameter.initialSyncSourceReadPreference": "secondaryPreferred",
    // Figures for the server's maker take room that data needs.
    "setParameter.diagnosticDataCollectionDirectorySizeMB": 100,
  };
}

function oplogOf(storage: string): number {
  return Math.min(MOST_OPLOG, Math.max(LEAST_OPLOG, (parseBytes(storage) ?? 0) * OPLOG));
}

/** `a.b: 1` as `{ a: { b: 1 } }`. */
function nested(settings: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [name, value] of settings) {
    const parts = name.split(".");
    const last = parts.pop() ?? "";
    let place = root;
    for (const part of parts) place = (place[part] ??= {}) as Record<string, unknown>;
    place[last] = value;
  }
  return root;
}
