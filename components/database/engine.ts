import type * as pulumi from "@pulumi/pulumi";
import type { Problems } from "../common/problems";
import type { DatabaseArgs } from "./args";
import type { ContainerResources } from "./container-resources";
import type { MemoryBudget } from "./memory";
import type { Promises } from "./promises";

/** What every database component puts out. Each declares it anew: Pulumi's schema has what a class itself declares. */
export interface Database {
  /** DNS name of the primary, for reads and writes. */
  readonly primaryHost: pulumi.Output<string>;
  /** DNS name that spreads reads over the replicas. */
  readonly replicasHost: pulumi.Output<string>;
  /** DNS name of the pooler before the primary, where there is one. */
  readonly poolerHost?: pulumi.Output<string>;
  /** Port of each of them. */
  readonly port: pulumi.Output<number>;
  /** DNS name of each pod, in the order of the ordinals. */
  readonly podHosts: pulumi.Output<string[]>;
  /** Secret with the passwords. */
  readonly secretName: pulumi.Output<string>;
  /** The application's user. */
  readonly username: pulumi.Output<string>;
  /** Key of the application user's password in that Secret. */
  readonly passwordKey: pulumi.Output<string>;
  /** Secret with the servers' certificate; its key `ca.crt` is the authority's, for clients. */
  readonly tlsSecretName: pulumi.Output<string>;
  /** The authority's certificate in PEM; absent where cert-manager makes it, in the cluster. */
  readonly caCertificate?: pulumi.Output<string>;
  /** URL with user and password. A secret. */
  readonly connectionString: pulumi.Output<string>;
}

/** Arguments of a database with every default filled in that does not depend on the cluster. */
export type ResolvedArgs = DatabaseArgs &
  Required<
    Pick<DatabaseArgs, "replicas" | "storage" | "version" | "durability" | "database" | "username">
  > & {
    resources: ContainerResources;
  };

/** An engine, as a stack that composes many of them sees it. */
export interface Engine {
  /** User that the engine's processes run as, and that owns the data. */
  userId(args: Omit<DatabaseArgs, "namespace">): number;
  /**
   * Variables by which the engine's usual drivers verify the server without being told; `caFile` has the authority's
   * certificate. @default none: they read no variables
   */
  driverVariables?(caFile: string): Record<string, string>;
  /** Names of Services beside those that every database has. @default none */
  services?(name: string, args: Omit<DatabaseArgs, "namespace">): string[];
  /** Fills in the defaults. */
  resolve(args: DatabaseArgs): ResolvedArgs;
  /** Finds what is wrong with a name and arguments. */
  check(name: string, args: Omit<DatabaseArgs, "namespace">, problems: Problems): void;
  /** Says what the arguments promise. */
  promises(args: ResolvedArgs): Promises;
  /** Says what of a replica's memory the arguments may use. */
  memory(args: ResolvedArgs): MemoryBudget;
  /** Arguments that are a part with an image of its own, by their names, and how that image is usually called. @default none */
  readonly images?: Readonly<Record<string, string>>;
  /** Makes the database. */
  create(name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions): Database;
}
