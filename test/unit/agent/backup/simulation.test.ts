import * as assert from "node:assert/strict";
import { Seal } from "../../../../agent/backup/seal";
import { Shipper } from "../../../../agent/backup/ship";
import { Away } from "../../../../agent/backup/store/store";
import { Notices } from "../../../../agent/core/notices";
import type { Ordinal, Report } from "../../../../agent/core/types";
import { FakeWorld } from "../fake";
import { type FakeArchiving, Simulation } from "../simulation";
import { FakeLog } from "./fake-log";
import { MemoryStore } from "./memory-store";

const SIZE = 3;
const FAULTS = 12;

/** What members do in a sequence of faults that follows from a seed, with a store that does something. */
async function course(seed: number, store: MemoryStore | undefined): Promise<string[]> {
  const seal = new Seal("k".repeat(32));
  let now = 0;
  const archivingOf = (ordinal: Ordinal, look: () => Report | undefined): FakeArchiving => {
    const archive = new FakeLog(`${ordinal}`);
    const shipper = new Shipper({
      archive,
      member: { namespace: "ns", database: "db", ordinal },
      look,
      stillPrimary: async () => true,
      wanted: async () =>
        store && {
          settings: {
            destination: { kind: "directory", path: "/x", prefix: "" },
            recoveryPointSeconds: 5,
            retentionSeconds: 86_400,
            keepLogsPercent: 25,
          },
          store,
          seal,
        },
      volume: async () => ({ free: 10_000, size: 10_000 }),
      results: async () => ({}),
      requestCopy: async () => undefined,
      notices: new Notices(),
      log: () => undefined,
      clock: () => now,
    });
    return {
      get restorable() {
        return shipper.restorable;
      },
      finish: async () => {
        // A stop waits for it, in a time that is not the simulation's.
        void shipper.finish().catch(() => undefined);
      },
      round: async () => {
        archive.commit();
        await shipper.round();
      },
    };
  };
  const simulation = new Simulation(SIZE, seed, 0, new FakeWorld(SIZE, seed), archivingOf);
  const seen: string[] = [];
  const step = async (times: number): Promise<void> => {
    for (let turn = 0; turn < times; turn++) {
      now += 500;
      await simulation.step();
      const doing = simulation.agents.map(({ summary }) =>
        summary.replaceAll(/\d{4}-\d\d-\d\dT\S+Z/g, "TIME"),
      );
      seen.push(`${doing.join(" | ")} ${simulation.acknowledged.length}`);
    }
  };
  await step(20);
  for (let fault = 0; fault < FAULTS; fault++) {
    await simulation.randomFault();
    await step(15);
  }
  simulation.heal();
  await simulation.converge();
  simulation.verify();
  return seen;
}

describe("backup: a store beside a set of members", () => {
  it("changes nothing of what they do, be it there, slow for ever, or broken", async function () {
    this.timeout(60_000);
    for (let seed = 1; seed <= 12; seed++) {
      const without = await course(seed, undefined);
      const hanging = new MemoryStore();
      hanging.hangs = true;
      const broken = new MemoryStore();
      broken.failure = new Away("broken");
      for (const [what, store] of Object.entries({ there: new MemoryStore(), hanging, broken })) {
        assert.deepEqual(await course(seed, store), without, `seed ${seed}, a store that is ${what}`);
        assert.ok(store.asked > 0);
      }
    }
  });
});
