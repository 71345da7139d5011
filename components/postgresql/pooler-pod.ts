import { PATHS, POOLER_KEY, POOLER_USER_KEY, POSTGRESQL_PORT } from "./protocol";
import { SCRIPT } from "../protocol/annotations";
import { CREDENTIALS_PATH } from "../protocol/paths";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { certificateVolume, tlsMount } from "../agents/agent-container";
import { Spread } from "../database/args";
import { containerResources } from "../database/container-resources";
import { containerSecurityContext, podSecurityContext } from "../database/pod-security";
import { scheduling } from "../database/scheduling";
import { clientLabels } from "../network/network-policy";
import { POOLER_RUN } from "./pooler-config";
import type { PoolerSpec } from "./pooler-spec";

type Probe = k8s.types.input.core.v1.Probe;

/** Key of the ConfigMap with PgBouncer's settings. */
export const SETTINGS_FILE = "pgbouncer.ini";
/** Key of the ConfigMap with what runs it. */
export const SCRIPT_FILE = "pooler.sh";

/** Seconds that a pod goes on while the Service forgets it. */
const FORGET_SECONDS = 5;
/** Seconds that transactions have to end, and a little more. */
const STOP_SECONDS = 30;

/**
 * A pod of the pooler. It is ready whether or not there is a primary: clients stay connected through a failover.
 */
export function poolerPod(
  { database, args, pooler, credentials, certificate }: PoolerSpec,
  config: pulumi.Input<string>,
  labels: Record<string, pulumi.Input<string>>,
  selector: Record<string, string>,
): k8s.types.input.core.v1.PodTemplateSpec {
  const { affinity, zones, tolerations } = args;
  const listens: Probe = { tcpSocket: { port: "postgresql" } };
  return {
    // To the database it is a client like others.
    metadata: {
      labels: { ...labels, ...clientLabels(database) },
      annotations: { ...args.annotations, [SCRIPT]: hashOf(poolerScript()) },
    },
    spec: {
      ...scheduling({ affinity: { ...affinity, spread: Spread.Preferred }, zones, tolerations }, selector),
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      imagePullSecrets: args.imagePullSecrets?.map((secret) => ({ name: secret })),
      securityContext: podSecurityContext(pooler.userId),
      terminationGracePeriodSeconds: STOP_SECONDS,
      containers: [
        {
          name: "pgbouncer",
          image: pooler.image,
          command: ["bash", `${PATHS.config}/${SCRIPT_FILE}`],
          ports: [{ name: "postgresql", containerPort: POSTGRESQL_PORT }],
          resources: containerResources(pooler.resources),
          securityContext: containerSecurityContext(),
          readinessProbe: { ...listens, periodSeconds: 2, failureThreshold: 2 },
          livenessProbe: { ...listens, periodSeconds: 10, failureThreshold: 6 },
          lifecycle: { preStop: { sleep: { seconds: FORGET_SECONDS } } },
          volumeMounts: [
            { name: "config", mountPath: PATHS.config, readOnly: true },
            { name: "credentials", mountPath: CREDENTIALS_PATH, readOnly: true },
            tlsMount,
            { name: "run", mountPath: POOLER_RUN },
          ],
        },
      ],
      volumes: [
        { name: "config", configMap: { name: config } },
        {
          name: "credentials",
          projected: {
            defaultMode: 0o440,
            sources: [
              {
                secret: {
                  name: credentials.memberSecretName,
                  items: [{ key: POOLER_KEY, path: POOLER_KEY }],
                },
              },
              {
                secret: {
                  name: credentials.memberSecretName,
                  items: [{ key: POOLER_USER_KEY, path: POOLER_USER_KEY }],
                  optional: true,
                },
              },
            ],
          },
        },
        certificateVolume(certificate.secretName),
        { name: "run", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
      ],
    },
  };
}

/** What runs PgBouncer in its container. */
export function poolerScript(): string {
  return readFileSync(join(__dirname, "scripts", SCRIPT_FILE), "utf8");
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
