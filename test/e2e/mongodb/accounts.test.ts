import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import { until } from "../../../cluster/wait";
import { PATHS, RUN_FILES } from "../../../components/mongodb/protocol";
import { kubectl } from "../support/cluster/cluster";
import { deletePods, podNamed } from "../support/cluster/pods";
import { setOfThree, type SetOfThree } from "../support/deploy/set-of-three";
import { mongodb } from "../support/engines/mongodb";
import { noteTiming } from "../support/report/summary";
import { longSuite } from "../support/suites";
import { replaced } from "../support/validate/replacement";

const ORDERS = "orders";
const NAMESPACE = "e2e-accounts-mongodb";
const PODS = [0, 1, 2].map((ordinal) => `${ORDERS}-${ordinal}`);
const ROWS = 100;
/** The kubelet brings a changed Secret to a pod within about a minute and a half; then each server is started twice. */
const KNOWN_WITHIN = 420;

longSuite("mongodb", "with passwords of its members that change", function () {
  this.timeout(900_000);
  let set: SetOfThree;

  before(async function () {
    set = await setOfThree(NAMESPACE, { [ORDERS]: {} }, mongodb);
    await set.start(this);
    const rows = Array.from({ length: ROWS }, (_, id) => `db.words.insertOne({ _id: ${id} })`);
    await ask(rows.join("; "));
  });

  after(async function () {
    await set.deployment.delete();
  });

  const ask = async (statements: string): Promise<string[]> =>
    set.client.sql(statements, { database: ORDERS });

  /** The keys that a server has read. */
  async function keys(pod: string): Promise<string[]> {
    const place = [pod, "-n", NAMESPACE, "-c", mongodb.container];
    const text = await kubectl.run(["exec", ...place, "--", "cat", `${PATHS.run}/${RUN_FILES.key}`]);
    return text.trim().split("\n");
  }

  async function pods(): Promise<unknown[]> {
    return Promise.all(
      PODS.map(async (name) => {
        const { metadata, status } = await podNamed(NAMESPACE, name);
        return [metadata.uid, status.containerStatuses?.map(({ restartCount }) => restartCount)];
      }),
    );
  }

  it("has every server started again by itself until each knows the new one alone, and no pod", async () => {
    const [before, former] = [await pods(), await keys(PODS[0] ?? "")];
    await kubectl.run([
      ...["patch", "secret", `${ORDERS}-credentials-members`, "-n", NAMESPACE, "--type=merge", "-p"],
      JSON.stringify({ stringData: { "replication-password": randomBytes(16).toString("hex") } }),
    ]);
    const began = Date.now();
    await until(
      async () => {
        const all = await Promise.all(PODS.map(keys));
        return new Set(all.flat()).size === 1 && all[0]?.[0] !== former[0];
      },
      { what: "every server to know the new key alone", timeoutSeconds: KNOWN_WITHIN },
    );
    noteTiming("mongodb: every server knows the members' new password alone", (Date.now() - began) / 1000);
    await set.deployment.healthy();
    assert.deepEqual(await pods(), before, "no pod and no container has started again");
    assert.deepEqual(await ask("print(db.words.countDocuments())"), [String(ROWS)]);
  });

  it("knows a member that restarts after that", async () => {
    const [pod = ""] = PODS;
    await replaced(NAMESPACE, [pod], async () => deletePods(NAMESPACE, pod));
    assert.deepEqual(await ask("db.words.insertOne({ _id: 'last' }); print(db.words.countDocuments())"), [
      String(ROWS + 1),
    ]);
  });
});
