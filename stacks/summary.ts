import { backupPromises } from "../components/backup/promises";
import type { Database, ResolvedArgs } from "../components/database/engine";
import { describeMemory } from "../components/database/memory";
import type { Promises } from "../components/database/promises";
import { clientLabels } from "../components/network/network-policy";
import { type EngineName, engineOf } from "./engines";
import type { StackStorage } from "./storage";

/** A database as its users see it. */
export interface DatabaseSummary extends Pick<
  Database,
  | "primaryHost"
  | "replicasHost"
  | "poolerHost"
  | "port"
  | "podHosts"
  | "username"
  | "secretName"
  | "passwordKey"
  | "tlsSecretName"
  | "connectionString"
> {
  engine: string;
  version: string;
  replicas: number;
  /** Name of the application's database. */
  database: string;
  /** Size of each replica's volume. */
  storage: string;
  /** Class of the volumes, in words. */
  storageClass: string;
  /** Where the volumes are, in words. */
  volumesAt: string;
  /** Label that a pod of the namespace needs to connect. */
  clientLabel: string;
  promises: Promises;
  /** What the server may use of its memory, in words. */
  memory: string;
}

/** A database that was made, with what it was made of. */
export interface CreatedDatabase {
  engine: EngineName;
  args: ResolvedArgs;
  outputs: Database;
}

/** Puts together what the users of a database want to know. */
export function summarize(
  name: string,
  { engine, args, outputs }: CreatedDatabase,
  storage: StackStorage,
): DatabaseSummary {
  const { survives, canBeLost } = engineOf(engine).promises(args);
  const backup = backupPromises(args.backup);
  const { primaryHost, replicasHost, poolerHost, port, podHosts } = outputs;
  const { username, secretName, passwordKey, tlsSecretName, connectionString } = outputs;
  return {
    engine,
    version: args.version,
    replicas: args.replicas,
    database: args.database,
    storage: args.storage,
    storageClass: storage.className,
    volumesAt: storage.location,
    primaryHost,
    replicasHost,
    ...(poolerHost ? { poolerHost } : {}),
    port,
    podHosts,
    username,
    secretName,
    passwordKey,
    tlsSecretName,
    connectionString,
    clientLabel: Object.entries(clientLabels(name)).flat().join("="),
    memory: describeMemory(engineOf(engine).memory(args), args.resources.memory),
    promises: {
      survives: [...survives, ...backup.survives],
      canBeLost: [...canBeLost, ...backup.canBeLost, `when a node is lost: ${storage.whenNodeIsLost}`],
    },
  };
}
