import assert from "node:assert/strict";
import { EndingPod } from "../../../agent/core/ending-pod";
import { Notices } from "../../../agent/core/notices";
import type { Report } from "../../../agent/core/types";
import type { KubeClient } from "../../../agent/kube/client";
import { KubeDirectory } from "../../../agent/kube/directory";
import { idle, online, view } from "./fixtures";

const SERVES = online(1, view(3, [0, 1, 2], 0));
const STOPS: Report = { ...idle(1, { process: "stopped" }), stopping: true };

describe("agent: a pod whose server has ended, and something beside it has not", () => {
  let now = 0;
  let going = true;
  let asked = 0;
  let notices = new Notices();
  const said = (): string =>
    notices
      .list()
      .map(({ text }) => text)
      .join();
  const pod = (): EndingPod =>
    new EndingPod({
      pods: {
        isGoing: async () => {
          asked++;
          return Promise.resolve(going);
        },
      },
      notices,
      clock: () => now,
      log: () => undefined,
    });
  const look = async (one: EndingPod, own: Report | undefined, seconds: number): Promise<void> => {
    for (let turn = 0; turn < seconds * 2; turn++) {
      now += 500;
      one.look(own);
      await new Promise((done) => setImmediate(done));
    }
  };

  beforeEach(() => {
    [now, going, asked, notices] = [0, true, 0, new Notices()];
  });

  it("says what it waits for, half a minute after the server", async () => {
    const one = pod();
    await look(one, STOPS, 29);
    assert.deepEqual([said(), asked], ["", 0]);
    await look(one, STOPS, 10);
    assert.match(said(), /until a container beside it ends too/);
  });

  it("says nothing while its server takes its time to stop, or nobody deletes it", async () => {
    await look(pod(), { ...SERVES, stopping: true }, 200);
    await look(pod(), { ...STOPS, stopping: false }, 200);
    await look(pod(), SERVES, 200);
    await look(pod(), undefined, 200);
    assert.deepEqual([said(), asked], ["", 0]);
    going = false;
    await look(pod(), STOPS, 200);
    assert.equal(said(), "");
    assert.ok(asked > 0);
  });

  it("is one that is being deleted, as Kubernetes tells of it", async () => {
    const told = async (deletionTimestamp?: string): Promise<boolean> => {
      const found = { metadata: { name: "db-1", uid: "u", deletionTimestamp } };
      const client = { get: async () => Promise.resolve(found) } as unknown as KubeClient;
      return new KubeDirectory(client, { namespace: "ns", name: "db" }).isGoing(1);
    };
    assert.equal(await told("2026-01-01T00:00:00Z"), true);
    assert.equal(await told(), false);
  });
});
