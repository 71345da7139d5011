import * as assert from "node:assert/strict";
import { LagMeter } from "../../../agent/core/lag";
import { Notices } from "../../../agent/core/notices";
import type { Distance, Report } from "../../../agent/core/types";
import { Positions } from "../../../agent/core/positions";
import { online, view } from "./fixtures";
import { Simulation } from "./simulation";

const seen = view(3, [0, 1], 0);
const at = (report: Report, position: string): Report => ({
  ...report,
  status: { ...report.status, position },
});
const primary = at(online(0, seen), "abc");
const replica = at(online(1, seen), "ab");
const letters = (own: string, other: string): Distance => ({
  amount: Math.max(0, other.length - own.length),
  unit: "transactions",
});

describe("agent: a lag", () => {
  let now = 0;
  const meter = (lag: typeof letters | undefined = letters) => new LagMeter(lag, () => now);
  beforeEach(() => {
    now = 0;
  });

  it("is what the engine says of the two positions", () => {
    assert.deepEqual(meter().measure(primary, replica), { amount: 1, unit: "transactions", seconds: 0 });
  });

  it("is not known of the primary, without one, without positions, or of an engine that has none", () => {
    assert.equal(meter().measure(undefined, replica), undefined);
    assert.equal(meter().measure(replica, primary), undefined);
    assert.equal(new LagMeter(undefined, () => 0).measure(primary, replica), undefined);
    const unknown = { ...replica, status: { ...replica.status, position: undefined } };
    assert.equal(meter().measure(primary, unknown as unknown as Report), undefined);
  });

  it("is as old as the oldest change that is lacking, and not as the time since nothing was", () => {
    const measured = meter();
    const seconds = (there: string, here: string): number | undefined =>
      measured.measure(at(primary, there), at(replica, here))?.seconds;
    assert.equal(seconds("a", "a"), 0);
    now = 1_000;
    assert.equal(seconds("ab", "a"), 0);
    now = 2_000;
    assert.equal(seconds("abc", "a"), 1);
    now = 3_000;
    assert.equal(seconds("abcd", "ab"), 1);
    now = 4_000;
    assert.equal(seconds("abcd", "abcd"), 0);
  });

  it("begins anew with another primary: what a former one told may be reached never", () => {
    const measured = meter();
    measured.measure(at(primary, "abcdef"), at(replica, "ab"));
    now = 60_000;
    const next = at(online(2, view(4, [1, 2], 2)), "abc");
    assert.equal(measured.measure(next, at(replica, "ab"))?.seconds, 0);
  });

  it("keeps few of the primary's positions, and the oldest, however long it lasts", () => {
    const measured = meter();
    for (let step = 1; step <= 5_000; step++) {
      now = step * 500;
      measured.measure(at(primary, "x".repeat(step + 1)), at(replica, "x"));
    }
    assert.equal(measured.measure(primary, at(replica, "x"))?.seconds, (5_000 - 1) * 0.5);
    const kept = (measured as unknown as { awaited: unknown[] }).awaited.length;
    assert.ok(kept <= 257, String(kept));
  });

  it("stands in a replica's report, and in no primary's", async () => {
    const simulation = new Simulation(3, 1);
    await simulation.converge();
    const server = simulation.world.server(2);
    const lags = () => simulation.agents.map((agent) => agent.report?.lag);
    assert.deepEqual(lags(), [undefined, "none", "none"]);
    simulation.world.server(0).data = `${server.data ?? ""}xy`;
    await simulation.step();
    await simulation.step();
    assert.deepEqual(lags(), [undefined, "2 transactions", "2 transactions"]);
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
