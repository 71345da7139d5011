import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import {
  agentContainer,
  agentMounts,
  agentVolumes,
  apiAccessMount,
  engineCommand,
  handOverBeforeStop,
  readinessProbe,
  tlsMount,
} from "../agents/agent-container";
import { credentialsVolume } from "../agents/credentials-volume";
import type { DataPolicy } from "../common/retention";
import type { DatabaseCredentials } from "../credentials/database-credentials";
import type { ResourcesArgs } from "../database/args";
import { containerSecurityContext } from "../database/pod-security";
import type { DatabaseCertificate } from "../tls/database-certificate";
import { CLAIM_TEMPLATE_NAME } from "../storage/replica-volumes";
import type { ResolvedPostgreSql } from "./checks";
import { PATRONI_PORT, POSTGRESQL_PORT } from "./limits";
import { PATHS } from "./server-config";

type Container = k8s.types.input.core.v1.Container;
type Volume = k8s.types.input.core.v1.Volume;

/** The members' own passwords. */
const MEMBER_KEYS = ["replication-password", "rest-password"];

/** Key of the password by which the pooler looks up those of others. */
export const POOLER_KEY = "pooler-password";

/** Keys of the passwords that no application needs to see. */
export function memberKeys({ pooler }: Pick<ResolvedPostgreSql, "pooler">): string[] {
  return pooler ? [...MEMBER_KEYS, POOLER_KEY] : MEMBER_KEYS;
}

const dataAndSocket = [
  { name: CLAIM_TEMPLATE_NAME, mountPath: PATHS.volume },
  { name: "run", mountPath: PATHS.run },
];
const configMount = { name: "config", mountPath: PATHS.config, readOnly: true };

/** The agent of a PostgreSQL member. */
export function postgresqlAgent(
  database: string,
  image: pulumi.Input<string>,
  dataPolicy: DataPolicy | undefined,
): Container {
  return agentContainer(database, image, dataPolicy, [...dataAndSocket, configMount]);
}

/** Patroni, started and stopped as the agent orders; it starts and stops the server. */
export function serverContainer(
  image: pulumi.Input<string>,
  { cpu, memory }: Required<ResourcesArgs>,
): Container {
  return {
    name: "postgresql",
    image,
    command: engineCommand("patroni"),
    env: [
      { name: "STATEFUL_VOLUME", value: PATHS.volume },
      // Python would write its bytecode beside its modules.
      { name: "PYTHONDONTWRITEBYTECODE", value: "1" },
    ],
    ports: [
      { name: "postgresql", containerPort: POSTGRESQL_PORT },
      { name: "patroni", containerPort: PATRONI_PORT },
    ],
    resources: { requests: { cpu, memory }, limits: { memory } },
    securityContext: containerSecurityContext(),
    readinessProbe,
    lifecycle: handOverBeforeStop,
    volumeMounts: [
      ...dataAndSocket,
      ...agentMounts,
      tlsMount,
      // Patroni keeps the lock there.
      apiAccessMount,
      { name: "tmp", mountPath: "/tmp" },
      { name: "shared-memory", mountPath: "/dev/shm" },
    ],
  };
}

/**
 * The pod's volumes, beside the replica's own.
 *
 * @param keys of the members' own passwords
 */
export function podVolumes(
  bundle: pulumi.Input<string>,
  config: pulumi.Input<string>,
  keys: string[],
  credentials: DatabaseCredentials,
  certificate: DatabaseCertificate,
): Volume[] {
  return [
    ...agentVolumes(bundle, certificate.secretName),
    { name: "config", configMap: { name: config, items: [{ key: "settings.json", path: "settings.json" }] } },
    credentialsVolume(credentials, config, keys, ["owner", "database"]),
    { name: "run", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
    { name: "tmp", emptyDir: {} },
    // Parallel queries share memory there; a container's own has 64 MiB.
    { name: "shared-memory", emptyDir: { medium: "Memory" } },
  ];
}
