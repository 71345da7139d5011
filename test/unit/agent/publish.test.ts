import { MYSQL_TOPOLOGY } from "../../../components/mysql/topology";
import type { EndpointSpec, Topology } from "../../../components/protocol/topology";
import * as assert from "node:assert/strict";
import { Notices } from "../../../agent/core/notices";
import { type Directory, MissingRoute, Publisher, type Shown } from "../../../agent/core/publish";
import type { Route } from "../../../agent/core/routes";
import { RING } from "../support/topologies";
import { limits, marker, online, view } from "./fixtures";

describe("agent: publishing", () => {
  const seen = view(3, [0], 0);
  const stored = { marker: marker(), version: "1" };
  let now = 0;
  let shown: Shown[];
  let routes: Record<string, Route>;
  let missing: string[];
  let notices: Notices;
  let publisher: Publisher;

  const directory: Directory = {
    label: async (_, what) => {
      shown.push(what);
    },
    route: async ({ key }, route) => {
      if (missing.includes(key)) throw new MissingRoute(`the slice of ${key} is not there`);
      routes[key] = route;
    },
  };
  const publish = async (own = online(0, seen)): Promise<void> => {
    now += 60_000;
    await publisher.publish(own, [], { state: "serve", reason: "Serving", notices: notices.list() }, 1);
  };

  beforeEach(() => {
    shown = [];
    routes = {};
    missing = [];
    notices = new Notices();
    publisher = publisherOf(MYSQL_TOPOLOGY);
  });

  function publisherOf(topology: Topology): Publisher {
    const markers = { read: async () => stored, create: async () => stored, replace: async () => stored };
    const yes = async (): Promise<boolean> => true;
    return new Publisher({
      directory,
      markers,
      stillPrimary: yes,
      clock: () => now,
      topology,
      volumeLimits: limits.volume,
      notices,
      voided: () => undefined,
    });
  }

  it("says which route is not there to be written, until it is, and does not call itself the primary", async () => {
    missing = ["primary"];
    await assert.rejects(publish(), MissingRoute);
    await assert.rejects(publish(), MissingRoute);
    assert.deepEqual(
      shown.at(-1)?.notices?.map(({ severity, text }) => [severity, text]),
      [["problem", "the slice of primary is not there"]],
    );
    assert.deepEqual([shown.at(-1)?.role, shown.at(-1)?.state], [undefined, "serve"]);
    missing = [];
    await publish();
    assert.deepEqual(notices.list(), []);
    assert.equal(shown.at(-1)?.role, "primary");
  });

  it("leads to the primary though it cannot lead to the replicas, and says that", async () => {
    missing = ["replicas"];
    await assert.rejects(publish(), MissingRoute);
    assert.deepEqual(Object.keys(routes), ["primary"]);
    assert.equal(notices.list().length, 1);
  });

  it("is no longer concerned with routes that another primary has to write", async () => {
    missing = ["primary"];
    await assert.rejects(publish(), MissingRoute);
    await publish(online(0, view(4, [0, 1], 1)));
    assert.deepEqual(notices.list(), []);
  });

  it("of one of equals is its role alone: nobody leads clients to it", async () => {
    publisher = publisherOf(RING);
    const own = online(0, view(3, [0]));
    await publish({ ...own, status: { ...own.status, role: "member" } });
    assert.equal(shown.at(-1)?.role, "member");
    assert.deepEqual(routes, {});
  });

  it("is done behind every endpoint that is the agents', by what it is for, and behind no other", async () => {
    const [first, reads] = MYSQL_TOPOLOGY.endpoints as [EndpointSpec, EndpointSpec];
    const more: EndpointSpec[] = [
      { ...reads, key: "sentinel", suffix: "-sentinel", for: "discovery" },
      { ...reads, key: "ready", suffix: "-ready", backing: "selector" },
      { ...first, key: "legacy", suffix: "-legacy" },
      { ...first, key: "engines", suffix: "-engines", backing: "engine" },
    ];
    publisher = publisherOf({ ...MYSQL_TOPOLOGY, endpoints: [reads, first, ...more], labelledBy: "engine" });
    missing = ["legacy"];
    await assert.rejects(publish(), MissingRoute);
    assert.deepEqual(Object.keys(routes), ["primary"]);
    missing = [];
    await publish();
    assert.deepEqual(Object.keys(routes).sort(), ["legacy", "primary", "replicas", "sentinel"]);
    assert.deepEqual(routes["sentinel"]?.addresses, ["10.0.0.0"]);
    assert.ok(shown.every(({ role }) => role === undefined));
  });
});
