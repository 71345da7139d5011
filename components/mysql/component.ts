import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { baseJobs } from "../backup/base-jobs";
import { Problems } from "../common/problems";
import { replaceable } from "../common/retention";
import { databaseBase, databaseOptions } from "../database/base";
import type { BackupOutput } from "../backup/output";
import type { ConnectionArgs } from "../database/connection";
import { databaseOutputs } from "../database/outputs";
import type { DatabaseSpec } from "../database/spec";
import { databaseStatefulSet } from "../database/stateful-set";
import type { MySqlArgs } from "./args";
import { checkMySql } from "./checks";
import { MYSQL_EXPORTER } from "./exporter";
import { MAX_PASSWORD_BYTES } from "./limits";
import { MEMBER_KEYS, mysqlPod } from "./pod";
import { resolveMySql } from "./resolve";
import { serverConfig } from "./server-config";
import { MYSQL_TOPOLOGY } from "./topology";

/**
 * MySQL 8.4 and newer, by Group Replication with a single primary: one member, or 3, 5, 7 or 9.
 *
 * With three or more, a commit is acknowledged when a majority has received it, and another member takes over
 * from a primary that is lost. A single member that is lost comes back on its volume; what is lost with the
 * volume can only come from a backup.
 *
 * @throws InvalidArgsError with everything that is wrong with the arguments, before any resource is made.
 */
export class MySql extends pulumi.ComponentResource {
  /** DNS name of the primary, for reads and writes. */
  readonly primaryHost!: pulumi.Output<string>;
  /** DNS name that spreads reads over the replicas. */
  readonly replicasHost!: pulumi.Output<string>;
  /** Port of both. */
  readonly port!: pulumi.Output<number>;
  /** DNS name of each pod, in the order of the ordinals. */
  readonly podHosts!: pulumi.Output<string[]>;
  /** Secret with the passwords. */
  readonly secretName!: pulumi.Output<string>;
  /** The application's user. */
  readonly username!: pulumi.Output<string>;
  /** Key of the application user's password in that Secret. */
  readonly passwordKey!: pulumi.Output<string>;
  /** Secret with the servers' certificate; its key `ca.crt` is the authority's, for clients. */
  readonly tlsSecretName!: pulumi.Output<string>;
  /** The authority's certificate in PEM; absent where cert-manager makes it, in the cluster. */
  readonly caCertificate?: pulumi.Output<string>;
  /** What is known of its backup. */
  readonly backup!: pulumi.Output<BackupOutput>;
  /** All that an application needs to connect: for `StatelessApp`, or for pods of one's own. */
  readonly connection!: ConnectionArgs;
  /** `mysql://user:password@host:port/database`. A secret. */
  readonly connectionString!: pulumi.Output<string>;

  constructor(name: string, args: MySqlArgs, opts?: pulumi.ComponentResourceOptions) {
    const problems = new Problems(name);
    checkMySql(name, args, problems);
    problems.throwIfAny();
    super("stateful:index:MySql", name, {}, databaseOptions(args.deletionProtection, opts));

    const resolved = resolveMySql(args);
    const { namespace, database, username } = resolved;
    const spec: DatabaseSpec = {
      engine: "mysql",
      topology: MYSQL_TOPOLOGY,
      memberKeys: MEMBER_KEYS,
      exporter: MYSQL_EXPORTER,
      maxPasswordBytes: MAX_PASSWORD_BYTES,
      keepsUsers: true,
    };
    const base = databaseBase(name, resolved, spec, this);

    const config = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      {
        metadata: { namespace, labels: base.labels },
        immutable: true,
        data: { "my.cnf": serverConfig(resolved), username, database },
      },
      replaceable(this, args.maintenance !== undefined),
    );
    const pod = mysqlPod(resolved, config.metadata.name);
    databaseStatefulSet({ name, args: resolved, base, pod, parent: this });
    baseJobs({ name, args: resolved, base, pod, parent: this });

    const outputs = databaseOutputs(name, resolved, base, { scheme: "mysql" });
    Object.assign(this, outputs);
    this.registerOutputs({ ...outputs });
  }
}
