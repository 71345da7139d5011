import { strict as assert } from "node:assert";
import { clusterFacts, kubectl, noNodePower } from "../cluster/cluster";
import type { Deployment } from "../deploy/deployment";
import type { MeasuredEngine } from "../engines/engine";
import { noteTiming } from "../report/summary";
import { runFault, type RunOptions, type Struck } from "../run";
import { skip } from "../suites";
import { atMostSeconds, describeVerdict, findings, whatFailed } from "../validate/verdict";
import { faults } from "./faults";
import type { FaultName } from "./names";
import { sceneOf } from "./scene";

/** A run takes its time: the fault itself, the recovery, and a while of calm. */
const MS_EACH = 7 * 60_000;

/** What is struck, and what runs are made with. */
export interface Target {
  database: Struck;
  options: RunOptions;
}

/** A database of a story, as a target. */
export async function deployedTarget(
  deployment: Deployment,
  engine: MeasuredEngine,
  name: string,
): Promise<Target> {
  const { nodes, images } = await clusterFacts();
  return {
    database: {
      healthy: async (timeoutSeconds) => deployment.healthy(timeoutSeconds),
      scene: async () => sceneOf(kubectl, engine, deployment.namespace, name),
    },
    options: { nodes, writerImage: images.node, onProgress: () => undefined },
  };
}

/** Tests that let faults strike a database, one after the other. The target is asked for when they run. */
export function strikes(
  engine: MeasuredEngine,
  names: readonly FaultName[],
  target: () => Promise<Target>,
): void {
  for (const name of names) {
    it(`${name}: nothing acknowledged is lost, one primary at a time, and writes go on in time`, async function () {
      this.timeout(MS_EACH);
      const noPower = noNodePower();
      if (faults[name].onBedOnly && noPower !== undefined) skip(this, noPower);
      const asked = engine.asked[name];
      const { database, options } = await target();
      const { verdict, attempts, faultAt } = await runFault(database, faults[name], options);
      noteTiming(`${engine.name}, ${name}: write gap`, verdict.writeGapSeconds, atMostSeconds(asked));
      noteTiming(`${engine.name}, ${name}: all members well again`, verdict.recoveredSeconds);
      const said = whatFailed(attempts, faultAt).join("\n");
      assert.deepEqual(findings(verdict, asked), [], `${describeVerdict(verdict)}\n${said}`);
    });
  }
}
