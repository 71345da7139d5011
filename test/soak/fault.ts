import type { Scene } from "../e2e/support/faults/scene";
import type { Changeable } from "./subject";

/** What a soak runs on. */
export interface Place {
  replicas: number;
  /** Whether it is the test bed, whose nodes, network and processes may be taken away. */
  isTestBed: boolean;
  /** Whether the volumes' class lets them grow. */
  volumesGrow: boolean;
}

/** A fault with what it strikes. */
export interface Subject {
  /** As it was when the fault struck. Its `target` is the member that it is aimed at, whatever its role. */
  scene: Scene;
  database: Changeable;
}

/** Something that happens to a database, and what a random sequence must know of it. */
export interface SoakFault {
  name: string;
  /** What is done. */
  what: string;
  /** Members that are away at once, because of it. */
  takes: "none" | "one" | "all";
  /** A change in good order, such as a rollout: others may strike meanwhile, also where no majority is left then. */
  orderly: boolean;
  /** Whether it is aimed at one member. */
  aimed: boolean;
  /** Whether clients on that member's node are struck too. */
  strikesSide: boolean;
  /** Whether it begins without the API server. */
  beginsWithoutApi: boolean;
  /** How long it lasts before it is undone, s. */
  holdSeconds: number;
  /** Why it cannot be had there; nothing if it can. */
  applies(to: Place): string | undefined;
  start(subject: Subject): Promise<void>;
  /** Undoes it; harmless when there is nothing to undo. */
  heal?(subject: Subject): Promise<void>;
}
