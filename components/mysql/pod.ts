import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import {
  agentContainer,
  agentMounts,
  agentVolumes,
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
import { CLAIM_TEMPLATE_NAME } from "../storage/replica-volumes";
import type { DatabaseCertificate } from "../tls/database-certificate";
import { MYSQL_PORT } from "./limits";
import { PATHS } from "./server-config";

type Container = k8s.types.input.core.v1.Container;
type Volume = k8s.types.input.core.v1.Volume;

/** The members' own passwords. */
export const MEMBER_KEYS = ["replication-password"];

const dataAndSocket = [
  { name: CLAIM_TEMPLATE_NAME, mountPath: PATHS.volume },
  { name: "run", mountPath: PATHS.run },
];

/** The agent of a MySQL member. */
export function mysqlAgent(
  database: string,
  image: pulumi.Input<string>,
  dataPolicy: DataPolicy | undefined,
): Container {
  return agentContainer(database, image, dataPolicy, dataAndSocket);
}

/** The server, started and stopped as the agent orders. */
export function serverContainer(
  image: pulumi.Input<string>,
  { cpu, memory }: Required<ResourcesArgs>,
): Container {
  return {
    name: "mysql",
    image,
    command: engineCommand("mysqld", `--defaults-file=${PATHS.configFile}`),
    env: [{ name: "STATEFUL_VOLUME", value: PATHS.volume }],
    ports: [{ name: "mysql", containerPort: MYSQL_PORT }],
    resources: { requests: { cpu, memory }, limits: { memory } },
    securityContext: containerSecurityContext(),
    readinessProbe,
    lifecycle: handOverBeforeStop,
    volumeMounts: [
      ...dataAndSocket,
      ...agentMounts,
      tlsMount,
      { name: "tmp", mountPath: "/tmp" },
      { name: "config", mountPath: PATHS.config, readOnly: true },
    ],
  };
}

/** The pod's volumes, beside the replica's own. Files of the credentials follow the Secrets while the pod runs. */
export function podVolumes(
  bundle: pulumi.Input<string>,
  config: pulumi.Input<string>,
  credentials: DatabaseCredentials,
  certificate: DatabaseCertificate,
): Volume[] {
  return [
    ...agentVolumes(bundle, certificate.secretName),
    { name: "config", configMap: { name: config, items: [{ key: "my.cnf", path: "my.cnf" }] } },
    credentialsVolume(credentials, config, MEMBER_KEYS, ["username", "database"]),
    { name: "run", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
    { name: "tmp", emptyDir: {} },
  ];
}
