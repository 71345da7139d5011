import type * as pulumi from "@pulumi/pulumi";
import type { Problems } from "../common/problems";
import type { DatabaseArgs } from "./args";
import type { ClientTarget } from "./client";
import type { ContainerResources } from "./container-resources";
import type { MemoryBudget } from "./memory";
import type { LogFormatArgs } from "../node-agents/args";
import type { Topology } from "../protocol/topology";
import type { Database } from "./database";
import type { EngineExporter } from "./exporter";
import type { Guarantees } from "./guarantees";

/**
 * Arguments of a database with every default filled in that does not depend on the cluster. Without `storage` its members have no
 * volumes: what they hold ends with their pods.
 */
export type ResolvedArgs = DatabaseArgs &
  Required<Pick<DatabaseArgs, "replicas" | "version" | "durability" | "database" | "username">> & {
    resources: ContainerResources;
  };

/** Of a database whose members have volumes. */
export type WithVolumes = ResolvedArgs & Required<Pick<ResolvedArgs, "storage">>;

/** An engine, as a stack that composes many of them sees it. */
export interface Engine {
  /** User that the engine's processes run as, and that owns the data. */
  userId(args: Omit<DatabaseArgs, "namespace">): number;
  /** Its members' roles, and how clients reach them. */
  topology(args: Omit<DatabaseArgs, "namespace">): Topology;
  /** Names of Services beside those of its endpoints. @default none */
  services?(name: string): string[];
  /** Fills in the defaults. */
  resolve(args: DatabaseArgs): ResolvedArgs;
  /** Finds what is wrong with a name and arguments. */
  check(name: string, args: Omit<DatabaseArgs, "namespace">, problems: Problems): void;
  /** Whether its databases can be backed up. */
  readonly hasBackups: boolean;
  /** Says what the arguments promise. */
  guarantees(args: ResolvedArgs): Guarantees;
  /** Says what of a replica's memory the arguments may use. */
  memory(args: ResolvedArgs): MemoryBudget;
  /**
   * The line of a shell that runs the client which the engine's image has. Who logs in is in the variables USERNAME and PASSWORD; neither
   * may become an argument.
   */
  client(target: ClientTarget): string;
  /** How what its servers write is read. */
  readonly logs: LogFormatArgs;
  /** How the image of a version is usually called. @default as the engine */
  imageName?(version: string | undefined): string;
  /** Arguments that are a part with an image of its own, by their names, and how that image is usually called. @default none */
  readonly images?: Readonly<Record<string, string>>;
  /** Its usual exporter; absent where there is none that runs beside a server. */
  readonly exporter?: EngineExporter;
  /** Makes the database. */
  create(name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions): Database;
}
