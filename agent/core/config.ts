import { AGENT_PORT, METRICS_PORT } from "../../components/protocol/ports";
import { CONTROL_PATH, CREDENTIALS_PATH } from "../../components/protocol/paths";
import type { Timings } from "./types";

/** What the agent is told by its environment. */
export interface Config {
  /** The StatefulSet's name. */
  name: string;
  namespace: string;
  pod: { name: string; address: string; ordinal: number };
  /** The port that the agent answers on. */
  port: number;
  /** The port that the agent tells its figures on. */
  metricsPort: number;
  timings: Timings;
  /** How long a stop may wait for members that are away, ms. */
  stopPatience: number;
  /** What becomes of the data when the set is deleted: the marker that it exists must share its fate. */
  dataPolicy: "retain" | "delete";
  /** Paths of the mounts. */
  volume: string;
  control: string;
  credentials: string;
  /** Where the API server is. */
  api: { host: string; port: number };
}

/** The default of each variable that may be left out; times in seconds. */
export const DEFAULTS = {
  STATEFUL_AGENT_PORT: `${AGENT_PORT}`,
  STATEFUL_METRICS_PORT: `${METRICS_PORT}`,
  STATEFUL_SETTLE_SECONDS: "10",
  STATEFUL_GRACE_SECONDS: "120",
  STATEFUL_CLAIM_SECONDS: "60",
  STATEFUL_DIVERGENCE_SECONDS: "10",
  STATEFUL_STOP_PATIENCE_SECONDS: "0",
  STATEFUL_DATA_POLICY: "retain",
  STATEFUL_CONTROL: CONTROL_PATH,
  STATEFUL_CREDENTIALS: CREDENTIALS_PATH,
} as const;

/**
 * Reads the environment.
 * @param defaults - an engine's own, beside those above.
 * @throws Error that names every variable that is missing or wrong.
 */
export function readConfig(
  env: Record<string, string | undefined>,
  defaults: Record<string, string> = {},
): Config {
  const wrong: string[] = [];
  const text = (key: string): string => {
    const value =
      env[key] ?? new Map<string, string>(Object.entries({ ...DEFAULTS, ...defaults })).get(key) ?? "";
    if (value === "") wrong.push(`${key} is missing`);
    return value;
  };
  const number = (key: string): number => {
    const value = text(key);
    if (!/^\d+$/.test(value)) wrong.push(`${key} is "${value}", not a whole number`);
    return Number(value);
  };
  const name = text("STATEFUL_NAME");
  const pod = text("POD_NAME");
  const ordinal = pod.startsWith(`${name}-`) ? pod.slice(name.length + 1) : "";
  if (!/^\d+$/.test(ordinal)) wrong.push(`POD_NAME is "${pod}", not a pod of StatefulSet "${name}"`);
  const config: Config = {
    name,
    namespace: text("POD_NAMESPACE"),
    pod: { name: pod, address: text("POD_IP"), ordinal: Number(ordinal) },
    port: number("STATEFUL_AGENT_PORT"),
    metricsPort: number("STATEFUL_METRICS_PORT"),
    timings: {
      settle: number("STATEFUL_SETTLE_SECONDS") * 1000,
      grace: number("STATEFUL_GRACE_SECONDS") * 1000,
      claim: number("STATEFUL_CLAIM_SECONDS") * 1000,
      divergence: number("STATEFUL_DIVERGENCE_SECONDS") * 1000,
    },
    stopPatience: number("STATEFUL_STOP_PATIENCE_SECONDS") * 1000,
    dataPolicy: text("STATEFUL_DATA_POLICY") === "delete" ? "delete" : "retain",
    volume: text("STATEFUL_VOLUME"),
    control: text("STATEFUL_CONTROL"),
    credentials: text("STATEFUL_CREDENTIALS"),
    api: { host: text("KUBERNETES_SERVICE_HOST"), port: number("KUBERNETES_SERVICE_PORT") },
  };
  if (wrong.length > 0) throw new Error(`the agent's environment is wrong: ${wrong.join("; ")}`);
  return config;
}
