import type * as pulumi from "@pulumi/pulumi";

/** What an application needs to connect to a database: each database's component puts it out as `connection`. */
export interface ConnectionArgs {
  /** DNS name for reads and writes: the primary's, where there is one. */
  host: pulumi.Input<string>;
  /** More DNS names by what they are: `replicas` spreads reads, `pooler` stands before the primary, `replicasPooler` before the replicas. @default none given to the application */
  hosts?: Record<string, pulumi.Input<string>>;
  /** Port of each of them, but for those of `ports`. */
  port: pulumi.Input<number>;
  /** Ports of those `hosts` that have another one: where a driver asks for the primary, for instance. @default none */
  ports?: Record<string, pulumi.Input<number>>;
  /** Name of the database. */
  database: pulumi.Input<string>;
  /** User. */
  username: pulumi.Input<string>;
  /** Key of the user in the Secret, where it changes with the password. @default none: it is always `username` */
  usernameKey?: pulumi.Input<string>;
  /** Secret with the password, in the application's namespace: a database's holds it once the servers let it in. */
  secretName: pulumi.Input<string>;
  /** Key of the password in the Secret. @default password */
  passwordKey?: pulumi.Input<string>;
  /**
   * Secret with the certificate of the servers' authority as `ca.crt`, in the application's namespace: a database's
   * `tlsSecretName`. The pods mount that key alone, and find it by the variables `…_CA` and `NODE_EXTRA_CA_CERTS`.
   * @default none: clients cannot verify the server
   */
  caSecretName?: pulumi.Input<string>;
  /**
   * Variables by which drivers of the engine verify the server without being told, where there are any; `env` wins over
   * them. Needs `caSecretName`, whose file is `$(DATABASE_CA)`, also with another `connectionPrefix`. @default none
   */
  driverVariables?: Record<string, string>;
  /** Name of the database's component: the pods get its client label, which its NetworkPolicy admits. @default none */
  clientOf?: string;
}
