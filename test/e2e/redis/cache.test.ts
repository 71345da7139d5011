import { strict as assert } from "node:assert";
import { until } from "../../../cluster/wait";
import { kubectl } from "../support/cluster/cluster";
import { deletePods } from "../support/cluster/pods";
import { setOfThree, type SetOfThree } from "../support/deploy/set-of-three";
import { redis } from "../support/engines/redis";
import { faults } from "../support/faults/faults";
import { sceneOf } from "../support/faults/scene";
import { noteTiming } from "../support/report/summary";
import { longSuite } from "../support/suites";
import { replaced } from "../support/validate/replacement";

const SESSIONS = "sessions";
const NAMESPACE = "e2e-cache-redis";

/** How long nobody may write after all pods were killed, s: as where data is kept. */
const FULL_OUTAGE = 60;

longSuite("redis", "as a cache", function () {
  this.timeout(300_000);
  let set: SetOfThree;

  before(async function () {
    this.timeout(400_000);
    const cache = { mode: "cache", storage: undefined, durability: undefined };
    set = await setOfThree(NAMESPACE, { [SESSIONS]: cache }, redis);
    await set.start(this);
  });

  after(async function () {
    this.timeout(300_000);
    await set.deployment.delete();
  });

  const ask = async (command: string): Promise<string[]> => set.client.sql(command, { database: SESSIONS });

  /** Waits until a write is taken. @returns how long that took, s */
  async function writesAgain(timeoutSeconds: number): Promise<number> {
    const began = Date.now();
    const isTaken = async (): Promise<boolean> =>
      (await ask("SET again yes").catch(() => [""]))[0]?.startsWith("OK") === true;
    await until(isTaken, { what: "a write", timeoutSeconds });
    return (Date.now() - began) / 1000;
  }

  it("has no volumes", async () => {
    assert.deepEqual(await kubectl.list("persistentvolumeclaims", NAMESPACE), []);
  });

  it("keeps what it has when the primary's pod is deleted", async () => {
    assert.deepEqual(await ask("SET word first\nWAIT 2 5000"), ["OK", "2"]);
    const before = await sceneOf(kubectl, redis, NAMESPACE, SESSIONS);
    await replaced(NAMESPACE, [before.target.pod], async () => deletePods(NAMESPACE, before.target.pod));
    await set.deployment.healthy();
    assert.deepEqual(await ask("GET word"), ["first"]);
    const after = await sceneOf(kubectl, redis, NAMESPACE, SESSIONS);
    assert.notEqual(after.target.pod, before.target.pod);
  });

  it("begins again, empty, by itself, when all pods are killed", async () => {
    assert.deepEqual(await ask("SET word second\nWAIT 2 5000"), ["OK", "2"]);
    await faults["all-pods-killed"].strike(await sceneOf(kubectl, redis, NAMESPACE, SESSIONS));
    const seconds = await writesAgain(FULL_OUTAGE + 30);
    noteTiming("redis as a cache, all pods killed: until a write is taken", seconds, FULL_OUTAGE);
    assert.ok(seconds <= FULL_OUTAGE, `${seconds} s`);
    assert.deepEqual(await ask("EXISTS word"), ["0"]);
    await set.deployment.healthy();
    assert.deepEqual(await ask("SET word third\nWAIT 2 5000"), ["OK", "2"]);
  });
});
