import assert from "node:assert/strict";
import { EndingPod } from "../../../agent/core/ending-pod";
import type { Report } from "../../../agent/core/types";
import type { KubeClient } from "../../../agent/kube/client";
import { KubeDirectory } from "../../../agent/kube/directory";
import { idle, online, view } from "./fixtures";

const SERVES = online(1, view(3, [0, 1, 2], 0));
const STOPS: Report = { ...idle(1, { process: "stopped" }), stopping: true };

describe("agent: a pod whose server has ended, and something beside it has not", () => {
  let now = 0;
  let going: string | undefined;
  let asked = 0;
  let killed: [number, string][] = [];
  const pod = (): EndingPod =>
    new EndingPod({
      pods: {
        going: async () => {
          asked++;
          return Promise.resolve(going);
        },
        kill: async (ordinal, uid) => Promise.resolve(void killed.push([ordinal, uid])),
      },
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
    [now, going, asked, killed] = [0, "uid-of-1", 0, []];
  });

  it("is ended half a minute after the server", async () => {
    const one = pod();
    await look(one, STOPS, 29);
    assert.deepEqual([killed, asked], [[], 0]);
    await look(one, STOPS, 10);
    assert.deepEqual(killed[0], [1, "uid-of-1"]);
  });

  it("is left alone while its server takes its time to stop, or nobody deletes it", async () => {
    await look(pod(), { ...SERVES, stopping: true }, 200);
    await look(pod(), { ...STOPS, stopping: false }, 200);
    await look(pod(), SERVES, 200);
    await look(pod(), undefined, 200);
    assert.deepEqual([killed, asked], [[], 0]);
    going = undefined;
    await look(pod(), STOPS, 200);
    assert.deepEqual(killed, []);
    assert.ok(asked > 0);
  });

  it("is one that is being deleted, as Kubernetes tells of it", async () => {
    const told = async (deletionTimestamp?: string): Promise<string | undefined> => {
      const found = { metadata: { name: "db-1", uid: "u", deletionTimestamp } };
      const client = { get: async () => Promise.resolve(found) } as unknown as KubeClient;
      return new KubeDirectory(client, { namespace: "ns", name: "db" }).going(1);
    };
    assert.equal(await told("2026-01-01T00:00:00Z"), "u");
    assert.equal(await told(), undefined);
  });
});
