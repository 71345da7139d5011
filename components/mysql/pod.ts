import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { DatabaseCredentials } from "../credentials/database-credentials";
import type { ResourcesArgs } from "../database/args";
import { containerSecurityContext } from "../database/pod-security";
import { CLAIM_TEMPLATE_NAME } from "../storage/replica-volumes";
import { MYSQL_PORT, PROBE_USER } from "./limits";
import { PATHS } from "./server-config";

type Container = k8s.types.input.core.v1.Container;
type Volume = k8s.types.input.core.v1.Volume;

/** Files of the pod's ConfigMap, beside the server's option file. */
export const SCRIPTS = {
  "prepare.sh": readFileSync(join(__dirname, "scripts", "prepare.sh"), "utf8"),
} as const;

/** What the pod's containers need to know. */
export interface MySqlPodArgs {
  image: pulumi.Input<string>;
  resources: Required<ResourcesArgs>;
  /** Name of the governing Service. */
  headlessService: string;
  database: string;
  username: string;
}

/** Prepares an empty volume, and the passwords, before the server starts. */
export function prepareContainer({ image, resources, database, username }: MySqlPodArgs): Container {
  return {
    name: "prepare",
    image,
    command: ["bash", `${PATHS.config}/prepare.sh`],
    env: [
      { name: "VOLUME_DIR", value: PATHS.volume },
      { name: "DATA_DIR", value: PATHS.data },
      { name: "RUN_DIR", value: PATHS.run },
      { name: "CONFIG_FILE", value: PATHS.configFile },
      { name: "CREDENTIALS_DIR", value: PATHS.credentials },
      { name: "DATABASE", value: database },
      { name: "USERNAME", value: username },
    ],
    resources: containerResources(resources),
    securityContext: containerSecurityContext(),
    volumeMounts: [...serverMounts, { name: "credentials", mountPath: PATHS.credentials, readOnly: true }],
  };
}

/** The server. It is the container's first process, and so gets the signal to stop. */
export function serverContainer({ image, resources, headlessService }: MySqlPodArgs): Container {
  const ping = [
    "mysqladmin",
    `--user=${PROBE_USER}`,
    `--socket=${PATHS.socket}`,
    "--connect-timeout=3",
    "ping",
  ];
  return {
    name: "mysql",
    image,
    command: [
      "bash",
      "-c",
      // The ordinal is the last part of the pod's name; a server's id must not be 0.
      `exec mysqld --defaults-file=${PATHS.configFile} --init-file=${PATHS.initFile} ` +
        '--server-id="$(( ${POD_NAME##*-} + 1 ))" --report-host="$POD_NAME.$HEADLESS_SERVICE"',
    ],
    env: [
      { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "HEADLESS_SERVICE", value: headlessService },
    ],
    ports: [{ name: "mysql", containerPort: MYSQL_PORT }],
    resources: containerResources(resources),
    securityContext: containerSecurityContext(),
    volumeMounts: serverMounts,
    // Recovery after a crash takes as long as it takes: until the server has answered once, nothing kills it.
    startupProbe: { exec: { command: ping }, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 86_400 },
    // mysqladmin succeeds with any answer, "too many connections" included: only a server that hangs is killed.
    livenessProbe: { exec: { command: ping }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
    readinessProbe: { exec: { command: ping }, periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 3 },
  };
}

/** The pod's volumes, beside the replica's own. */
export function podVolumes(
  configMapName: pulumi.Input<string>,
  credentials: Pick<DatabaseCredentials, "secretName" | "passwordKey" | "adminPasswordKey">,
): Volume[] {
  return [
    { name: "config", configMap: { name: configMapName } },
    {
      name: "credentials",
      secret: {
        secretName: credentials.secretName,
        defaultMode: 0o440,
        items: [
          { key: credentials.adminPasswordKey, path: "root-password" },
          { key: credentials.passwordKey, path: "password" },
        ],
      },
    },
    { name: "run", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
    { name: "tmp", emptyDir: {} },
  ];
}

const serverMounts = [
  { name: CLAIM_TEMPLATE_NAME, mountPath: PATHS.volume },
  { name: "run", mountPath: PATHS.run },
  { name: "tmp", mountPath: "/tmp" },
  { name: "config", mountPath: PATHS.config, readOnly: true },
];

function containerResources({
  cpu,
  memory,
}: Required<ResourcesArgs>): k8s.types.input.core.v1.ResourceRequirements {
  return { requests: { cpu, memory }, limits: { memory } };
}
