import type { Config } from "./core/config";
import type { EngineKind } from "./engine-kind";
import { runBase, runDrills, runUpkeep } from "./run-base";
import { runLook } from "./run-look";

/** Does one thing and returns; rejects when it is not done. */
type Job = (config: Config, kind: EngineKind, env: Record<string, string | undefined>) => Promise<void>;

/** What this program does as a Job's, and not as a member's, by the mode that its environment names. */
const JOBS = new Map<string, Job>([
  ["base", runBase],
  ["drill", runDrills],
  ["look", runLook],
  ["upkeep", runUpkeep],
]);

/** Which of them a container says. */
const MODE = "STATEFUL_MODE";

/** A number for the server of a copy that no member has. */
const NO_MEMBER = 98;

/** What the environment asks for; `undefined` for a member's agent. @throws Error for what this program does not know */
export function jobOf(env: Record<string, string | undefined>): Job | undefined {
  const mode = env[MODE] ?? "";
  if (mode === "") return undefined;
  const job = JOBS.get(mode);
  if (!job) throw new Error(`${MODE} is "${mode}", none of ${[...JOBS.keys()].join(", ")}`);
  return job;
}

/** The environment of a Job's pod, as a member's is read: its server has a number as theirs have. */
export function jobEnvironment(env: Record<string, string | undefined>): Record<string, string | undefined> {
  return { ...env, POD_NAME: `${env["STATEFUL_NAME"] ?? ""}-${NO_MEMBER}`, STATEFUL_HOLDER: env["POD_NAME"] };
}
