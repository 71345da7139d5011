import * as assert from "node:assert/strict";
import { lagBehind } from "../../../agent/core/lag";
import { Notices } from "../../../agent/core/notices";
import type { Report } from "../../../agent/core/types";
import { Positions } from "../../../agent/core/positions";
import { online, view } from "./fixtures";
import { Simulation } from "./simulation";

const seen = view(3, [0, 1], 0);
const primary = { ...online(0, seen), status: { ...online(0, seen).status, position: "abc" } };
const replica = { ...online(1, seen), status: { ...online(1, seen).status, position: "ab" } };
const both = (own: string, other: string): string => `${own} behind ${other}`;

describe("agent: a lag", () => {
  it("is what the engine says of the two positions", () => {
    assert.equal(lagBehind(primary, replica, both), "ab behind abc");
  });

  it("is not known of the primary, without one, without positions, or of an engine that has none", () => {
    assert.equal(lagBehind(undefined, replica, both), undefined);
    assert.equal(lagBehind(replica, primary, both), undefined);
    assert.equal(lagBehind(online(0, seen), online(1, seen), undefined), undefined);
    assert.equal(lagBehind(primary, replica, undefined), undefined);
    const unknown = { ...replica, status: { ...replica.status, position: undefined } };
    assert.equal(lagBehind(primary, unknown as unknown as Report, both), undefined);
  });

  it("stands in a replica's report, and in no primary's", async () => {
    const simulation = new Simulation(3, 1);
    await simulation.converge();
    const server = simulation.world.server(2);
    const lags = () => simulation.agents.map((agent) => agent.report?.lag);
    assert.deepEqual(lags(), [undefined, "0", "0"]);
    simulation.world.server(0).data = `${server.data ?? ""}xy`;
    await simulation.step();
    await simulation.step();
    assert.deepEqual(lags(), [undefined, "2", "2"]);
  });
});

describe("agent: another member's position", () => {
  it("that is none of the engine's is told, with whose it is, until it is one", () => {
    const notices = new Notices();
    const positions = new Positions({ isPosition: (text) => text !== "2/5000" }, notices);
    assert.equal(positions.judge("2/5000", 1), false);
    const [notice] = notices.list();
    assert.equal(notice?.severity, "problem");
    assert.match(notice.text, /^Member 1 reports a position that is none of the engine's: 2\/5000$/);
    assert.equal(positions.judge("ab", 2), true);
    assert.equal(notices.list().length, 1);
    assert.equal(positions.judge("ab", 1), true);
    assert.deepEqual(notices.list(), []);
  });
});
