import * as assert from "node:assert/strict";
import type { Decommission } from "../../../agent/core/engine";
import { Notices } from "../../../agent/core/notices";
import { ScaleIn, wantedSize } from "../../../agent/core/scale-in";
import type { Marker } from "../../../agent/core/types";
import { FakeApi, FakeNetwork } from "./fake-api";
import { idle, marker, online, view } from "./fixtures";

/** A ring of five, and one of its members. */
class Scene {
  readonly api: FakeApi;
  readonly notices = new Notices();
  readonly asked: string[] = [];
  readonly shown: number[] = [];
  refusal: string | undefined;
  failure: Error | undefined;
  members = [0, 1, 2, 3, 4];
  now = 0;
  gone = false;
  private readonly scaleIn: ScaleIn;

  constructor(
    readonly self: number,
    scaleInTo?: string,
  ) {
    const network = new FakeNetwork();
    network.api.add(self);
    this.api = new FakeApi(network);
    const stored: Marker = marker({
      holder: 0,
      ...(scaleInTo === undefined ? {} : { scaleInTo }),
    });
    this.api.stored = { marker: stored, version: "1" };
    const decommission: Decommission = {
      refusal: async (size) => {
        this.asked.push(`may go to ${size}?`);
        return Promise.resolve(this.refusal);
      },
      run: async () => {
        this.asked.push("leave");
        if (this.failure) throw this.failure;
        return Promise.resolve();
      },
    };
    this.scaleIn = new ScaleIn({
      ...{ self, decommission, notices: this.notices, log: () => undefined },
      markers: this.api.markersFor(self),
      show: async (members) => {
        this.shown.push(members);
        return Promise.resolve();
      },
      clock: () => this.now,
    });
  }

  async look(replicas = 5, known = this.api.stored?.marker): Promise<void> {
    this.now += 5_000;
    const own = this.gone ? idle(this.self) : online(this.self, view(1, this.members));
    this.scaleIn.look(own, replicas, known);
    for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  said(): string {
    return this.notices
      .list()
      .map(({ severity, text }) => `${severity}: ${text}`)
      .join("; ");
  }
}

describe("agent: a ring that is to become smaller", () => {
  it("goes by a whole number that a ring can have, and by nothing else", () => {
    assert.equal(wantedSize({}), undefined);
    for (const [text, size] of [
      ["3", 3],
      ["12", 12],
      ["2", "2"],
      ["0", "0"],
      ["-3", "-3"],
      ["3.5", "3.5"],
      ["03", "03"],
      ["three", "three"],
      ["", ""],
    ] as const) {
      assert.equal(wantedSize({ scaleInTo: text }), size, text);
    }
  });

  it("the last member leaves, and nobody else", async () => {
    for (const self of [0, 2, 3, 4]) {
      const scene = new Scene(self, "3");
      await scene.look();
      assert.equal(scene.asked.includes("leave"), self === 4, `member ${self}`);
    }
  });

  it("nobody leaves where nobody is to, the size is none, or what stays could not hold the data; who keeps the marker says why", async () => {
    for (const [scaleInTo, refusal] of [
      [undefined, undefined],
      ["2", undefined],
      ["5", undefined],
      ["3", "member 1 has 3 MiB free"],
    ]) {
      const last = new Scene(4, scaleInTo);
      last.refusal = refusal;
      await last.look();
      assert.ok(!last.asked.includes("leave"), scaleInTo);
      assert.equal(last.said(), "", "not twice");
    }
    const short = new Scene(0, "3");
    short.refusal = "member 1 has 3 MiB free";
    await short.look();
    assert.match(
      short.said(),
      /problem: the ring stays at 5 members, and does not go to 3: member 1 has 3 MiB free/,
    );
    const wrong = new Scene(0, "two");
    await wrong.look();
    assert.match(wrong.said(), /problem: stateful\/scale-in-to=two is no size .* 3 is the least/);
  });

  it("who has left says nothing of it any more", async () => {
    const scene = new Scene(4, "3");
    await scene.look();
    scene.notices.set("scale-in progress", { severity: "notice", text: "it hands over what it holds" });
    scene.gone = true;
    await scene.look();
    assert.equal(scene.said(), "");
  });

  it("nobody leaves by what was wanted a moment ago", async () => {
    const scene = new Scene(4, "3");
    const known = scene.api.stored?.marker;
    scene.api.scaleIn(undefined);
    await scene.look(5, known);
    assert.ok(!scene.asked.includes("leave"));
  });

  it("who could not leave tries again, and not at once", async () => {
    const scene = new Scene(4, "3");
    scene.failure = new Error("Stream failed");
    const tries = (): number => scene.asked.filter((one) => one === "leave").length;
    await scene.look();
    await scene.look();
    assert.equal(tries(), 1);
    scene.now += 30_000;
    await scene.look();
    assert.equal(tries(), 2);
  });

  it("its size is shown; when the pods are gone too, what was wanted is over", async () => {
    const scene = new Scene(0, "3");
    scene.members = [0, 1, 2, 3];
    await scene.look();
    await scene.look();
    assert.deepEqual([scene.shown, scene.api.stored?.marker.scaleInTo], [[4], "3"]);
    scene.members = [0, 1, 2];
    await scene.look();
    assert.match(scene.said(), /notice: the ring has 3 members now/);
    await scene.look(3);
    assert.deepEqual([scene.shown, scene.api.stored?.marker.scaleInTo], [[4, 3], undefined]);
    assert.equal(scene.said(), "");
    // Somebody may have taken it away.
    scene.now += 60_000;
    await scene.look(3);
    assert.deepEqual(scene.shown, [4, 3, 3]);
  });
});
