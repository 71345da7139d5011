import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Problems } from "../common/problems";
import { replaceable } from "../common/retention";
import { databaseBase, databaseOptions } from "../database/base";
import type { BackupOutput } from "../backup/output";
import type { ConnectionArgs } from "../database/connection";
import { databaseOutputs } from "../database/outputs";
import type { DatabaseSpec } from "../database/spec";
import { databaseStatefulSet } from "../database/stateful-set";
import { primaryLeaseName } from "../protocol/names";
import type { RedisArgs } from "./args";
import { checkRedis } from "./checks";
import { REDIS_EXPORTER } from "./exporter";
import { MEMBER_KEYS, redisPod } from "./pod";
import { primaryLease } from "./primary-lease";
import { resolveRedis } from "./resolve";
import { serverConfig } from "./server-config";
import { redisTopology } from "./topology";

/**
 * Valkey 8.1 or 9.1, or Redis 8.0: one member, or 3 or 5, of which one takes the writes.
 *
 * Servers replicate what they have acknowledged already. With three members or more another one takes over from a primary that
 * is lost, with all that it had received; with `durability: majority`, a client that waits for replicas (`WAIT`) loses nothing.
 *
 * @throws InvalidArgsError with everything that is wrong with the arguments, before any resource is made.
 */
export class Redis extends pulumi.ComponentResource {
  /** DNS name of the primary, for reads and writes. */
  readonly primaryHost!: pulumi.Output<string>;
  /** DNS name that spreads reads over the replicas. */
  readonly replicasHost!: pulumi.Output<string>;
  /** DNS name where clients ask, by Sentinel's protocol on port 26379, for the members of `mymaster` or of the database's name. */
  readonly sentinelHost!: pulumi.Output<string>;
  /** Port of the primary and the replicas. */
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
  /** `redis://user:password@host:port/database`; `rediss://` where clients must use TLS. A secret. */
  readonly connectionString!: pulumi.Output<string>;

  constructor(name: string, args: RedisArgs, opts?: pulumi.ComponentResourceOptions) {
    const problems = new Problems(name);
    checkRedis(name, args, problems);
    problems.throwIfAny();
    super("stateful:index:Redis", name, {}, databaseOptions(args.deletionProtection, opts));

    const resolved = resolveRedis(args);
    const { namespace, username, tls, dataPolicy } = resolved;
    const spec: DatabaseSpec = {
      engine: "redis",
      topology: redisTopology(tls),
      memberKeys: MEMBER_KEYS,
      exporter: REDIS_EXPORTER,
      rights: { leases: [primaryLeaseName(name)] },
    };
    const base = databaseBase(name, resolved, spec, this);
    const lease = primaryLease(name, {
      namespace,
      labels: base.labels,
      version: resolved.version,
      mode: resolved.mode,
      dataPolicy,
      // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- it is not typed as a provider
      retainingProvider: args.retainingProvider,
      parent: this,
    });
    const config = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      {
        metadata: { namespace, labels: base.labels },
        immutable: true,
        data: { "server.conf": serverConfig(resolved), username },
      },
      replaceable(this, args.maintenance !== undefined),
    );
    databaseStatefulSet({
      name,
      args: resolved,
      base,
      pod: redisPod(resolved, config.metadata.name),
      dependsOn: [lease],
      parent: this,
    });

    const scheme = tls?.required === true ? "rediss" : "redis";
    const outputs = databaseOutputs(name, resolved, base, { scheme });
    Object.assign(this, outputs);
    this.registerOutputs({ ...outputs });
  }
}
