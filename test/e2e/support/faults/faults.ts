import { hangDisk } from "../../../../cluster/disks";
import {
  partitionNode,
  healNode,
  startApiServer,
  startNode,
  stopApiServer,
  stopNode,
} from "../../../../cluster/faults";
import { commitLargeTransactions, complaintsIn } from "./large-transaction";
import type { FaultName } from "./names";
import { inServer, type Scene, uidOfTarget } from "./scene";
import { watchPrimary, watchServers } from "../validate/violations";

/** Something that happens to a database. */
export interface Fault {
  /** What is done, for the matrix. */
  what: string;
  /** Needs the test bed: nobody else's nodes are switched off. */
  onBedOnly: boolean;
  /** Whether clients on the primary's node are struck too; no figure is asked for them. */
  strikesSide: boolean;
  /** Members that are away because of it. @default one */
  takes?: "none" | "all";
  /** Whether it is a change in good order, such as a rollout, and no failure. @default false */
  orderly?: boolean;
  strike(scene: Scene): Promise<void>;
  /** How long it lasts before it is undone. */
  holdSeconds: number;
  undo?(scene: Scene): Promise<void>;
  /** Looks before the strike. @returns what says, after the recovery, what else was not as it must be */
  watch?(scene: Scene): Promise<() => Promise<string[]>>;
}

/** What gives the disks back that were taken away. */
const hungDisks = new WeakMap<Scene, () => Promise<void>>();

const ofPods = { onBedOnly: false, strikesSide: false, holdSeconds: 0 };
const ofNodes = { onBedOnly: true, strikesSide: true, holdSeconds: 60 };

/** Everything is aimed at the member that is worst to lose: {@link Scene.target}. */
export const faults: Record<FaultName, Fault> = {
  "pod-deleted": {
    ...ofPods,
    what: "the primary's pod is deleted, with its grace period",
    strike: async ({ kubectl, namespace, target: { pod } }) => {
      await kubectl.run(["delete", "pod", pod, "-n", namespace, "--wait=false"]);
    },
  },
  "server-killed": {
    ...ofPods,
    what: "`kill -9` of the primary's server",
    strike: async (scene) => inServer(scene, scene.target.pod, killServer(scene)),
  },
  "node-stopped": {
    ...ofNodes,
    what: "the power of the primary's node is cut, for a minute: unsynced data is lost",
    strike: async ({ target }) => stopNode(nodeNumber(target.node)),
    undo: async ({ target }) => startNode(nodeNumber(target.node)),
  },
  partition: {
    ...ofNodes,
    what: "the primary's node is cut off the network, for a minute",
    strike: async ({ target }) => partitionNode(nodeNumber(target.node)),
    undo: async ({ target }) => healNode(nodeNumber(target.node)),
  },
  "disk-lost": {
    ...ofPods,
    what: "everything on the primary's volume is deleted, and its server killed",
    strike: async (scene) => inServer(scene, scene.target.pod, `${wipeVolume(scene)}; ${killServer(scene)}`),
  },
  "disk-full": {
    ...ofPods,
    what: "the primary's volume is filled, for 30 s",
    holdSeconds: 30,
    strike: async (scene) => inServer(scene, scene.target.pod, fillVolume(scene)),
    undo: async (scene) => inServer(scene, scene.target.pod, `rm -f ${scene.engine.volume}/filler*`),
  },
  "disk-hung": {
    what: "the disk of the primary's volume takes no writes for a minute: they wait, and reads go on",
    onBedOnly: true,
    strikesSide: false,
    holdSeconds: 60,
    strike: async (scene) => {
      hungDisks.set(scene, await hangDisk(await uidOfTarget(scene), scene.engine.volume));
    },
    undo: async (scene) => hungDisks.get(scene)?.(),
  },
  "all-pods-killed": {
    ...ofPods,
    takes: "all",
    what: "every server is killed (`kill -9`) and every pod deleted without grace, all at once",
    strike: async (scene) => {
      const { kubectl, namespace, pods } = scene;
      await Promise.all(pods.map(async (pod) => inServer(scene, pod, killServer(scene))));
      await kubectl.run([
        ...["delete", "pod", ...pods, "-n", namespace],
        ...["--grace-period=0", "--force", "--wait=false"],
      ]);
    },
  },
  "large-transaction": {
    ...ofPods,
    takes: "none",
    what: "eight clients at once commit the largest transaction that there may be, and one tries twice as large a one; no server may end",
    strike: commitLargeTransactions,
    watch: async (scene) => {
      const ended = await watchServers(scene);
      return async () => [...complaintsIn(scene), ...(await ended())];
    },
  },
  "cpu-starved": cpuStarved(60, "a minute"),
  "api-server-down": {
    what: "the API server is away for 30 s",
    takes: "none",
    onBedOnly: true,
    strikesSide: false,
    holdSeconds: 30,
    strike: stopApiServer,
    undo: startApiServer,
  },
  "rolling-update": {
    ...ofPods,
    orderly: true,
    what: "an annotation of the pods' template is changed",
    strike: async ({ kubectl, namespace, database }) => {
      const annotations = { "failures/rolled-at": new Date().toISOString() };
      const patch = { spec: { template: { metadata: { annotations } } } };
      await kubectl.run(["patch", "statefulset", database, "-n", namespace, "-p", JSON.stringify(patch)]);
    },
  },
};

/** Leaves the server no chance to end in good order. The images have no `pkill`. */
export function killServer({ engine }: Pick<Scene, "engine">): string {
  return `for p in /proc/[0-9]*; do [ "$(cat "$p/comm" 2>/dev/null)" != ${engine.process} ] || kill -9 "\${p#/proc/}"; done`;
}

/** @param duration - the same in words */
export function cpuStarved(seconds: number, duration: string): Fault {
  return {
    ...ofPods,
    takes: "none",
    what: `64 busy loops in the primary's own container, for ${duration}; it is slow and not dead, and stays the primary`,
    holdSeconds: seconds,
    strike: async (scene) => inServer(scene, scene.target.pod, busyLoops(64, seconds)),
    undo: async (scene) => inServer(scene, scene.target.pod, END_LOOPS),
    watch: watchPrimary,
  };
}

/** Processes that do nothing else than to use a processor, each for some seconds. */
function busyLoops(count: number, seconds: number): string {
  return `for ((i = 0; i < ${count}; i++)); do bash -c 'while ((SECONDS < ${seconds})); do :; done' busy-loop </dev/null >/dev/null 2>&1 & done`;
}

const END_LOOPS =
  'for p in /proc/[0-9]*; do ! grep -qs busy-loop "$p/cmdline" || [ "${p#/proc/}" = $$ ] || kill -9 "${p#/proc/}" || true; done';

export function wipeVolume({ engine }: Scene): string {
  return `find ${engine.volume} -mindepth 1 -delete`;
}

/** Blocks are reserved first, which is quick on a large disk; the last ones are written one by one, to the very last. */
function fillVolume({ engine: { volume } }: Scene): string {
  return [
    `free=$(df --output=avail --block-size=1 ${volume} | tail -n 1)`,
    `fallocate --length "$((free - 1048576))" ${volume}/filler`,
    `! dd if=/dev/zero of=${volume}/filler.rest bs=4096 2>/dev/null`,
  ].join(" && ");
}

/** The number of a node of the test bed. */
function nodeNumber(node: string): number {
  const number = Number(/^node(\d+)$/.exec(node)?.[1]);
  if (Number.isNaN(number)) throw new Error(`${node} is no node of the test bed`);
  return number;
}
