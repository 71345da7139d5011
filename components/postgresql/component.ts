import { POOLER_KEY, POOLER_USER, SETTINGS_FILE } from "./protocol";
import * as pulumi from "@pulumi/pulumi";
import { baseJobs } from "../backup/base-jobs";
import { mutableConfigMap } from "../common/mutable-config-map";
import { Problems } from "../common/problems";
import { replaceable } from "../common/retention";
import { VERSION } from "../protocol/annotations";
import { serviceOf } from "../protocol/topology";
import { databaseBase, databaseOptions } from "../database/base";
import type { BackupOutput } from "../backup/output";
import type { ConnectionArgs } from "../database/connection";
import { databaseOutputs } from "../database/outputs";
import type { DatabaseSpec } from "../database/spec";
import { databaseStatefulSet } from "../database/stateful-set";
import { versionGuard } from "../common/version-guard";
import { type PostgreSqlArgs } from "./args";
import { checkPostgreSql } from "./checks";
import { POSTGRESQL_EXPORTER } from "./exporter";
import { POSTGRESQL_LIMITS } from "./limits";
import { memberKeys, postgresqlPod, USERS_FILE, usersFile } from "./pod";
import { Pooler } from "./pooler";
import { hasPooler, poolersOf, poolerTarget, verifiesMembers } from "./pooler-config";
import { patroniRights } from "./rights";
import { patroniState } from "./state-services";
import { resolvePostgreSql } from "./resolve";
import { memberSettings } from "./server-config";
import { POOLER, postgresqlTopology, REPLICAS_POOLER } from "./topology";
import { versionRefusal } from "./version-refusal";

/** libpq's, which other drivers read as well. https://www.postgresql.org/docs/17/libpq-envars.html */
const driverVariables = { PGSSLMODE: "verify-full", PGSSLROOTCERT: "$(DATABASE_CA)" };

/**
 * PostgreSQL 16, 17 or 18 under Patroni: one member, or 3, 5, 7 or 9.
 *
 * With three or more, a commit is acknowledged when a majority has it on disk, and another member takes over
 * from a primary that is lost. A single member that is lost comes back on its volume; what is lost with the
 * volume can only come from a backup.
 *
 * @throws InvalidArgsError with everything that is wrong with the arguments, before any resource is made.
 */
export class PostgreSql extends pulumi.ComponentResource {
  /** DNS name of the primary, for reads and writes. */
  readonly primaryHost!: pulumi.Output<string>;
  /** DNS name that spreads reads over the replicas. */
  readonly replicasHost!: pulumi.Output<string>;
  /** DNS name of PgBouncer before the primary; absent without `pooler`. */
  readonly poolerHost?: pulumi.Output<string>;
  /** DNS name of PgBouncer before the replicas; absent without `replicasPooler`. */
  readonly replicasPoolerHost?: pulumi.Output<string>;
  /** Port of each of them. */
  readonly port!: pulumi.Output<number>;
  /** DNS name of each pod, in the order of the ordinals. */
  readonly podHosts!: pulumi.Output<string[]>;
  /** Secret with the passwords. */
  readonly secretName!: pulumi.Output<string>;
  /** The application's user: another one with each new password, so that the one before stays valid. */
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
  /** `postgresql://user:password@host:port/database`. A secret. */
  readonly connectionString!: pulumi.Output<string>;

  constructor(name: string, args: PostgreSqlArgs, opts?: pulumi.ComponentResourceOptions) {
    const problems = new Problems(name);
    checkPostgreSql(name, args, problems);
    problems.throwIfAny();
    super("stateful:index:PostgreSql", name, {}, databaseOptions(args.deletionProtection, opts));

    const resolved = resolvePostgreSql(args);
    const { namespace, database, username, pooler, replicasPooler } = resolved;
    const spec: DatabaseSpec = {
      engine: "postgresql",
      topology: postgresqlTopology(resolved),
      memberKeys: memberKeys(resolved),
      rights: patroniRights(name),
      alternateUsers: true,
      keepsUsers: true,
      ...(hasPooler(resolved) ? { alternateMember: { passwordKey: POOLER_KEY, name: POOLER_USER } } : {}),
      exporter: POSTGRESQL_EXPORTER,
      reservedUsers: POSTGRESQL_LIMITS.reservedUsers,
      proxiesVerify: verifiesMembers(resolved.tls)
        ? poolersOf(resolved).map((key) => poolerTarget(name, key))
        : [],
    };
    const base = databaseBase(name, resolved, spec, this);
    const state = patroniState(name, { namespace, labels: base.labels }, args.retainingProvider, this);

    // Unlike other engines' it stays the same object: servers take changed settings over while they run.
    const config = mutableConfigMap(
      `${name}-config`,
      {
        metadata: {
          name: `${name}-config`,
          namespace,
          labels: base.labels,
          annotations: { [VERSION]: resolved.version },
        },
        data: {
          [USERS_FILE]: usersFile(resolved.userId),
          [SETTINGS_FILE]: JSON.stringify(memberSettings(resolved), undefined, 2),
          owner: username,
          database,
        },
      },
      { parent: this, hooks: versionGuard(name, versionRefusal) },
    );
    const pod = postgresqlPod(resolved, config.name);
    databaseStatefulSet({
      name,
      args: resolved,
      base,
      pod,
      dependsOn: [config.data, ...state],
      parent: this,
    });
    baseJobs({ name, args: resolved, base, pod, parent: this });

    const outputs = databaseOutputs(name, resolved, base, { scheme: "postgresql", driverVariables });
    Object.assign(this, outputs);
    const { credentials, certificate } = base;
    const parts = { database: name, args: resolved, credentials, certificate };
    // They hold nothing, and may go at any time.
    if (pooler) {
      const leads = { key: "pooler", host: this.primaryHost } as const;
      new Pooler(serviceOf(name, POOLER), { ...parts, ...leads, pooler }, replaceable(this));
    }
    if (replicasPooler) {
      const leads = { key: "replicasPooler", host: this.replicasHost } as const;
      const spec = { ...parts, ...leads, pooler: replicasPooler };
      new Pooler(serviceOf(name, REPLICAS_POOLER), spec, replaceable(this));
    }
    this.registerOutputs({ ...outputs });
  }
}
