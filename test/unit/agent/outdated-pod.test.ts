import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OutdatedPod, type PodRevisions } from "../../../agent/core/outdated-pod";
import { Supervisor } from "../../../agent/core/supervisor";
import type { EngineStatus, Report } from "../../../agent/core/types";
import { KubeClient } from "../../../agent/kube/client";
import { KubeDirectory } from "../../../agent/kube/directory";
import { idle, online, view } from "./fixtures";
import { listen } from "./listen";

const SERVES = online(1, view(3, [0, 1, 2], 0));
const refused = (more: Partial<EngineStatus> = {}): Report =>
  idle(1, { process: "stopped", failures: 3, refusal: { words: "unknown variable" }, ...more });

describe("agent: a pod of a revision that is not wanted any more", () => {
  let now = 0;
  let asked = 0;
  /** What is kept in the pod. */
  let ran = false;
  const supervisor = {
    setRan: async () => Promise.resolve(void (ran = true)),
    hasRun: async () => Promise.resolve(ran),
  };
  let wanted: string | undefined;
  let removed: [number, string][] = [];
  const pods: PodRevisions = {
    outdated: async () => {
      asked++;
      return Promise.resolve(wanted);
    },
    remove: async (ordinal, uid) => Promise.resolve(void removed.push([ordinal, uid])),
  };
  /** An agent that has just started in the pod, or started again. */
  const started = (): OutdatedPod =>
    new OutdatedPod({
      supervisor,
      pods,
      clock: () => now,
      log: () => undefined,
    });
  /** Lets it look twice a second. */
  const look = async (pod: OutdatedPod, own: Report | undefined, seconds: number): Promise<void> => {
    for (let turn = 0; turn < seconds * 2; turn++) {
      now += 500;
      pod.look(own);
      await new Promise((done) => setImmediate(done));
    }
  };

  beforeEach(() => {
    [now, asked, wanted, removed, ran] = [1000, 0, "uid-of-1", [], false];
  });

  it("is told from its successor by what is kept in it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "outdated-"));
    const pod = new Supervisor(folder, folder);
    assert.equal(await pod.hasRun(), false);
    await pod.setRan();
    assert.equal(await new Supervisor(folder, folder).hasRun(), true);
    rmSync(folder, { recursive: true });
  });

  it("makes room where no server has ever run in it: refused settings, or nothing that would start one", async () => {
    for (const own of [
      refused(),
      idle(1, { process: "stopped" }),
      idle(1, {
        process: "running",
        member: "failed",
        refusal: { words: "invalid value", blames: "settings" },
      }),
    ]) {
      [asked, removed] = [0, []];
      await look(started(), own, 40);
      assert.deepEqual(removed[0], [1, "uid-of-1"], JSON.stringify(own.status));
    }
  });

  it("stays while its set wants no other, and asks for that now and then only", async () => {
    wanted = undefined;
    await look(started(), refused(), 60);
    assert.deepEqual(removed, []);
    assert.ok(asked >= 2 && asked <= 4, `asked ${asked} times`);
  });

  it("gives what has just started half a minute, without asking anybody", async () => {
    await look(started(), refused(), 29);
    assert.equal(asked, 0);
  });

  it("stays while a server is on its way: it may be recovering, or copying", async () => {
    const pod = started();
    await look(pod, refused({ process: "starting" }), 300);
    assert.equal(asked, 0);
    await look(pod, refused(), 1);
    assert.equal(removed.length, 1, "it ended after all");
  });

  it("stays for good once a server has run in it, also when the agent was restarted since", async () => {
    const first = started();
    await look(first, refused(), 20);
    await look(first, SERVES, 1);
    await look(first, refused(), 300);
    await look(started(), refused(), 300);
    assert.deepEqual([removed, asked], [[], 0]);
  });

  it("stays for good once a server answered, though it never became a member", async () => {
    const pod = started();
    await look(pod, idle(1, { process: "running" }), 1);
    await look(pod, refused(), 300);
    assert.deepEqual(removed, []);
  });

  it("stays while nothing is known of the moment, and while it is being stopped anyway", async () => {
    const pod = started();
    await look(pod, undefined, 300);
    await look(pod, { ...refused(), stopping: true }, 300);
    assert.equal(asked, 0);
  });

  /** A pod whose question is answered when the test says so. */
  function asking(): { pod: OutdatedPod; answer: (uid: string) => void } {
    let resolveLast: (uid: string) => void = () => undefined;
    const outdated = async (): Promise<string> => new Promise((resolve) => (resolveLast = resolve));
    const pod = new OutdatedPod({
      supervisor,
      pods: { ...pods, outdated },
      clock: () => now,
      log: () => undefined,
    });
    return {
      pod,
      answer: (uid) => {
        resolveLast(uid);
      },
    };
  }

  it("stays when a server came up while it asked", async () => {
    const { pod, answer } = asking();
    for (const came of [idle(1, { process: "starting" }), { ...refused(), stopping: true }, SERVES]) {
      await look(pod, refused(), 45);
      await look(pod, came, 1);
      answer("uid-of-1");
      await look(pod, came, 1);
      assert.deepEqual(removed, [], JSON.stringify(came.status));
    }
  });

  it("stays for good once a server has run, if only while it asked", async () => {
    const { pod, answer } = asking();
    await look(pod, refused(), 45);
    await look(pod, SERVES, 1);
    await look(pod, refused(), 40);
    answer("uid-of-1");
    await look(pod, refused(), 40);
    assert.deepEqual([removed, ran], [[], true]);
  });

  it("tries again when the API server was away", async () => {
    let away = true;
    const outdated = async (): Promise<string> => (away ? Promise.reject(new Error("unreachable")) : "uid");
    const told: string[] = [];
    const pod = new OutdatedPod({
      supervisor,
      pods: { ...pods, outdated },
      clock: () => now,
      log: (_, message) => void told.push(message),
    });
    await look(pod, refused(), 60);
    assert.ok(told.length >= 2);
    away = false;
    await look(pod, refused(), 11);
    assert.ok(removed.length > 0);
  });

  /** As the StatefulSet controller goes: missing pods are made as wanted; one is replaced at a time, from above. */
  it("lets a correction reach three members of which none starts, without a hand", async () => {
    for (const makesRoom of [false, true]) {
      const revisions: (string | undefined)[] = ["wrong", "wrong", "wrong"];
      const good = (ordinal: number): boolean => revisions[ordinal] === "corrected";
      const agents = [0, 1, 2].map((ordinal) => {
        return new OutdatedPod({
          supervisor: { ...supervisor, setRan: async () => Promise.resolve() },
          pods: {
            outdated: async () => Promise.resolve(makesRoom && !good(ordinal) ? "uid" : undefined),
            remove: async () => Promise.resolve(void (revisions[ordinal] = undefined)),
          },
          clock: () => now,
          log: () => undefined,
        });
      });
      for (let turn = 0; turn < 100; turn++) {
        now += 500;
        agents.forEach((agent, ordinal) => {
          agent.look({ ...(good(ordinal) ? idle(ordinal, { process: "running" }) : refused()), ordinal });
        });
        await new Promise((done) => setImmediate(done));
        for (const ordinal of [0, 1, 2]) revisions[ordinal] ??= "corrected";
        // Clients are let in when all have come; until then none is ready, and the next is waited for.
        const ready = revisions.every((revision) => revision === "corrected");
        for (const ordinal of [2, 1, 0]) {
          if (good(ordinal) && ready) continue;
          if (!good(ordinal)) revisions[ordinal] = undefined;
          break;
        }
      }
      const arrived = makesRoom ? "corrected" : "wrong";
      assert.deepEqual(revisions, [arrived, arrived, "corrected"], `makes room: ${makesRoom}`);
    }
  });

  describe("as Kubernetes tells of it", () => {
    interface Told {
      generation?: number;
      status?: object;
      updateStrategy?: object;
      pod?: object;
    }
    let objects = new Map<string, object>();
    const deleted: [string, unknown][] = [];
    const server = createServer((incoming, outgoing) => {
      let text = "";
      incoming.on("data", (part: Buffer) => (text += part.toString()));
      incoming.on("end", () => {
        if (incoming.method === "DELETE") deleted.push([incoming.url ?? "", JSON.parse(text)]);
        const found = objects.get(incoming.url ?? "");
        outgoing.writeHead(found ? 200 : 404).end(JSON.stringify(found ?? {}));
      });
    });
    let directory: KubeDirectory;
    before(async () => {
      const mount = mkdtempSync(join(tmpdir(), "agent-"));
      writeFileSync(join(mount, "token"), "token\n");
      const client = new KubeClient({ host: "127.0.0.1", port: await listen(server), mount, send: request });
      directory = new KubeDirectory(client, { namespace: "ns", name: "db" });
    });
    after(() => {
      server.close();
      server.closeAllConnections();
    });

    const POD = "/api/v1/namespaces/ns/pods/db-1";
    const tell = ({ generation = 4, status, updateStrategy, pod }: Told = {}): void => {
      const spec = { replicas: 3, updateStrategy: updateStrategy ?? { type: "RollingUpdate" } };
      const told = { observedGeneration: 4, updateRevision: "db-new", ...status };
      objects = new Map<string, object>([
        [
          "/apis/apps/v1/namespaces/ns/statefulsets/db",
          { metadata: { name: "db", uid: "set", generation }, spec, status: told },
        ],
        [
          POD,
          {
            metadata: {
              name: "db-1",
              uid: "pod",
              labels: { "controller-revision-hash": "db-old" },
              ownerReferences: [{ uid: "set" }],
              ...pod,
            },
          },
        ],
      ]);
    };

    it("is one whose set has another revision by now", async () => {
      tell();
      assert.equal(await directory.outdated(1), "pod");
      tell({ pod: { labels: { "controller-revision-hash": "db-new" } } });
      assert.equal(await directory.outdated(1), undefined);
    });

    // https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/stateful-set-v1/#StatefulSetStatus
    it("is one whose place its set would fill with the wanted revision", async () => {
      for (const status of [
        { currentRevision: "db-old", currentReplicas: 2 },
        { currentRevision: "db-older", currentReplicas: 1 },
        { currentRevision: "db-new", currentReplicas: 3 },
      ]) {
        tell({ status });
        assert.equal(await directory.outdated(1), "pod", JSON.stringify(status));
      }
      const rollingUpdate = { partition: 0 };
      tell({
        updateStrategy: { type: "RollingUpdate", rollingUpdate },
        status: { currentRevision: "db-old", currentReplicas: 3 },
      });
      assert.equal(await directory.outdated(1), "pod");
    });

    // As the controller goes without a partition: newVersionedStatefulSetPod in its stateful_set_utils.go.
    it("goes once each, from above, where none of a set's pods has run, and never for what was there before", async () => {
      const revisions = ["db-old", "db-old", "db-new"];
      const replaced: number[] = [];
      const pod = (ordinal: number) => ({
        metadata: {
          name: `db-${ordinal}`,
          uid: `pod-${ordinal}`,
          labels: { "controller-revision-hash": revisions[ordinal] },
          ownerReferences: [{ uid: "set" }],
        },
      });
      for (const ordinal of [0, 1, 2, 0, 1, 2]) {
        const currentReplicas = revisions.filter((revision) => revision === "db-old").length;
        tell({ status: { currentRevision: "db-old", currentReplicas } });
        objects.set(`/api/v1/namespaces/ns/pods/db-${ordinal}`, pod(ordinal));
        if ((await directory.outdated(ordinal)) === undefined) continue;
        revisions[ordinal] = ordinal < currentReplicas - 1 ? "db-old" : "db-new";
        replaced.push(ordinal);
      }
      assert.deepEqual(replaced, [1, 0]);
      assert.deepEqual(revisions, ["db-new", "db-new", "db-new"]);
    });

    const not: [what: string, told: Told][] = [
      [
        "whose place its set would fill with the present revision again, as long as one above it is of that",
        { status: { currentRevision: "db-old", currentReplicas: 3 } },
      ],
      [
        "whose place its set would fill with the revision before",
        { status: { currentRevision: "db-older", currentReplicas: 2 } },
      ],
      ["whose set's last change has not been seen: it may have been taken back", { generation: 5 }],
      ["of a set that says nothing of revisions", { status: { updateRevision: undefined } }],
      [
        "that a rollout stops before",
        { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } },
      ],
      ["of a set that a person rolls out", { updateStrategy: { type: "OnDelete" } }],
      ["that goes already", { pod: { deletionTimestamp: "2026-01-01T00:00:00Z" } }],
      ["of another set of that name", { pod: { ownerReferences: [{ uid: "former" }] } }],
      ["that no set made", { pod: { labels: {} } }],
    ];
    for (const [what, told] of not) {
      it(`is none ${what}`, async () => {
        tell(told);
        assert.equal(await directory.outdated(1), undefined);
      });
    }

    it("is none that is not there", async () => {
      tell();
      objects.delete(POD);
      assert.equal(await directory.outdated(1), undefined);
    });

    it("is deleted as the one that was looked at, and not its successor of the same name", async () => {
      tell();
      await directory.remove(1, "pod");
      const preconditions = { uid: "pod" };
      assert.deepEqual(deleted, [[POD, { kind: "DeleteOptions", apiVersion: "v1", preconditions }]]);
      objects.delete(POD);
      await directory.remove(1, "pod");
    });
  });
});
