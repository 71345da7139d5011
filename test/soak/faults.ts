import { setTimeout as sleep } from "node:timers/promises";
import { freezePod, thawPod } from "../../cluster/faults";
import { runInside } from "../../cluster/machine/machine";
import { type Fault, faults as matrixFaults } from "../e2e/support/faults/faults";
import { podNamed } from "../e2e/support/cluster/pods";
import type { Scene } from "../e2e/support/faults/scene";
import { changes } from "./changes";
import type { Place, SoakFault, Subject } from "./fault";

const NEEDS_BED = "it needs the nodes and processes of the test bed";

/** Every fault of the matrix, and thereby each that is added there. */
function ofMatrix(name: string, fault: Fault): SoakFault {
  const { takes = "one", orderly = false } = fault;
  return {
    name,
    what: fault.what.replaceAll("the primary's", "a member's"),
    takes,
    orderly,
    aimed: takes === "one" && !orderly,
    strikesSide: fault.strikesSide,
    beginsWithoutApi: fault.onBedOnly,
    holdSeconds: fault.holdSeconds,
    applies: ({ isTestBed }) => (fault.onBedOnly && !isTestBed ? NEEDS_BED : undefined),
    start: async ({ scene }) => fault.strike(scene),
    ...("undo" in fault ? { heal: async ({ scene }: Subject) => fault.undo?.(scene) } : {}),
  };
}

/** What no figure is asked for, and so is not in the matrix. */
const more: SoakFault[] = [
  {
    name: "pod-frozen",
    what: "every process of a member's pod stands still for 20 s, and then goes on as if nothing had been",
    takes: "one",
    orderly: false,
    aimed: true,
    strikesSide: false,
    beginsWithoutApi: false,
    holdSeconds: 20,
    applies: onBed,
    start: async ({ scene }) => {
      freezePod(await uidOf(scene));
    },
    heal: async ({ scene }) => {
      // A pod that was deleted meanwhile has nothing to go on with.
      await whileThere(async () => {
        thawPod(await uidOf(scene));
      });
    },
  },
  {
    name: "agent-killed",
    what: "`kill -9` of a member's agent",
    takes: "one",
    orderly: false,
    aimed: true,
    strikesSide: false,
    beginsWithoutApi: false,
    holdSeconds: 0,
    applies: onBed,
    start: async ({ scene }) => {
      const line = `for p in /proc/[0-9]*; do ! grep -Eqsx "node|MainThread" "$p/comm" || ! grep -qs ${await uidOf(scene)} "$p/cgroup" || kill -9 "\${p#/proc/}"; done`;
      await runInside(scene.target.node, ["bash", "-c", line]);
    },
  },
];

/** All faults and changes, each by its own name. To add one, put it here, into the matrix or into `changes.ts`. */
export const soakFaults: readonly SoakFault[] = [
  ...Object.entries(matrixFaults).map(([name, fault]) => ofMatrix(name, fault)),
  ...more,
  ...changes,
];

export function faultNamed(name: string): SoakFault | undefined {
  return soakFaults.find((fault) => fault.name === name);
}

function onBed({ isTestBed }: Place): string | undefined {
  return isTestBed ? undefined : NEEDS_BED;
}

async function uidOf({ namespace, target }: Scene): Promise<string> {
  return (await podNamed(namespace, target.pod)).metadata.uid;
}

/** Tries until it succeeds or the thing is gone. */
async function whileThere(work: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await work();
      return;
    } catch (error) {
      const gone = /there is no pod|no process of pod/.test(String(error));
      if (gone) return;
      if (attempt === 5) throw error;
      await sleep(2000);
    }
  }
}
