import { setImmediate } from "node:timers/promises";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AgentBundle } from "../components/agents/agent-bundle";
import { StatelessApp } from "../components/application/stateless-app";
import type { BackupBucket } from "../components/backup/backup-bucket";
import { CertificateAuthority } from "../components/tls/certificate-authority";
import { standardLabels } from "../components/common/labels";
import { ownedAcrossLives } from "../components/common/retention";
import { onScratch } from "./backup";
import { createBackupBucket } from "./backup-bucket";
import { bareMetalStorage } from "./bare-metal";
import { cloudStorage } from "./cloud";
import { type Cluster, connect } from "./cluster";
import { engineOf } from "./engines";
import { stackMonitoring } from "./monitoring";
import { deployNodeAgents } from "./node-agents";
import { ownLabel } from "./stack-label";
import type { StackStorage } from "./storage";
import type { StackOutputs } from "./outputs";
import { type CreatedDatabase, schedulesOf, summarize } from "./summary";
import type { ApplicationConfig, CommonConfig, DatabaseConfig, StackConfig } from "./types";

/** Makes everything that a stack's configuration asks for. */
export async function deployStack(config: StackConfig): Promise<StackOutputs> {
  const cluster = await connect(config.cluster);
  const namespace = stackNamespace(config, cluster);
  const storage = stackStorage(config, namespace, cluster);

  const agents = agentBundles(config.databases, namespace, cluster);
  const authority = certificateAuthority(config.databases, namespace, cluster);
  const bucket = createBackupBucket(config);
  const databases = new Map<string, CreatedDatabase>();
  for (const database of config.databases) {
    databases.set(
      database.name,
      createDatabase(database, { agents, authority, bucket }, namespace, storage, cluster),
    );
    // Registrations begin while the next database is made, instead of all waiting in memory for the last one.
    await setImmediate();
  }
  stackMonitoring(config.monitoring, config.databases, namespace, cluster);
  const nodeAgents = deployNodeAgents(config, namespace, cluster);
  const applications = config.applications.map((application) => ({
    name: application.name,
    created: deployApplication(application, databases, namespace, cluster),
  }));

  return {
    namespace,
    ...(authority ? { caCertificate: authority.certificate } : {}),
    ...(bucket ? { backupBucket: outputsOf(bucket) } : {}),
    databases: Object.fromEntries(
      [...databases].map(([name, database]) => [name, summarize(name, database, storage)]),
    ),
    ...(Object.keys(nodeAgents).length === 0 ? {} : { nodeAgents }),
    applications: Object.fromEntries(
      applications.flatMap(({ name, created: { host, port } }) =>
        host && port ? [[name, { host, port }]] : [],
      ),
    ),
    schedules: schedulesOf(config.applications),
  };
}

function outputsOf({ bucketName, bucketArn, kmsKeyArn, writerRoles, keeperRoles }: BackupBucket) {
  return { bucketName, bucketArn, kmsKeyArn, writerRoles, keeperRoles };
}

/** The agent's program for each engine of the stack, by the engine's name. */
function agentBundles(
  databases: DatabaseConfig[],
  namespace: pulumi.Input<string>,
  { provider }: Cluster,
): ReadonlyMap<string, AgentBundle> {
  const engines = [...new Set(databases.map(({ engine }) => engine))];
  const keepsFormer = (engine: string): boolean =>
    databases.some((one) => one.engine === engine && one.args.maintenance !== undefined);
  return new Map(
    engines.map((engine) => [
      engine,
      new AgentBundle(
        `${engine}-agent`,
        { namespace, engine, labels: ownLabel(), keepsFormer: keepsFormer(engine) },
        { provider },
      ),
    ]),
  );
}

/** One authority signs the certificates of all databases of the stack that have none from elsewhere. */
function certificateAuthority(
  databases: DatabaseConfig[],
  namespace: pulumi.Input<string>,
  { provider, retainingProvider }: Cluster,
): CertificateAuthority | undefined {
  if (!databases.some(({ args }) => needsAuthority(args))) return undefined;
  return new CertificateAuthority("stateful-ca", { namespace, retainingProvider }, { provider });
}

function needsAuthority({ tls }: DatabaseConfig["args"]): boolean {
  return tls?.existingSecret === undefined && tls?.issuer === undefined;
}

/** What the databases of a stack have in common. */
interface Shared {
  agents: ReadonlyMap<string, AgentBundle>;
  authority: CertificateAuthority | undefined;
  bucket: BackupBucket | undefined;
}

function createDatabase(
  { name, engine, args }: DatabaseConfig,
  { agents, authority, bucket }: Shared,
  namespace: pulumi.Input<string>,
  { storageClassName, storageExpandable, volumeAttributesClassName, scratchClaim }: StackStorage,
  { provider, retainingProvider }: Cluster,
): CreatedDatabase {
  const given = {
    ...args,
    labels: { ...args.labels, ...ownLabel() },
    namespace,
    storageClassName,
    storageExpandable,
    volumeAttributesClassName,
    tls: authority && needsAuthority(args) ? { ...args.tls, authority } : args.tls,
    backup: onScratch(args.backup, scratchClaim?.(name)),
    agentConfigMap: agents.get(engine)?.configMapName,
    retainingProvider,
  };
  // A pod gets the role that its account has when it is made.
  const options = { provider, ...(bucket ? { dependsOn: [bucket] } : {}) };
  return { engine, args: given, outputs: engineOf(engine).create(name, given, options) };
}

function stackStorage(config: StackConfig, namespace: pulumi.Input<string>, cluster: Cluster): StackStorage {
  return config.target === "cloud"
    ? cloudStorage(config.storage, cluster)
    : bareMetalStorage(config.storage, config.databases, namespace, cluster);
}

/** The namespace of the stack. One that the stack makes is kept by `destroy`: it holds the claims of the data. */
function stackNamespace(
  { namespace: name, createNamespace }: CommonConfig,
  { retainingProvider }: Cluster,
): pulumi.Output<string> {
  if (!createNamespace || name === "default") return pulumi.output(name);
  const labels = {
    ...standardLabels({ application: "namespace", instance: name, component: "namespace" }),
    // Our pods meet the strictest standard; a client that somebody runs beside them need not.
    "pod-security.kubernetes.io/enforce": "baseline",
    "pod-security.kubernetes.io/warn": "restricted",
  };
  const namespace = new k8s.core.v1.Namespace(
    "namespace",
    { metadata: { name, labels, annotations: ownedAcrossLives() } },
    { provider: retainingProvider, retainOnDelete: true },
  );
  return namespace.metadata.name;
}

function deployApplication(
  { name, args, database, databases: others = {} }: ApplicationConfig,
  databases: ReadonlyMap<string, CreatedDatabase>,
  namespace: pulumi.Input<string>,
  { provider, retainingProvider }: Cluster,
): StatelessApp {
  const connectionOf = (one: string | undefined) =>
    one === undefined ? undefined : databases.get(one)?.outputs.connection;
  const connections = Object.entries(others).flatMap(([prefix, one]) => {
    const connection = connectionOf(one);
    return connection === undefined ? [] : [[prefix, connection] as const];
  });
  return new StatelessApp(
    name,
    {
      ...args,
      labels: { ...args.labels, ...ownLabel() },
      namespace,
      connection: connectionOf(database),
      ...(connections.length === 0 ? {} : { connections: Object.fromEntries(connections) }),
      retainingProvider,
    },
    { provider },
  );
}
