import type * as pulumi from "@pulumi/pulumi";
import type { DatabaseArgs, ResourcesArgs } from "../database/args";

/** For how long a client of PgBouncer keeps a connection to the server. */
export enum PoolMode {
  /** Until its transaction ends: few connections serve many clients. */
  Transaction = "transaction",
  /** Until it disconnects, for what lives as long as a session: `SET`, `LISTEN`, advisory locks, temporary tables. */
  Session = "session",
}

/** PgBouncer before the primary, or before the replicas. */
export interface PoolerArgs {
  /** Number of pods. @default 2, so that one can be lost or replaced */
  replicas?: number;
  /** When a server connection goes back to the pool. @default transaction */
  mode?: PoolMode;
  /** Server connections that each pod opens for a user at most; that many transactions run at the same time. @default 20 */
  poolSize?: number;
  /** Client connections that each pod takes; further ones are refused. @default 1000 */
  maxClients?: number;
  /** Image with PgBouncer 1.21 or newer and bash. @default that of CloudNativePG */
  image?: pulumi.Input<string>;
  /** User and group that PgBouncer runs as. Any will do: it owns no files. @default 10001 */
  userId?: number;
  /** Processor and memory of each pod. @default 100m and 128Mi */
  resources?: ResourcesArgs;
}

/** A PostgreSQL database. Its name is the component's: at most 52 characters, since DNS names are made of it. */
export interface PostgreSqlArgs extends DatabaseArgs {
  /** Extensions that are created in the database; the image must have them. @default none */
  extensions?: string[];
  /** Lines of pg_hba.conf for clients, each `host DATABASE USER ADDRESS METHOD` or another type. @default every user, from everywhere the NetworkPolicy admits, by scram-sha-256 */
  clientHba?: string[];
  /** PgBouncer before the primary, as `<name>-pooler`; `{}` for one with the defaults. Turning it on or off restarts the pods, one by one. @default none */
  pooler?: PoolerArgs;
  /**
   * PgBouncer before the replicas, for reads, as `<name>-replicas-pooler`; `{}` for one with the defaults. It leads where `<name>-replicas`
   * does: while no replica serves, to the primary. Not with one member. Turning the first of both on, or the last off, restarts the
   * pods, one by one. @default none
   */
  replicasPooler?: PoolerArgs;
  /**
   * Replication slots on the primary for databases that follow this one (`follow`), by their names: each keeps the log that its follower has
   * not read yet, as far as for a replica that is away: a quarter of the volume. `[]` removes those that there were. @default none, and those that there are stay
   */
  followerSlots?: string[];
  /** User and group that PostgreSQL runs as, and that own the data: any, whatever the image has. Keep it once there is data. @default 10001 */
  userId?: number;
  /** Directory of PostgreSQL's programs in the image. @default /usr/lib/postgresql/VERSION/bin, as Debian has it */
  binaries?: string;
  /** Seconds that the server may take to stop before it is killed. @default 300, for a large checkpoint on a slow disk */
  terminationGracePeriodSeconds?: number;
}
