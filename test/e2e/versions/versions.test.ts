import { strict as assert } from "node:assert";
import { clusterFacts, kubectl } from "../support/cluster";
import { LOCAL, MeasuredDatabase } from "../support/database";
import { engines } from "../support/engines/registry";
import { type FaultName, faults } from "../support/faults";
import { runFault } from "../support/run";
import { longSuite, skip } from "../support/suites";
import { noteTiming } from "../support/timings";
import { atMostSeconds, describeVerdict, findings } from "../support/verdict";

/** What a version may do in its own way: an orderly end, a crash, following a new primary, a copy. */
const STRUCK: FaultName[] = ["pod-deleted", "server-killed", "disk-lost"];

for (const engine of Object.values(engines)) {
  longSuite(engine.name, "in its other versions", function () {
    this.timeout("25m");

    it("keeps its promises in each of which the cluster has an image", async function () {
      const { nodes, images, otherVersions } = await clusterFacts();
      if (nodes.length < engine.replicas) skip(this, `the cluster has no ${engine.replicas} nodes`);
      if (otherVersions[engine.name].length === 0) skip(this, "there is an image of one version only");
      for (const own of otherVersions[engine.name]) {
        const setup = { nodes, storageClass: LOCAL, database: own, toolsImage: images.tools };
        const database = await MeasuredDatabase.deploy(kubectl, engine, setup);
        try {
          for (const name of STRUCK) {
            const options = { nodes, writerImage: images.node, onProgress: () => undefined };
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
