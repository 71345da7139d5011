import type * as pulumi from "@pulumi/pulumi";
import type { BackupOutput } from "../backup/output";
import type { ConnectionArgs } from "./connection";

/**
 * What every database component puts out, beside a host for each of its endpoints. Each declares all of it anew: Pulumi's
 * schema has what a class itself declares.
 */
export interface Database {
  /** Port of clients. */
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
  /** What is known of its backup. */
  readonly backup: pulumi.Output<BackupOutput>;
  /** All that an application needs to connect: for `StatelessApp`, or for pods of one's own. */
  readonly connection: ConnectionArgs;
  /** URL with user and password. A secret. */
  readonly connectionString: pulumi.Output<string>;
}
