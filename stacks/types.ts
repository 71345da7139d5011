import type { z } from "zod";
import type { StatelessAppArgs } from "../components/application/args";
import type { ResolvedArgs } from "../components/database/engine";
import type { EngineName } from "./engines";
import type { backupBucketSchema } from "./schema/backup";
import type { monitoring } from "./schema/monitoring";
import type { logCollection, nodeMonitoring } from "./schema/node-agents";
import type { passwordsSchema, scalarSchemas } from "./schema/stack";
import type { bareMetalStorageSchema, cloudStorageSchema } from "./schema/storage";

/** Storage of a stack on bare metal. */
export type BareMetalStorage = z.infer<typeof bareMetalStorageSchema>;
/** Storage of a stack in the cloud. */
export type CloudStorage = z.infer<typeof cloudStorageSchema>;
/** What a stack says of its databases' figures. */
export type StackMonitoring = z.infer<typeof monitoring>;
/** The agents that a stack wants on its nodes. */
export interface StackNodeAgents {
  logCollection?: Omit<z.infer<typeof logCollection>, "enabled">;
  nodeMonitoring?: Omit<z.infer<typeof nodeMonitoring>, "enabled">;
}
/** Passwords that a stack sets itself, from its secrets. */
export type Passwords = z.infer<typeof passwordsSchema>;

/** One database of a stack, its engine named. */
export interface DatabaseConfig {
  name: string;
  engine: EngineName;
  /** Its arguments, with every default filled in. What the program gives to it is not among them. */
  args: ResolvedArgs;
  /** Nodes of the replicas, in the order of the ordinals: bare metal with a class of ours only. */
  nodes?: string[];
}

/** One application of a stack. */
export interface ApplicationConfig {
  name: string;
  args: Omit<StatelessAppArgs, "namespace" | "connection" | "connections" | "retainingProvider">;
  /** Name of the stack's database that it uses. */
  database?: string;
  /** Names of others that it uses, by the first parts of their variables. */
  databases?: Record<string, string>;
}

/** A stack's configuration, valid as a whole. */
export type StackConfig = CommonConfig & TargetConfig;

/** What a stack has on either target. */
export interface CommonConfig {
  namespace: string;
  /** Whether the stack makes its namespace. */
  createNamespace: boolean;
  cluster: z.infer<typeof scalarSchemas.cluster>;
  /** Where images come from that are not named. */
  images: z.infer<typeof scalarSchemas.images>;
  monitoring: StackMonitoring;
  nodeAgents: StackNodeAgents;
  databases: DatabaseConfig[];
  /** A bucket that the stack makes for their backups. */
  backupBucket?: z.infer<typeof backupBucketSchema>;
  applications: ApplicationConfig[];
}

/** Where a stack runs, and what its storage is there. */
export type TargetConfig =
  { target: "bare-metal"; storage: BareMetalStorage } | { target: "cloud"; storage: CloudStorage };
