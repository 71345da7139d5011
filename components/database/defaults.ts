import { type DatabaseArgs, Durability } from "./args";
import type { WithVolumes } from "./engine";

/** Defaults that all engines share. */
export const DATABASE_DEFAULTS = {
  replicas: 1,
  storage: "10Gi",
  cpu: "500m",
  memory: "1Gi",
  database: "app",
  username: "app",
  durability: Durability.Majority,
} as const;

/** Fills in the defaults of a database's arguments. */
export function resolveDatabaseArgs(args: DatabaseArgs, defaultVersion: string): WithVolumes {
  return {
    ...args,
    version: args.version ?? defaultVersion,
    replicas: args.replicas ?? DATABASE_DEFAULTS.replicas,
    storage: args.storage ?? DATABASE_DEFAULTS.storage,
    durability: args.durability ?? DATABASE_DEFAULTS.durability,
    database: args.database ?? DATABASE_DEFAULTS.database,
    username: args.username ?? DATABASE_DEFAULTS.username,
    resources: {
      ...args.resources,
      cpu: args.resources?.cpu ?? DATABASE_DEFAULTS.cpu,
      memory: args.resources?.memory ?? DATABASE_DEFAULTS.memory,
    },
  };
}
