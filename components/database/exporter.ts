import type * as k8s from "@pulumi/kubernetes";
import { MEBIBYTE, parseBytes } from "../common/quantity";
import type { ExporterArgs } from "../monitoring/args";
import { EXPORTER_NAME, EXPORTER_PATH } from "../protocol/exporter";
import { containerResources } from "./container-resources";
import { containerSecurityContext } from "./pod-security";

type Container = k8s.types.input.core.v1.Container;
type Volume = k8s.types.input.core.v1.Volume;

/** What an engine says of its usual exporter. */
export interface EngineExporter {
  /** The image, where none is named. It has a shell. */
  image: string;
  /** Port that it tells figures on, as everybody knows it. */
  port: number;
  /** Its program, with arguments. None of them is a secret: the agent puts the password into a file below `EXPORTER_PATH`. */
  command: string[];
  /** @default none */
  env?: k8s.types.input.core.v1.EnvVar[];
}

/** The exporter that a database's members have. */
export interface MemberExporter extends EngineExporter {
  chosen: ExporterArgs;
}

/** What it reserves where nothing is said. */
export const EXPORTER_DEFAULTS = { cpu: "50m", memory: "128Mi" };

/** Share of its memory that its Go runtime keeps to, before it would be killed. */
const KEPT_TO = 0.8;

/**
 * Runs it, and runs it again 5 s after it has ended: a pod is ready only while all of its containers run, and a member is not to be taken for
 * one that serves nobody since nobody can ask for figures. That it does not answer is told by the agent.
 */
const RUN = [
  "trap 'kill $! 2>/dev/null; exit 0' TERM INT",
  "while :; do",
  '  "$@" & wait $!',
  '  echo "the exporter ended with $?; it is run again in 5 s" >&2',
  "  sleep 5 & wait $!",
  "done",
].join("\n");

/** Whether a database is to have its engine's exporter. */
export function wantsExporter(exporter: ExporterArgs | undefined): boolean {
  return exporter !== undefined && exporter.enabled !== false;
}

/** The exporter of a database's members, where they are to have one and the engine has one. */
export function memberExporter(
  usual: EngineExporter | undefined,
  chosen: ExporterArgs | undefined,
): MemberExporter | undefined {
  return usual === undefined || chosen === undefined || !wantsExporter(chosen)
    ? undefined
    : { ...usual, chosen };
}

/**
 * Its container. No init container, as the agent's is: an image that cannot be pulled would keep the server from starting. It has nothing of
 * the server's but the way there, and no probe: none could say more than what Prometheus sees, and a failed one would take the pod's
 * readiness.
 */
export function exporterContainer({ image, port, command, env = [], chosen }: MemberExporter): Container {
  const memory = chosen.memory ?? EXPORTER_DEFAULTS.memory;
  const most = Math.floor(((parseBytes(memory) ?? 0) / MEBIBYTE) * KEPT_TO);
  return {
    name: EXPORTER_NAME,
    image: chosen.image ?? image,
    command: ["sh", "-c", RUN, EXPORTER_NAME, ...command],
    env: [...env, { name: "GOMEMLIMIT", value: `${most}MiB` }],
    ports: [{ name: EXPORTER_NAME, containerPort: port }],
    resources: containerResources({ cpu: chosen.cpu ?? EXPORTER_DEFAULTS.cpu, memory }),
    securityContext: containerSecurityContext(),
    volumeMounts: [{ ...exporterMount, readOnly: true }],
  };
}

/** Where the agent puts what it logs in by. */
export const exporterMount: k8s.types.input.core.v1.VolumeMount = {
  name: EXPORTER_NAME,
  mountPath: EXPORTER_PATH,
};

/** The volume behind {@link exporterMount}. */
export const exporterVolume: Volume = {
  name: EXPORTER_NAME,
  emptyDir: { medium: "Memory", sizeLimit: "1Mi" },
};
