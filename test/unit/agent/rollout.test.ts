import assert from "node:assert/strict";
import type { MarkerStore } from "../../../agent/core/marker";
import { Notices } from "../../../agent/core/notices";
import { type PodOfSet, Rollout, type SetOfPods } from "../../../agent/core/rollout";
import type { EngineStatus, Marker, Report } from "../../../agent/core/types";
import type { KubeClient } from "../../../agent/kube/client";
import { KubeDirectory } from "../../../agent/kube/directory";
import type { Maintenance } from "../../../components/protocol/maintenance";
import { idle, limits, marker, online, view } from "./fixtures";

const SUNDAY_AT_2 = Date.UTC(2026, 10, 29, 2, 10);
const SUNDAY_AT_5 = Date.UTC(2026, 10, 29, 5, 0);
const WINDOWS: Maintenance = { windows: ["Sun 02:00-04:00"] };

/** A database of three whose members look as often as agents do, and whose pods are made anew by its set. */
class Scene {
  now = 0;
  date = SUNDAY_AT_2;
  primary = 0;
  maintenance: Maintenance | undefined = WINDOWS;
  atOnce = false;
  minReady = 0;
  /** In the order in which they went. */
  readonly gone: number[] = [];
  readonly broken = new Set<number>();
  readonly notices: Notices[] = [];
  stored: Marker | undefined = marker();
  private readonly version = new Map([0, 1, 2].map((ordinal) => [ordinal, 1]));
  private readonly away = new Map<number, number>();
  private agents: Rollout[] = [];
  wanted = 2;
  /** What becomes of what a member says of itself; nothing where it does not answer. */
  spoil: (report: Report) => Report | undefined = (report) => report;

  constructor(readonly hasPrimary = true) {
    this.agents = [0, 1, 2].map((self) => this.agent(self));
  }

  private agent(self: number): Rollout {
    const notices = new Notices();
    this.notices[self] = notices;
    return new Rollout({
      self,
      hasPrimary: this.hasPrimary,
      pods: {
        ofSet: async (ordinals) => Promise.resolve(this.ofSet(ordinals)),
        remove: async (ordinal, uid) => {
          assert.equal(uid, this.uid(ordinal));
          this.gone.push(ordinal);
          this.version.set(ordinal, this.wanted);
          this.away.set(ordinal, this.now + 20_000);
          if (this.primary === ordinal) this.primary = [0, 1, 2].find((other) => other !== ordinal) ?? 0;
          this.agents[ordinal] = this.agent(ordinal);
          return Promise.resolve();
        },
      },
      markers: this.markers,
      volumeLimits: limits.volume,
      notices,
      log: () => undefined,
      clock: () => this.now,
      timeOfDay: () => this.date,
    });
  }

  readonly markers: MarkerStore = {
    read: async () =>
      Promise.resolve(this.stored && { marker: this.stored, version: JSON.stringify(this.stored) }),
    create: async () => Promise.reject(new Error("there is one")),
    replace: async (next, version) => {
      if (version !== JSON.stringify(this.stored)) return Promise.resolve(undefined);
      this.stored = next;
      return Promise.resolve({ marker: next, version: JSON.stringify(next) });
    },
  };

  private uid(ordinal: number): string {
    return `${ordinal}-of-${this.version.get(ordinal) ?? 0}`;
  }

  private isAway(ordinal: number): boolean {
    return (this.away.get(ordinal) ?? 0) > this.now;
  }

  private ofSet(ordinals: readonly number[]): SetOfPods | undefined {
    if (this.maintenance === undefined) return undefined;
    const pods = ordinals.map((ordinal): PodOfSet => {
      const ready = !this.isAway(ordinal) && !this.broken.has(ordinal);
      return { ordinal, uid: this.uid(ordinal), outdated: this.version.get(ordinal) !== this.wanted, ready };
    });
    return { maintenance: this.maintenance, atOnce: this.atOnce, minReady: this.minReady, pods };
  }

  private report(ordinal: number): Report {
    const primary = this.hasPrimary ? this.primary : undefined;
    if (this.broken.has(ordinal)) return idle(ordinal, { process: "stopped", failures: 3 });
    const seen = online(ordinal, view(3, [0, 1, 2], primary));
    return this.hasPrimary ? seen : { ...seen, status: { ...seen.status, role: "member" } };
  }

