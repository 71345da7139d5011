import { CONTROL_PATH, CREDENTIALS_PATH, TLS_PATH } from "../protocol/paths";
import { AGENT_PORT, METRICS_PORT } from "../protocol/ports";
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { DEFAULT_IMAGES } from "../common/images";
import { DataPolicy } from "../common/retention";
import { containerResources } from "../database/container-resources";
import { containerSecurityContext } from "../database/pod-security";
import { CERTIFICATE_KEYS } from "../tls/database-certificate";
import { PROGRAM, SUPERVISE_SCRIPT } from "./agent-bundle";

type Container = k8s.types.input.core.v1.Container;
type Probe = k8s.types.input.core.v1.Probe;
type Volume = k8s.types.input.core.v1.Volume;
type VolumeMount = k8s.types.input.core.v1.VolumeMount;

/** Where the agent's program and the engine's script are mounted. */
export const BUNDLE_PATH = "/opt/stateful";

/** Memory of the agent: it uses some 75 MiB. */
const AGENT_MEMORY = "128Mi";

/** Share of the time that a pod has to stop, during which it waits for members that are away. */
const STOP_PATIENCE = 0.6;

/** Node runs one file as a program, and this one unpacks it first. */
const LOADER =
  'const m=require("module"),v=require("vm"),z=require("zlib"),f=require("fs");' +
  `v.runInThisContext(m.wrap(z.gunzipSync(f.readFileSync("${BUNDLE_PATH}/${PROGRAM}")).toString()),` +
  '{filename:"agent.cjs"})(exports,require,module,"agent.cjs","/")';

/** What an agent's container differs in. */
export interface AgentContainerSpec {
  database: string;
  /** Name of the engine's room: the program is one for all. */
  engine: string;
  /** Time that the pod has to stop, in seconds. */
  graceSeconds: number;
  /** @default a stock image of Node */
  image?: pulumi.Input<string>;
  /** @default the data is retained */
  dataPolicy?: DataPolicy;
  /** The server's data and socket. */
  mounts: VolumeMount[];
}

/** The agent as a native sidecar: it starts before the server and ends after it. */
export function agentContainer({
  database,
  engine,
  graceSeconds,
  image,
  dataPolicy,
  mounts,
}: AgentContainerSpec): Container {
  return {
    name: "agent",
    image: image ?? DEFAULT_IMAGES.agent,
    restartPolicy: "Always",
    command: ["node", "-e", LOADER],
    env: [
      { name: "STATEFUL_ENGINE", value: engine },
      { name: "STATEFUL_NAME", value: database },
      // Names are looked up on these threads: a few members that cannot be found must not hold up the rest.
      { name: "UV_THREADPOOL_SIZE", value: "16" },
      { name: "STATEFUL_STOP_PATIENCE_SECONDS", value: String(Math.floor(graceSeconds * STOP_PATIENCE)) },
      { name: "STATEFUL_DATA_POLICY", value: dataPolicy ?? DataPolicy.Retain },
      { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
      { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
    ],
    ports: [
      { name: "agent", containerPort: AGENT_PORT },
      { name: "metrics", containerPort: METRICS_PORT },
    ],
    resources: containerResources({ cpu: "50m", memory: AGENT_MEMORY, cpuLimit: "1" }),
    securityContext: containerSecurityContext(),
    livenessProbe: {
      httpGet: { path: "/livez", port: "agent" },
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 6,
    },
    volumeMounts: [
      ...mounts,
      ...agentMounts,
      tlsMount,
      { name: "credentials", mountPath: CREDENTIALS_PATH, readOnly: true },
      apiAccessMount,
    ],
  };
}

/** The way to the Kubernetes API: for the agent, and for an engine that keeps state there. */
export const apiAccessMount: VolumeMount = {
  name: "api-access",
  mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
  readOnly: true,
};

/** The certificate, for the server and for the agent, which has it read again. */
export const tlsMount: VolumeMount = { name: "tls", mountPath: TLS_PATH, readOnly: true };

/** What the engine's own container mounts for the agent's sake. */
export const agentMounts: VolumeMount[] = [
  { name: "control", mountPath: CONTROL_PATH },
  { name: "agent", mountPath: BUNDLE_PATH, readOnly: true },
];

/** The volume behind {@link tlsMount}. */
export function certificateVolume(certificate: pulumi.Input<string>): Volume {
  return {
    name: "tls",
    secret: {
      secretName: certificate,
      defaultMode: 0o440,
      items: CERTIFICATE_KEYS.map((key) => ({ key, path: key })),
    },
  };
}

/** The volumes behind those mounts. */
export function agentVolumes(bundle: pulumi.Input<string>, certificate: pulumi.Input<string>): Volume[] {
  return [
    certificateVolume(certificate),
    { name: "control", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
    { name: "agent", configMap: { name: bundle } },
    // What Kubernetes would mount into every container; here only those who need it may speak to the API.
    {
      name: "api-access",
      projected: {
        defaultMode: 0o440,
        sources: [
          { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
          { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        ],
      },
    },
  ];
}

/** Runs the server as the agent orders. */
export function engineCommand(...server: string[]): string[] {
  return ["bash", `${BUNDLE_PATH}/${SUPERVISE_SCRIPT}`, ...server];
}

/** Ready is what the agent says: a member that serves. Nothing kills one that clones or recovers. */
export const readinessProbe: Probe = {
  httpGet: { path: "/readyz", port: AGENT_PORT },
  periodSeconds: 2,
  timeoutSeconds: 2,
  failureThreshold: 2,
};

/** Hands the primary over before the server is told to stop. bash alone: engines' images have no HTTP client. */
export const handOverBeforeStop: k8s.types.input.core.v1.Lifecycle = {
  preStop: {
    exec: {
      command: [
        "bash",
        "-c",
        `exec 3<>/dev/tcp/127.0.0.1/${AGENT_PORT} && printf 'POST /v1/stop HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3`,
      ],
    },
  },
};
