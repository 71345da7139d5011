import assert from "node:assert/strict";
import { EndingPod } from "../../../agent/core/ending-pod";
import type { Report } from "../../../agent/core/types";
import { KubeClient } from "../../../agent/kube/client";
import { KubeDirectory } from "../../../agent/kube/directory";
import { idle, online, view } from "./fixtures";

const SERVES = online(1, view(3, [0, 1, 2], 0));
const STOPS: Report = { ...idle(1, { process: "stopped" }), stopping: true };

describe("agent: a pod whose server has ended, and something beside it has not", () => {
  let now = 0;
  let ended: string | undefined;
  let asked = 0;
  let killed: [number, string][] = [];
  const pod = (): EndingPod =>
    new EndingPod({
      pods: {
        ended: async () => {
          asked++;
          return Promise.resolve(ended);
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
    [now, ended, asked, killed] = [0, "uid-of-1", 0, []];
  });

  it("is ended half a minute after the server", async () => {
    const one = pod();
    await look(one, STOPS, 29);
    assert.deepEqual(killed, []);
    await look(one, STOPS, 10);
    assert.deepEqual(killed[0], [1, "uid-of-1"]);
  });

  it("is left alone while its server takes its time to stop, or nobody deletes it", async () => {
    ended = undefined;
    await look(pod(), STOPS, 200);
    assert.deepEqual(killed, []);
    assert.ok(asked > 0);
    [ended, asked] = ["uid-of-1", 0];
    await look(pod(), SERVES, 200);
    await look(pod(), undefined, 200);
    assert.deepEqual([killed, asked], [[], 0]);
  });

  it("is one that is being deleted, as Kubernetes tells of it", async () => {
    const containers = [{ name: "mysql" }, { name: "beside" }];
    const over = { name: "mysql", state: { terminated: { exitCode: 0 } } };
    const runs = { name: "beside", state: { running: {} } };
    const metadata = { name: "db-1", uid: "u", deletionTimestamp: "2026-01-01T00:00:00Z" };
    const told = async (found: object): Promise<string | undefined> => {
      const client = { get: async () => Promise.resolve(found) } as unknown as KubeClient;
      return new KubeDirectory(client, { namespace: "ns", name: "db" }).ended(1);
    };
    const status = { containerStatuses: [runs, over] };
    assert.equal(await told({ metadata, spec: { containers }, status }), "u");
    assert.equal(
      await told({ metadata: { ...metadata, deletionTimestamp: undefined }, spec: { containers }, status }),
      undefined,
    );
    const serving = {
      containerStatuses: [
        { name: "beside", state: { terminated: {} } },
        { ...over, state: { running: {} } },
      ],
    };
    assert.equal(await told({ metadata, spec: { containers }, status: serving }), undefined);
  });
});
