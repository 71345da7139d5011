import * as assert from "node:assert/strict";
import { Losses } from "../../../agent/core/losses";
import { Notices } from "../../../agent/core/notices";
import type { EngineStatus, Report } from "../../../agent/core/types";
import { idle, online, view } from "./fixtures";

const AWAY = { process: "stopped", data: "none" } as const;

/** One of a ring's members. */
class Scene {
  readonly notices = new Notices();
  repairs = 0;
  failure: Error | undefined;
  now = 0;
  readonly losses: Losses;
  private identities = 0;

  constructor(
    readonly self: number,
    readonly members: number[],
    readonly up: number[],
  ) {
    this.losses = new Losses({
      self,
      repair: {
        awayAfter: 20_000,
        run: async () => {
          this.repairs++;
          if (this.failure) throw this.failure;
          return Promise.resolve();
        },
      },
      notices: this.notices,
      log: () => undefined,
      clock: () => this.now,
      identity: () => String(++this.identities),
    });
  }

  /** Sees the others, for long enough, and says of which vacancies it has compared its copies. */
  async look(...peers: Report[]): Promise<string[]> {
    await this.see(peers);
    this.now += 20_000;
    return await this.see(peers);
  }

  async see(peers: Report[]): Promise<string[]> {
    const own = online(this.self, this.view);
    this.losses.look(own, peers);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    return this.losses.marks(own.status).repaired ?? [];
  }

  get view() {
    return { ...view(1, this.members), online: this.up };
  }

  other(ordinal: number, repaired?: string[]): Report {
    return { ...online(ordinal, this.view), ...(repaired ? { repaired } : {}) };
  }
}

const lost = (ordinal: number, vacancy: string, status: Partial<EngineStatus> = AWAY): Report => ({
  ...idle(ordinal, status, undefined),
  vacancy,
});

describe("agent: a lost disk", () => {
  it("has the lowest of three members compare its copies, once for each loss", async () => {
    const lowest = new Scene(0, [0, 1, 2], [0, 1]);
    const next = new Scene(1, [0, 1, 2], [0, 1]);
    assert.deepEqual(await lowest.look(lowest.other(1), lost(2, "2-a")), ["2-a"]);
    assert.deepEqual(await next.look(next.other(0), lost(2, "2-a")), []);
    assert.deepEqual(await lowest.look(lowest.other(1), lost(2, "2-a")), ["2-a"]);
    assert.equal(lowest.repairs, 1);
    assert.deepEqual(await lowest.look(lowest.other(1), lost(2, "2-b")), ["2-b"]);
    assert.deepEqual([lowest.repairs, next.repairs], [2, 0]);
    // Its member is back.
    assert.deepEqual(await lowest.look(lowest.other(1), lowest.other(2)), []);
  });

  it("waits until the others' servers count the lost one as away: they would ask it too, and fail", async () => {
    const scene = new Scene(0, [0, 1, 2], [0, 1]);
    const peers = [scene.other(1), lost(2, "2-a")];
    await scene.see(peers);
    scene.now += 19_000;
    assert.deepEqual(await scene.see(peers), []);
    assert.equal(scene.repairs, 0);
    scene.now += 1_000;
    assert.deepEqual(await scene.see(peers), ["2-a"]);
  });

  it("has all of a larger ring compare theirs, one after the other", async () => {
    const third = new Scene(2, [0, 1, 2, 3], [0, 1, 2]);
    assert.deepEqual(await third.look(third.other(0, ["3-a"]), third.other(1), lost(3, "3-a")), []);
    assert.deepEqual(await third.look(third.other(0, ["3-a"]), lost(3, "3-a")), [], "one does not answer");
    assert.equal(third.repairs, 0);
    const both = await third.look(third.other(0, ["3-a"]), third.other(1, ["2-z", "3-a"]), lost(3, "3-a"));
    assert.deepEqual(both, ["3-a"]);
  });

  it("has nobody compare copies of which one is away, of a member that was in no ring, or before the ring counts it as away", async () => {
    const away = new Scene(0, [0, 1, 2, 3], [0, 1]);
    assert.deepEqual(await away.look(away.other(1), lost(3, "3-a")), []);
    assert.deepEqual(await away.look(away.other(1), lost(2, "2-a"), lost(3, "3-a")), ["2-a", "3-a"]);
    const fresh = new Scene(0, [0, 1, 2], [0, 1, 2]);
    assert.deepEqual(await fresh.look(fresh.other(1), fresh.other(2), lost(3, "3-a")), []);
    assert.deepEqual(await fresh.look(fresh.other(1), lost(2, "2-a")), []);
    assert.deepEqual([away.repairs, fresh.repairs], [1, 0]);
  });

  it("says why copies cannot be compared, and tries again", async () => {
    const scene = new Scene(0, [0, 1, 2], [0, 1]);
    scene.failure = new Error("Repair job has failed");
    const said = (): string =>
      scene.notices
        .list()
        .map(({ text }) => text)
        .join();
    assert.deepEqual(await scene.look(scene.other(1), lost(2, "2-a")), []);
    assert.match(said(), /member 2, whose disk was lost, waits.*Repair job has failed/);
    scene.failure = undefined;
    assert.deepEqual(await scene.look(scene.other(1), lost(2, "2-a")), ["2-a"]);
    await scene.look(scene.other(1), lost(2, "2-a"));
    assert.deepEqual([scene.repairs, said()], [2, ""]);
  });

  it("is one loss until its member is one again, however often it tries to join", () => {
    const { losses } = new Scene(2, [0, 1, 2], [0, 1]);
    const says = (status: Partial<EngineStatus>): string | undefined =>
      losses.marks(idle(2, status).status).vacancy;
    assert.equal(says({ process: "stopped", data: "data" }), undefined);
    assert.equal(says(AWAY), "2-1");
    assert.equal(says({ process: "starting", data: "fresh" }), "2-1");
    assert.equal(says({ process: "stopped", data: "fresh" }), "2-1");
    assert.equal(says(AWAY), "2-1");
    assert.equal(says({ member: "online" }), undefined);
    assert.equal(says(AWAY), "2-2");
  });
});
