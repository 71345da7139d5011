import type { ClusterFacts } from "../cluster";
import type { FaultName } from "../faults";

/** What an issue asks of an engine under a fault, besides that nothing is lost and no two primaries acknowledge. */
export interface Asked {
  /** The longest write gap, s; undefined where no figure is asked. */
  writeGapSeconds?: number;
}

/** What a verdict can find. */
export type Finding = "gap" | "lost" | "two primaries" | "not recovered";

/** A promise that can be switched off, to see that the tool notices. */
export interface Promised {
  /** What the promise rests on, for the matrix. */
  what: string;
  /** The fault under which it is missed. */
  fault: FaultName;
  /** What must then be found. */
  expected: Finding;
  /** Arguments of the database in the stack file, over those of the measured one. */
  database?: { replicas?: number; settings?: Record<string, number | string> };
  /** Changes a rendered object, where the stack file refuses to. */
  adapt?: (object: Manifest) => void;
}

/** A promise that the tool has no way to show broken. */
export interface NotShown {
  what: string;
  why: string;
}

/** A rendered Kubernetes object. */
export interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string };
  [key: string]: unknown;
}

/** What is engine's own in measuring failures. */
export interface MeasuredEngine {
  name: keyof ClusterFacts["database"];
  /** Version that is measured where the cluster has no image of its own. */
  version: string;
  replicas: number;
  port: number;
  /** Container of the server, its process's name, and where its volume is mounted. */
  container: string;
  process: string;
  volume: string;
  /** Entry of the writer's program, in `writer/`. */
  writer: string;
  /** Key of the Secret with the name of the user, where that changes; else it is `app`. */
  usernameKey?: string;
  /** Where the figures are asked for. */
  source: string;
  asked: Record<FaultName, Asked>;
  /** Promises by the name that `--without` takes. */
  promises: Record<string, Promised>;
  notShown: NotShown[];
}
