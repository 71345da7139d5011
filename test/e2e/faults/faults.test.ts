import { strict as assert } from "node:assert";
import { noNodePower } from "../support/cluster/cluster";
import type { MeasuredDatabase } from "../support/deploy/measured-database";
import { engines } from "../support/engines/registry";
import { faults } from "../support/faults/faults";
import type { FaultName } from "../support/faults/names";
import { deployMeasured, measuredCluster } from "../support/deploy/measured";
import { runFault, type RunOptions } from "../support/run";
import { engineSuite, skip } from "../support/suites";
import { noteTiming } from "../support/report/summary";
import { atMostSeconds, describeVerdict, findings } from "../support/validate/verdict";

/** A few of all faults, which `npm run failures` has: the everyday one, the one without a warning, the worst; or an engine's own choice. */
const STRUCK: FaultName[] = ["pod-deleted", "server-killed", "node-stopped"];

/** A run takes its time: the fault itself, the recovery, and a while of calm. */
const MINUTES_EACH = 7;

for (const engine of Object.values(engines)) {
  engineSuite(engine.name, "under faults", function () {
    this.timeout(3 * MINUTES_EACH * 60_000);
    let database: MeasuredDatabase | undefined;
    let options: RunOptions;

    before(async function () {
      const facts = await measuredCluster(this, engine);
      ({ database, options } = await deployMeasured(facts, engine));
    });

    after(async () => {
      await database?.remove();
    });

    for (const name of engine.struckInBuilds ?? STRUCK) {
      it(`${name}: nothing acknowledged is lost, one primary at a time, and writes go on in time`, async function () {
        const noPower = noNodePower();
        if (faults[name].onBedOnly && noPower !== undefined) skip(this, noPower);
        const asked = engine.asked[name];
        const { verdict } = await runFault(database!, faults[name], options);
        noteTiming(`${engine.name}, ${name}: write gap`, verdict.writeGapSeconds, atMostSeconds(asked));
        noteTiming(`${engine.name}, ${name}: all members well again`, verdict.recoveredSeconds);
        assert.deepEqual(findings(verdict, asked), [], describeVerdict(verdict));
      });
    }
  });
}
