import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Problems } from "../common/problems";
import { replaceable } from "../common/retention";
import { versionGuard } from "../common/version-guard";
import { databaseBase, databaseOptions } from "../database/base";
import type { BackupOutput } from "../backup/output";
import type { ConnectionArgs } from "../database/connection";
import { databaseOutputs } from "../database/outputs";
import type { DatabaseSpec } from "../database/spec";
import { databaseStatefulSet } from "../database/stateful-set";
import { VERSION } from "../protocol/annotations";
import type { MongoDbArgs } from "./args";
import { checkMongoDb } from "./checks";
import { MONGODB_LIMITS } from "./limits";
import { MEMBER_KEYS, mongoDbPod, SETTINGS_FILE } from "./pod";
import { ACCOUNTS_DATABASE, MONGODB_PORT } from "./protocol";
import { resolveMongoDb } from "./resolve";
import { serverConfig } from "./server-config";
import { srvConnectionString } from "./srv";
import { MONGODB_TOPOLOGY } from "./topology";
import { versionRefusal } from "./version-refusal";

/**
 * MongoDB 8.0 or 7.0: one member, or a replica set of 3, 5 or 7.
 *
 * A write is acknowledged when most members have it in their journals, unless its client asks for less: it survives the loss of any
 * minority of the members with their volumes, and a power cut of all.
 *
 * @throws InvalidArgsError with everything that is wrong with the arguments, before any resource is made.
 */
export class MongoDb extends pulumi.ComponentResource {
  /** DNS name of the primary, for reads and writes of clients that know nothing of replica sets. */
  readonly primaryHost!: pulumi.Output<string>;
  /** DNS name that spreads reads over the replicas. */
  readonly replicasHost!: pulumi.Output<string>;
  /** Port of each of them. */
  readonly port!: pulumi.Output<number>;
  /** DNS name of each pod, in the order of the ordinals: by these the members tell drivers of each other. */
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
  /** `mongodb://user:password@member,member,…/database?replicaSet=…`, with every member. A secret. */
  readonly connectionString!: pulumi.Output<string>;
  /** `mongodb+srv://user:password@<name>-headless.<namespace>.svc.cluster.local/database?…`, for a cluster of that domain. A secret. */
  readonly srvConnectionString!: pulumi.Output<string>;

  constructor(name: string, args: MongoDbArgs, opts?: pulumi.ComponentResourceOptions) {
    const problems = new Problems(name);
    checkMongoDb(name, args, problems);
    problems.throwIfAny();
    super("stateful:index:MongoDb", name, {}, databaseOptions(args.deletionProtection, opts));

    const resolved = resolveMongoDb(args);
    const { namespace, database, username, tls } = resolved;
    const spec: DatabaseSpec = {
      engine: "mongodb",
      topology: MONGODB_TOPOLOGY,
      memberKeys: MEMBER_KEYS,
      alternateUsers: true,
      keepsUsers: true,
      membersAsClients: true,
      reservedUsers: MONGODB_LIMITS.reservedUsers,
    };
    const base = databaseBase(name, resolved, spec, this);
    const config = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      {
        metadata: { namespace, labels: base.labels },
        immutable: true,
        data: {
          [SETTINGS_FILE]: serverConfig(name, resolved),
          owner: username,
          database,
        },
      },
      replaceable(this, args.maintenance !== undefined),
    );
    databaseStatefulSet({
      name,
      args: resolved,
      base,
      pod: mongoDbPod(resolved, config.metadata.name),
      annotations: { [VERSION]: resolved.version },
      guards: [versionGuard(name, versionRefusal)],
      parent: this,
    });

    const outputs = databaseOutputs(name, resolved, base, {
      scheme: "mongodb",
      // A driver that knows one of them alone finds nobody while that one is away.
      membersPort: MONGODB_PORT,
      parameters: {
        replicaSet: name,
        authSource: ACCOUNTS_DATABASE,
        w: "majority",
        retryWrites: "true",
        ...(tls?.required === true ? { tls: "true" } : {}),
      },
    });
    const srv = pulumi
      .all([outputs.connectionString, namespace])
      .apply(([text, space]) => srvConnectionString(text, name, space));
    const all = { ...outputs, srvConnectionString: srv };
    Object.assign(this, all);
    this.registerOutputs(all);
  }
}
