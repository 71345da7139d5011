import { strict as assert } from "node:assert";
import { engines } from "../support/engines/registry";
import { faults } from "../support/faults/faults";
import type { FaultName } from "../support/faults/names";
import { deployMeasured, measuredCluster } from "../support/deploy/measured";
import { runFault } from "../support/run";
import { longSuite, skip } from "../support/suites";
import { noteTiming } from "../support/report/summary";
import { atMostSeconds, describeVerdict, findings } from "../support/validate/verdict";

/** What a version may do in its own way: an orderly end, a crash, following a new primary, a copy. */
const STRUCK: FaultName[] = ["pod-deleted", "server-killed", "disk-lost"];

for (const engine of Object.values(engines)) {
  longSuite(engine.name, "in its other versions", function () {
    this.timeout("25m");

    it("keeps its promises in each of which the cluster has an image", async function () {
      const facts = await measuredCluster(this, engine);
      const versions = facts.otherVersions[engine.name];
      if (versions.length === 0) skip(this, "there is an image of one version only");
      for (const own of versions) {
        const { database, options } = await deployMeasured(facts, engine, own);
        try {
          for (const name of STRUCK) {
            const { verdict } = await runFault(database, faults[name], options);
            const asked = engine.asked[name];
            const what = `${engine.name} ${own.version}, ${name}: write gap`;
            const limit = asked.writeGapSeconds === undefined ? undefined : atMostSeconds(asked);
            noteTiming(what, verdict.writeGapSeconds, limit);
            assert.deepEqual(findings(verdict, asked), [], `${what}: ${describeVerdict(verdict)}`);
          }
        } finally {
          await database.remove();
        }
      }
    });
  });
}