  /** Lets all look twice a second. */
  async pass(seconds: number): Promise<void> {
    for (let turn = 0; turn < seconds * 2; turn++) {
      this.now += 500;
      this.date += 500;
      const present = [0, 1, 2].filter((ordinal) => !this.isAway(ordinal));
      const reports = present.flatMap((ordinal) => this.spoil(this.report(ordinal)) ?? []);
      for (const own of reports) {
        const peers = reports.filter((other) => other !== own);
        this.agents[own.ordinal]?.look(own, peers, 3);
      }
      for (let step = 0; step < 6; step++) await new Promise((done) => setImmediate(done));
      assert.ok([0, 1, 2].filter((ordinal) => this.isAway(ordinal)).length < 2, "two are away at once");
    }
  }

  said(ordinal: number): string {
    return (
      this.notices[ordinal]
        ?.list()
        .map(({ text }) => text)
        .join() ?? ""
    );
  }
}

describe("agent: pods that are replaced in a window", () => {
  it("go one at a time, the highest ordinal first and the primary last", async () => {
    for (const [primary, order] of [
      [0, [2, 1, 0]],
      [1, [2, 0, 1]],
      [2, [1, 0, 2]],
    ] as const) {
      const scene = new Scene();
      scene.primary = primary;
      await scene.pass(300);
      assert.deepEqual(scene.gone, order, `primary ${primary}`);
    }
  });

  it("go by their ordinals where all are equals", async () => {
    const scene = new Scene(false);
    await scene.pass(300);
    assert.deepEqual(scene.gone, [2, 1, 0]);
  });

  it("stay outside of it, and say when it opens", async () => {
    const scene = new Scene();
    scene.date = SUNDAY_AT_5;
    await scene.pass(300);
    assert.deepEqual(scene.gone, []);
    assert.match(
      scene.said(1),
      /waits for a window of maintenance, the next of which opens on Sun, 06 Dec 2026 02:00 UTC/,
    );
    scene.date = SUNDAY_AT_2 + 7 * 86_400_000;
    await scene.pass(300);
    assert.deepEqual(scene.gone, [2, 1, 0]);
    assert.equal(scene.said(1), "");
  });

  it("go whatever the window, and the primary too, where an operator wants the revision at once", async () => {
    const scene = new Scene();
    scene.maintenance = { ...WINDOWS, supervised: true };
    scene.date = SUNDAY_AT_5;
    scene.atOnce = true;
    await scene.pass(300);
    assert.deepEqual(scene.gone, [2, 1, 0]);
  });

  it("leave the primary's to somebody where that is asked for, until another member is the primary", async () => {
    const scene = new Scene();
    scene.maintenance = { ...WINDOWS, supervised: true };
    scene.primary = 1;
    await scene.pass(300);
    assert.deepEqual(scene.gone, [2, 0]);
    assert.match(scene.said(1), /it is the primary's, which maintenance\.primaryUpdate leaves to you/);
    scene.primary = 2;
    await scene.pass(120);
    assert.deepEqual(scene.gone, [2, 0, 1]);
  });

  it("are left to Kubernetes where the set says nothing of it, and stay where none is of another revision", async () => {
    const without = new Scene();
    without.maintenance = undefined;
    await without.pass(200);
    const same = new Scene();
    same.wanted = 1;
    await same.pass(200);
    assert.deepEqual([without.gone, same.gone], [[], []]);
  });

  it("stay while a member is not well, its volume hangs, or nobody is the primary", async () => {
    const first =
      (change: (report: Report) => Report | undefined) =>
      (report: Report): Report | undefined =>
        report.ordinal === 0 ? change(report) : report;
    const with0 = (status: Partial<EngineStatus>) =>
      first((report) => ({ ...report, status: { ...report.status, ...status } }));
    for (const spoil of [
      first(() => undefined),
      first((report) => ({ ...report, stopping: true })),
      with0({ stalled: 9_000 }),
      with0({ member: "joining" }),
      (report: Report): Report => ({ ...report, status: { ...report.status, role: "replica" } }),
    ]) {
      const scene = new Scene();
      scene.spoil = spoil;
      await scene.pass(200);
      assert.deepEqual(scene.gone, [], spoil.toString());
    }
  });

  it("wait until those that were replaced have been well for as long as the set says", async () => {
    const scene = new Scene();
    scene.minReady = 60_000;
    await scene.pass(75);
    assert.deepEqual(scene.gone, [2]);
    await scene.pass(50);
    assert.deepEqual(scene.gone, [2]);
    await scene.pass(60);
    assert.deepEqual(scene.gone, [2, 1]);
  });

  it("go when a correction is there for one that does not serve, first and whatever the window", async () => {
    const scene = new Scene();
    scene.date = SUNDAY_AT_5;
    scene.broken.add(1);
    await scene.pass(50);
    assert.deepEqual(scene.gone, []);
    await scene.pass(30);
    assert.deepEqual(scene.gone, [1]);
    scene.broken.clear();
    await scene.pass(200);
    assert.deepEqual(scene.gone, [1]);
  });

  it("stay while another one has said that it goes and is still there, but not for ever", async () => {
    const scene = new Scene();
    scene.stored = marker({ replacing: "1-of-1" });
    await scene.pass(60);
    assert.deepEqual(scene.gone, []);
    await scene.pass(400);
    assert.deepEqual(scene.gone, [2, 1, 0]);
  });

  it("stay where the marker cannot be had, or changes at the same moment", async () => {
    const scene = new Scene();
    scene.stored = undefined;
    await scene.pass(100);
    assert.deepEqual(scene.gone, []);
    scene.stored = marker();
    scene.markers.replace = async () => Promise.resolve(undefined);
    await scene.pass(100);
    assert.deepEqual(scene.gone, []);
  });

  describe("as Kubernetes tells of them", () => {
    const said = JSON.stringify({ windows: ["Sun 02:00-04:00"], supervised: true });
    const setOf = (type: string, annotations: Record<string, string> = {}) => ({
      metadata: { name: "db", uid: "set", generation: 2, annotations },
      spec: { replicas: 3, minReadySeconds: 30, updateStrategy: { type } },
      status: { observedGeneration: 2, currentRevision: "a", updateRevision: "b" },
    });
    const podOf = (ordinal: number, revision: string, more: object = {}) => ({
      metadata: {
        ...{ name: `db-${ordinal}`, uid: `pod-${ordinal}`, ownerReferences: [{ uid: "set" }] },
        labels: { "controller-revision-hash": revision },
        ...more,
      },
      status: { conditions: [{ type: "Ready", status: ordinal === 1 ? "False" : "True" }] },
    });
    const directory = (set: object): KubeDirectory => {
      const pods = [
        podOf(0, "a"),
        podOf(1, "b"),
        podOf(2, "a", { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      ];
      const get = async (path: string): Promise<unknown> =>
        Promise.resolve(path.includes("/statefulsets/") ? set : pods[Number(path.at(-1))]);
      return new KubeDirectory({ get } as unknown as KubeClient, { namespace: "ns", name: "db" });
    };

    it("are those of a set that leaves them to their agents, and are not about to go", async () => {
      const now = { "stateful/maintenance": said, "stateful/replace-now": "b" };
      assert.deepEqual(await directory(setOf("OnDelete", now)).ofSet([0, 1, 2]), {
        maintenance: { windows: ["Sun 02:00-04:00"], supervised: true },
        atOnce: true,
        minReady: 30_000,
        pods: [
          { ordinal: 0, uid: "pod-0", outdated: true, ready: true },
          { ordinal: 1, uid: "pod-1", outdated: false, ready: false },
        ],
      });
      const former = { ...now, "stateful/replace-now": "a" };
      assert.equal((await directory(setOf("OnDelete", former)).ofSet([0]))?.atOnce, false);
    });

    it("are left to Kubernetes or to a person otherwise", async () => {
      assert.equal(await directory(setOf("OnDelete")).ofSet([0]), undefined);
      const rolling = setOf("RollingUpdate", { "stateful/maintenance": said });
      assert.equal(await directory(rolling).ofSet([0]), undefined);
    });

    it("make room for a correction where no server has run, as in a rolling update", async () => {
      assert.equal(await directory(setOf("OnDelete", { "stateful/maintenance": said })).outdated(0), "pod-0");
      assert.equal(await directory(setOf("OnDelete")).outdated(0), undefined);
    });
  });
});
