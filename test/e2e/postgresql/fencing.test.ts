import { strict as assert } from "node:assert";
import { freezePod, thawPod } from "../../../cluster/faults";
import { noNodePower } from "../support/cluster/cluster";
import type { MeasuredDatabase } from "../support/deploy/measured-database";
import { postgresql } from "../support/engines/postgresql";
import { cpuStarved, type Fault } from "../support/faults/faults";
import { deployMeasured, measuredCluster } from "../support/deploy/measured";
import { runFault, type RunOptions } from "../support/run";
import { inServer, uidOfTarget } from "../support/faults/scene";
import { longSuite, skip } from "../support/suites";
import { noteTiming } from "../support/report/summary";
import { describeVerdict, findings } from "../support/validate/verdict";

// There is no watchdog device in a pod: what stands in for one must hold when a part of the primary hangs and the
// rest of it goes on.

/** As after a power cut: the lock runs out after 20 s. */
const WRITE_GAP_SECONDS = 30;

/** Long enough for another member to take over, and to be written to. */
const FROZEN_SECONDS = 45;

const inContainer = { onBedOnly: false, strikesSide: false, holdSeconds: FROZEN_SECONDS };

/** Stops processes. Nothing wakes them: the agent kills them. */
function stopped(what: string, pids: string): Fault {
  return {
    ...inContainer,
    what,
    strike: async (scene) => inServer(scene, scene.target.pod, `kill -STOP ${pids}`),
  };
}

const PATRONI = "$(grep -lx patroni /proc/[0-9]*/comm | cut -d/ -f3)";
const POSTMASTER = `$(head -n 1 ${postgresql.volume}/data/postmaster.pid)`;
const EVERY_SERVER = "$(grep -lx postgres /proc/[0-9]*/comm | cut -d/ -f3)";

const hangs: Fault[] = [
  stopped("Patroni is frozen, and its server is not", PATRONI),
  stopped("the postmaster is frozen, and its backends are not", POSTMASTER),
  stopped("Patroni and every process of the server are frozen", `${PATRONI} ${EVERY_SERVER}`),
  {
    what: "the whole pod is frozen, with its agent, and goes on when another member has taken over",
    onBedOnly: true,
    strikesSide: false,
    holdSeconds: FROZEN_SECONDS,
    strike: async (scene) => {
      freezePod(await uidOfTarget(scene));
    },
    undo: async (scene) => {
      thawPod(await uidOfTarget(scene));
    },
  },
];

longSuite("postgresql", "primaries that hang", function () {
  this.timeout("8m");
  let database: MeasuredDatabase | undefined;
  let options: RunOptions;

  before(async function () {
    const facts = await measuredCluster(this, postgresql);
    ({ database, options } = await deployMeasured(facts, postgresql));
  });

  after(async () => {
    await database?.remove();
  });

  it("one that is busy for ten minutes stays the primary, and loses nothing", async function () {
    this.timeout("20m");
    const { verdict } = await runFault(database!, cpuStarved(600, "ten minutes"), options);
    noteTiming("postgresql, ten busy minutes: write gap", verdict.writeGapSeconds);
    assert.deepEqual(findings(verdict, {}), [], describeVerdict(verdict));
  });

  for (const fault of hangs) {
    it(`${fault.what}: nothing is lost, one primary at a time, and another member takes over`, async function () {
      const noPower = noNodePower();
      if (fault.onBedOnly && noPower !== undefined) skip(this, noPower);
      const { verdict } = await runFault(database!, fault, options);
      noteTiming(`postgresql, ${fault.what}: write gap`, verdict.writeGapSeconds, WRITE_GAP_SECONDS);
      assert.deepEqual(
        findings(verdict, { writeGapSeconds: WRITE_GAP_SECONDS }),
        [],
        describeVerdict(verdict),
      );
    });
  }
});
