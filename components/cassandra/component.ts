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
import type { CassandraArgs } from "./args";
import { checkCassandra } from "./checks";
import { CASSANDRA_LIMITS, MAX_PASSWORD_BYTES } from "./limits";
import { cassandraPod, MEMBER_KEYS, SETTINGS_FILE } from "./pod";
import { Racks, RACKS_FILE } from "./protocol";
import { RACKS, racksGuard } from "./racks";
import { resolveCassandra } from "./resolve";
import { serverConfig } from "./server-config";
import { sizeGuard } from "./size-guard";
import { CASSANDRA_TOPOLOGY } from "./topology";
import { versionRefusal } from "./version-refusal";

/**
 * Cassandra 5.0: one member, or 3 to 9 in a ring of equals, each of which takes reads and writes.
 *
 * With three or more, each row is on three of them. What was acknowledged at LOCAL_QUORUM survives the loss of any one member, with its
 * volume, and goes on being read and written meanwhile. A single member that is lost comes back on its volume; what is lost with the
 * volume is lost.
 *
 * @throws InvalidArgsError with everything that is wrong with the arguments, before any resource is made.
 */
export class Cassandra extends pulumi.ComponentResource {
  /** DNS name that leads to the members that are ready, for a client's first connection. */
  readonly nodeHost!: pulumi.Output<string>;
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
  /** `cassandra://user:password@host:port/keyspace`. A secret. */
  readonly connectionString!: pulumi.Output<string>;

  constructor(name: string, args: CassandraArgs, opts?: pulumi.ComponentResourceOptions) {
    const problems = new Problems(name);
    checkCassandra(name, args, problems);
    problems.throwIfAny();
    super("stateful:index:Cassandra", name, {}, databaseOptions(args.deletionProtection, opts));

    const resolved = resolveCassandra(args);
    const { namespace, database, username } = resolved;
    const spec: DatabaseSpec = {
      engine: "cassandra",
      topology: CASSANDRA_TOPOLOGY,
      memberKeys: MEMBER_KEYS,
      alternateUsers: true,
      membersAsClients: true,
      decommissions: true,
      reservedUsers: CASSANDRA_LIMITS.reservedUsers,
      maxPasswordBytes: MAX_PASSWORD_BYTES,
    };
    const base = databaseBase(name, resolved, spec, this);
    const config = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      {
        metadata: { namespace, labels: base.labels },
        immutable: true,
        data: {
          [SETTINGS_FILE]: serverConfig(resolved),
          owner: username,
          database,
          ...(resolved.racks === Racks.Zones ? { [RACKS_FILE]: resolved.racks } : {}),
        },
      },
      replaceable(this, args.maintenance !== undefined),
    );
    databaseStatefulSet({
      name,
      args: resolved,
      base,
      pod: cassandraPod(resolved, config.metadata.name),
      annotations: {
        [VERSION]: resolved.version,
        ...(resolved.racks === Racks.Zones ? { [RACKS]: resolved.racks } : {}),
      },
      guards: [
        sizeGuard(name, args.admissionPolicy !== false),
        versionGuard(name, versionRefusal),
        racksGuard(name),
      ],
      parent: this,
    });

    const outputs = databaseOutputs(name, resolved, base, { scheme: "cassandra" });
    Object.assign(this, outputs);
    this.registerOutputs({ ...outputs });
  }
}
