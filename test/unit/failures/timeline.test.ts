import assert from "node:assert/strict";
import type { Pod } from "../../../operate/kube/objects";
import type { WatchEvent } from "../../e2e/support/cluster/watch";
import { type EndpointSlice, timelineOf } from "../../e2e/support/report/timeline/timeline";
import { judge } from "../../e2e/support/validate/verdict";
import { acknowledged, attempt, FAULT_AT, ms, standby, steady } from "./logs";

type Event<T> = Pick<WatchEvent<T>, "type" | "at"> & { object: unknown };

function pod(at: number, name: string, role?: string, reason?: string, podIP?: string): Event<Pod> {
  const labels = role === undefined ? {} : { role };
  const annotations = reason === undefined ? {} : { "stateful/reason": reason };
  const object = { metadata: { name, labels, annotations }, status: { podIP } };
  return { type: "MODIFIED", at: ms(at), object };
}

function slice(at: number, service: string, ...addresses: string[]): Event<EndpointSlice> {
  const labels = { "kubernetes.io/service-name": service };
  return {
    type: "MODIFIED",
    at: ms(at),
    object: { metadata: { name: service, labels }, endpoints: [{ addresses }] },
  };
}

const attempts = [
  ...steady(90, 100, "a", 1),
  attempt(101),
  attempt(101.05),
  acknowledged(104.21, "b", 2),
  ...steady(105, 125, "b", 2),
  ...standby(90, 125, "db-0"),
];

function timeline(podEvents: Event<Pod>[], sliceEvents: Event<EndpointSlice>[] = []) {
  const verdict = judge({
    ...{ attempts, faultAt: ms(FAULT_AT), struckSides: [], members: ["db-0"] },
    rows: new Map([["db-0", new Set(attempts.map(({ id }) => id))]]),
  });
  const head = {
    engine: "mysql",
    fault: "server-killed",
    setup: "here",
    commit: "abc1234",
    at: "2026-01-01",
  };
  return timelineOf(head, verdict, {
    ...{ database: "db", pods: ["db-0", "db-1"], endpoints: [{ suffix: "" }, { suffix: "-replicas" }] },
    ...{ attempts, faultAt: ms(FAULT_AT) },
    podEvents: podEvents as WatchEvent<Pod>[],
    sliceEvents: sliceEvents as WatchEvent<EndpointSlice>[],
  });
}

describe("the recorded course of a run", () => {
  it("counts attempts through the name by tenths of a second, around the fault", () => {
    const { from, to, writes } = timeline([]);
    assert.deepEqual([from, to], [-3, 10]);
    assert.deepEqual(writes.slice(0, 6), [
      [-30, 1, 0],
      [-20, 1, 0],
      [-10, 1, 0],
      [0, 1, 0],
      [10, 0, 2],
      [42, 1, 0],
    ]);
    assert.ok(writes.every(([bucket]) => bucket < to * 10));
  });

  it("keeps what a member shows when that changes, and what it showed before", () => {
    const { members } = timeline([
      pod(50, "db-0", "replica", "CatchingUp"),
      pod(60, "db-0", "primary", "Serving"),
      pod(99, "db-0", "primary", "Serving"),
      pod(100.404, "db-0", "none", "ServerStarting"),
      { ...pod(102, "db-0"), type: "DELETED" },
      pod(500, "db-0", "replica", "Serving"),
      pod(60, "db-1", "replica"),
    ]);
    assert.deepEqual(members, [
      [
        { at: -3, role: "primary", reason: "Serving" },
        { at: 0.4, role: "none", reason: "ServerStarting" },
        { at: 2 },
      ],
      [{ at: -3, role: "replica" }],
    ]);
  });

  it("keeps whom a name leads to, by ordinal, over all its slices", () => {
    const pods = [
      pod(50, "db-0", "primary", "Serving", "10.0.0.1"),
      pod(50, "db-1", "replica", "Serving", "10.0.0.2"),
    ];
    const notReady = slice(103, "db", "10.0.0.2");
    (notReady.object as EndpointSlice).endpoints![0]!.conditions = { ready: false };
    const { routes } = timeline(pods, [
      slice(50, "db", "10.0.0.1"),
      slice(50, "db-replicas", "10.0.0.2", "10.0.0.9"),
      notReady,
      slice(104, "db", "10.0.0.2"),
    ]);
    assert.deepEqual(routes, [
      {
        suffix: "",
        changes: [
          { at: -3, leadsTo: [0] },
          { at: 3, leadsTo: [] },
          { at: 4, leadsTo: [1] },
        ],
      },
      { suffix: "-replicas", changes: [{ at: -3, leadsTo: [-1, 1] }] },
    ]);
  });
});
