import { deployMeasured, measuredCluster } from "../support/deploy/measured";
import { engines } from "../support/engines/registry";
import type { FaultName } from "../support/faults/names";
import { strikes, type Target } from "../support/faults/strikes";
import { engineSuite } from "../support/suites";
import type { MeasuredDatabase } from "../support/deploy/measured-database";

/** A few of all faults, which `npm run failures` has: the everyday one, the one without a warning, the worst; or an engine's own choice. */
const STRUCK: FaultName[] = ["pod-deleted", "server-killed", "node-stopped"];

for (const engine of Object.values(engines)) {
  const names = engine.struckInBuilds ?? STRUCK;
  if (names.length === 0) continue;
  engineSuite(engine.name, "under faults", function () {
    this.timeout(600_000);
    let target: { database: MeasuredDatabase; options: Target["options"] } | undefined;

    before(async function () {
      target = await deployMeasured(await measuredCluster(this, engine), engine);
    });

    after(async () => {
      await target?.database.remove();
    });

    strikes(engine, names, async () => Promise.resolve(target!));
  });
}
