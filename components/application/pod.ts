import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { output } from "@pulumi/pulumi";
import { Spread } from "../database/args";
import { containerResources, TEMPORARY_FILES } from "../database/container-resources";
import { scheduling } from "../database/scheduling";
import { clientLabels } from "../network/network-policy";
import type { ConnectionArgs } from "../database/connection";
import type { HttpProbeArgs, SecretKeyArgs, StatelessAppArgs } from "./args";
import { hostVariable } from "./checks";

type EnvVar = k8s.types.input.core.v1.EnvVar;
type Probe = k8s.types.input.core.v1.Probe;
type Volume = k8s.types.input.core.v1.Volume;
type VolumeMount = k8s.types.input.core.v1.VolumeMount;

/** Where the certificate of the database's authority is mounted. */
const CA_PATH = "/etc/stateful/database";
const CA_FILE = "ca.crt";

/** The pod of an application. */
export function applicationPod(
  args: StatelessAppArgs,
  labels: Record<string, string>,
  selector: Record<string, string>,
  claimName: pulumi.Input<string> | undefined,
): k8s.types.input.core.v1.PodTemplateSpec {
  const { connection, volume, userId } = args;
  const { cpu = "100m", memory = "128Mi", cpuLimit } = args.resources ?? {};
  const volumes: Volume[] = [{ name: "tmp", emptyDir: { sizeLimit: TEMPORARY_FILES } }];
  const volumeMounts: VolumeMount[] = [{ name: "tmp", mountPath: "/tmp" }];
  if (connection?.caSecretName !== undefined) {
    volumes.push({
      name: "database-ca",
      // Not the private key beside it. Everybody may read a certificate, whichever user the image has.
      secret: {
        secretName: connection.caSecretName,
        defaultMode: 0o444,
        items: [{ key: CA_FILE, path: CA_FILE }],
      },
    });
    volumeMounts.push({ name: "database-ca", mountPath: CA_PATH, readOnly: true });
  }
  if (volume && claimName !== undefined) {
    volumes.push({ name: "files", persistentVolumeClaim: { claimName } });
    volumeMounts.push({ name: "files", mountPath: volume.mountPath });
  }
  const affinity = { spread: Spread.Preferred, ...args.affinity };
  return {
    metadata: {
      labels: { ...labels, ...(connection?.clientOf === undefined ? {} : clientLabels(connection.clientOf)) },
      annotations: args.annotations,
    },
    spec: {
      ...scheduling({ affinity, zones: args.zones, tolerations: args.tolerations }, selector),
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      imagePullSecrets: args.imagePullSecrets?.map((name) => ({ name })),
      securityContext: {
        runAsNonRoot: true,
        ...(userId === undefined ? {} : { runAsUser: userId, runAsGroup: userId, fsGroup: userId }),
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name: "application",
          image: args.image,
          args: args.args,
          // Variables of `env` may refer to those before them.
          env: [
            ...connectionVariables(connection, args.connectionPrefix),
            ...verificationVariables(args),
            ...secretVariables(args.secretEnv),
            ...variables(args.env),
          ],
          ports: [{ name: "http", containerPort: args.port }],
          resources: containerResources({ cpu, memory, cpuLimit }),
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: !args.writableRootFilesystem,
            capabilities: { drop: ["ALL"] },
          },
          ...probes(args.probe),
          // Endpoints are withdrawn while the pod stops: without the pause, late requests are refused.
          lifecycle: { preStop: { sleep: { seconds: 5 } } },
          volumeMounts,
        },
      ],
      volumes,
    },
  };
}

function connectionVariables(connection: ConnectionArgs | undefined, prefix = "DATABASE"): EnvVar[] {
  if (connection === undefined) return [];
  const { host, hosts = {}, port, database, username, secretName, passwordKey = "password" } = connection;
  return [
    { name: `${prefix}_HOST`, value: host },
    ...Object.entries(hosts).map(([key, value]) => ({ name: `${prefix}_${hostVariable(key)}`, value })),
    { name: `${prefix}_PORT`, value: asText(port) },
    { name: `${prefix}_NAME`, value: database },
    { name: `${prefix}_USER`, value: username },
    { name: `${prefix}_PASSWORD`, valueFrom: { secretKeyRef: { name: secretName, key: passwordKey } } },
  ];
}

/**
 * By which clients find the authority, and verify the server, without being told: those that Node's and the engine's drivers
 * read by themselves. What the application sets itself is left to it.
 */
function verificationVariables({
  connection,
  connectionPrefix = "DATABASE",
  env,
  secretEnv,
}: StatelessAppArgs): EnvVar[] {
  if (connection?.caSecretName === undefined) return [];
  const own = { ...env, ...secretEnv };
  const file = `${CA_PATH}/${CA_FILE}`;
  const read: Record<string, string> = { NODE_EXTRA_CA_CERTS: file, ...connection.driverVariables };
  const named = Object.entries(read).map(
    ([name, value]) => [name, value.split("$(DATABASE_CA)").join(`$(${connectionPrefix}_CA)`)] as const,
  );
  return variables({
    [`${connectionPrefix}_CA`]: file,
    ...Object.fromEntries(named.filter(([name]) => !(name in own))),
  });
}

function secretVariables(env: Record<string, SecretKeyArgs> = {}): EnvVar[] {
  return Object.entries(env).map(([name, { secretName, key }]) => ({
    name,
    valueFrom: { secretKeyRef: { name: secretName, key } },
  }));
}

function variables(env: Record<string, string> = {}): EnvVar[] {
  return Object.entries(env).map(([name, value]) => ({ name, value }));
}

function probes(
  http: HttpProbeArgs | undefined,
): Record<"startupProbe" | "livenessProbe" | "readinessProbe", Probe> {
  const check = (path: string | undefined): Probe =>
    path === undefined ? { tcpSocket: { port: "http" } } : { httpGet: { path, port: "http" } };
  const periodSeconds = http?.periodSeconds ?? 5;
  return {
    startupProbe: { ...check(http?.path), periodSeconds: 1, failureThreshold: http?.startupSeconds ?? 300 },
    readinessProbe: { ...check(http?.path), periodSeconds, failureThreshold: 2 },
    livenessProbe: { ...check(http?.livenessPath), periodSeconds, failureThreshold: 6 },
  };
}

function asText(port: pulumi.Input<number>): pulumi.Output<string> {
  return output(port).apply(String);
}
