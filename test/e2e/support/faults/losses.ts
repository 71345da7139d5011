import { MAIN } from "../traffic/attempts";
import type { Writers } from "../traffic/writers";
import { killServer, wipeVolume } from "./faults";
import type { LossName } from "./names";
import { inServer, type Scene } from "./scene";

/** What only a backup helps against: the database is restored under its own name while the writers go on. */
export interface Loss {
  /** What is done, for the matrix. */
  what: string;
  strike(scene: Scene, writers: Writers): Promise<void>;
  /** Whether the moment just before it is restored, and not all that is stored. */
  toMoment: boolean;
}

export const losses: Record<LossName, Loss> = {
  "volumes-lost": {
    what: "all volumes are wiped, and pods and claims gone; all that is stored is restored under the same name",
    toMoment: false,
    strike: async (scene) => {
      const line = `${wipeVolume(scene)}; ${killServer(scene)}`;
      await Promise.all(scene.pods.map(async (pod) => inServer(scene, pod, line)));
    },
  },
  "table-dropped": {
    what: "the writers' table is dropped; the moment before that is restored under the same name",
    toMoment: true,
    strike: async (_, writers) => {
      await writers.exec(writers.sides[0] ?? "", ["drop", MAIN]);
    },
  },
};
