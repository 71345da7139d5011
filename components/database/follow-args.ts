/** Where the account is found by which another database is copied. */
export interface FollowCredentialsArgs {
  /**
   * Secret in the namespace of this database with the source's key `replication-password` and, where the account is another than
   * `stateful_replication`, `replication-username`. Of a source that this library made it is `<source>-credentials-members`: copy that
   * into this namespace where it is another.
   */
  existingSecret: string;
}

/**
 * Another database that this one is a read-only copy of, by the engine's own replication, until it is promoted: one of the same stack, of
 * another cluster, or one that something else runs.
 */
export interface FollowArgs {
  /** DNS name of the source's primary that leads to the new one after a failover, such as `orders.databases.svc`. The source's certificate must have it. */
  host: string;
  /** Port there. @default the engine's */
  port?: number;
  /** Who copies. */
  credentials: FollowCredentialsArgs;
  /** The authority of the source's certificate, in PEM. Not with `caSecret`. @default this database's own, as with sources of the same stack */
  ca?: string;
  /** Secret in the namespace of this database whose key `ca.crt` is that authority. Not with `ca`. @default none */
  caSecret?: string;
  /**
   * Replication slot on the source that keeps its log while this database is away; a source that this library made has it by
   * `followerSlots`. @default none: what the source has removed meanwhile cannot be had again, and a new copy has to be made
   */
  slot?: string;
}
