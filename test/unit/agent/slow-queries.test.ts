import assert from "node:assert/strict";
import type { WantedLogs } from "../../../components/protocol/logs";
import { SlowQueries, type Statement } from "../../../agent/core/slow-queries";

/** What an engine tells, look by look, and what comes of it. */
class Scene {
  seen: Statement[] = [];
  wanted: WantedLogs | undefined = undefined;
  up = true;
  error: Error | undefined;
  asked: number[] = [];
  readonly lines: [message: string, fields: Record<string, unknown>][] = [];
  private readonly slowQueries = new SlowQueries({
    statements: {
      times: { default: 1000, least: 100 },
      look: async (threshold) => {
        this.asked.push(threshold);
        if (this.error) throw this.error;
        return Promise.resolve(this.seen);
      },
    },
    wanted: async () => Promise.resolve(this.wanted),
    isUp: () => this.up,
    log: (_level, message, fields = {}) => this.lines.push([message, fields]),
  });

  async look(...seen: Statement[]): Promise<number> {
    this.seen = seen;
    return this.slowQueries.look();
  }

  /** What has been logged since this was last asked. */
  said(): [message: string, fields: Record<string, unknown>][] {
    return this.lines.splice(0);
  }
}

const running = (key: string, seconds: number): Statement => ({
  key,
  seconds,
  ended: false,
  fields: { statement: key },
});
const ended = (key: string, seconds: number): Statement => ({ ...running(key, seconds), ended: true });

describe("slow queries", () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = new Scene();
    await scene.look();
  });

  it("are logged once, when they have ended, with how long that took", async () => {
    await scene.look(running("a", 1.2));
    await scene.look(running("a", 2.2));
    assert.deepEqual(scene.said(), []);
    await scene.look(ended("a", 2.71828));
    assert.deepEqual(scene.said(), [["slow query", { seconds: 2.718, statement: "a" }]]);
    // The session still shows it.
    await scene.look(ended("a", 2.71828));
    assert.deepEqual(scene.said(), []);
  });

  it("of which nothing is left are logged with what was seen of them", async () => {
    await scene.look(running("a", 1.2));
    await scene.look(running("b", 1.1));
    assert.deepEqual(scene.said(), [["slow query", { atLeastSeconds: 1.2, statement: "a" }]]);
  });

  it("are those of the time that is asked for, from one look to the next", async () => {
    await scene.look(ended("a", 0.9));
    assert.deepEqual(scene.said(), []);
    scene.wanted = { slowQueriesMilliseconds: 300 };
    assert.equal(await scene.look(ended("b", 0.3), ended("c", 0.29)), 300);
    assert.deepEqual(
      scene.said().map(([, { statement }]) => statement),
      ["b"],
    );
    assert.deepEqual(scene.asked, [1000, 1000, 300]);
  });

  it("are looked for once a second, and oftener where less is asked for", async () => {
    assert.equal(await scene.look(), 1000);
    scene.wanted = { slowQueriesMilliseconds: 60_000 };
    assert.equal(await scene.look(), 1000);
    scene.wanted = { slowQueriesMilliseconds: 1 };
    assert.equal(await scene.look(), 250);
  });

  it("are not looked for where nobody wants them, or there is no server", async () => {
    const before = scene.asked.length;
    scene.wanted = { slowQueriesMilliseconds: false };
    await scene.look(running("a", 5));
    scene.wanted = undefined;
    scene.up = false;
    await scene.look(running("a", 6));
    assert.equal(scene.asked.length, before);
    scene.up = true;
    // What ended in between is not told as if it had just happened.
    await scene.look(ended("a", 7));
    assert.deepEqual(scene.said(), []);
    await scene.look(ended("b", 2));
    assert.equal(scene.said().length, 1);
  });

  it("that had ended before the agent began are not logged again", async () => {
    const again = new Scene();
    await again.look(ended("a", 3), running("b", 4));
    assert.deepEqual(again.said(), []);
    await again.look(ended("a", 3), ended("b", 4.5));
    assert.deepEqual(again.said(), [["slow query", { seconds: 4.5, statement: "b" }]]);
  });

  it("are counted where there are many", async () => {
    await scene.look(...Array.from({ length: 50 }, (_, index) => ended(`a${index}`, 2)));
    const lines = scene.said();
    assert.equal(lines.length, 21);
    assert.deepEqual(lines.at(-1), ["more slow queries", { count: 30 }]);
  });

  it("that cannot be asked for are said once, asked for again later, and not said of a server that is gone", async () => {
    scene.error = new Error("permission denied");
    assert.equal(await scene.look(), 5000);
    await scene.look();
    assert.deepEqual(scene.said(), [["slow queries are not seen", { error: "permission denied" }]]);
    scene.error = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    await scene.look();
    assert.deepEqual(scene.said(), []);
    scene.error = undefined;
    await scene.look(ended("a", 2));
    assert.equal(scene.said().length, 1);
  });
});
