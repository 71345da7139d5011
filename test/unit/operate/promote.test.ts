import assert from "node:assert/strict";
import type { Report } from "../../../agent/core/types";
import { FENCED, FOLLOWS, PROMOTE } from "../../../components/protocol/annotations";
import { ACCEPT_LOSS } from "../../../components/protocol/follow";
import type { MarkedDatabase } from "../../../operate/sites/marked-database";
import { promote } from "../../../operate/sites/promotion";
import { databaseBehind } from "../../../operate/sites/source-host";

/** A database whose members answer what is said on its marker. */
class Fake implements MarkedDatabase {
  readonly said: string[] = [];
  status: object | undefined;
  /** What its members make of a word. */
  heed: (annotation: string, value: string | undefined) => void = () => undefined;

  constructor(
    readonly called: string,
    readonly marker: Record<string, string> = {},
  ) {}

  words = async () => this.marker;
  say = async (annotation: string, value: string | undefined) => {
    this.said.push(value === undefined ? `${annotation}-` : `${annotation}=${value}`);
    if (value === undefined) Reflect.deleteProperty(this.marker, annotation);
    else this.marker[annotation] = value;
    this.heed(annotation, value);
  };
  leader = async () => (this.status ? ({ status: this.status } as Report) : undefined);
  taking = (annotation: string) => `${annotation}-`;
}

describe("promote", () => {
  let copy: Fake;
  let source: Fake;
  let told: string[];
  let now: number;
  /** How far the copy comes. */
  let reaches: string;

  beforeEach(() => {
    [told, now, reaches] = [[], 0, "3/700"];
    copy = new Fake("b/copy", { [FOLLOWS]: "source" });
    source = new Fake("a/orders");
    source.heed = (annotation, value) => {
      if (annotation === FENCED) source.status = { fenced: value, position: "3/700" };
    };
    copy.heed = (annotation, value) => {
      if (annotation === PROMOTE && (value === reaches || value === ACCEPT_LOSS))
        copy.marker[FOLLOWS] = "promoted";
    };
  });

  const run = async (more: { acceptLoss?: boolean; source?: Fake | undefined } = {}) =>
    promote({
      ...{ copy, source, acceptLoss: false, clock: () => now, tell: (line) => told.push(line) },
      pause: async (ms) => void (now += ms),
      ...more,
    });

  it("fences the source first, and promotes the copy up to where that ended", async () => {
    await run();
    assert.deepEqual(source.said, [`${FENCED}=for the promotion of b/copy`]);
    assert.deepEqual(copy.said, [`${PROMOTE}=3/700`]);
    assert.equal(copy.marker[FOLLOWS], "promoted");
  });

  it("does nothing to what was promoted before, and to what follows nobody", async () => {
    copy.marker[FOLLOWS] = "promoted";
    await run();
    assert.deepEqual([...copy.said, ...source.said], []);
    copy = new Fake("b/copy");
    await assert.rejects(run(), /follows nobody/);
    assert.deepEqual([...copy.said, ...source.said], []);
  });

  it("promotes nothing, and lets the source go on, where the copy does not get all of it", async () => {
    reaches = "3/1000";
    await assert.rejects(run(), /nothing was promoted, and its source takes writes again/);
    assert.equal(copy.marker[FOLLOWS], "source");
    assert.deepEqual(copy.said, [`${PROMOTE}=3/700`, `${PROMOTE}-`]);
    assert.equal(source.said.at(-1), `${FENCED}-`);
  });

  it("promotes nothing, and lets the source go on, where that cannot be fenced", async () => {
    source.heed = () => undefined;
    await assert.rejects(run(), /did not come to let nobody write.*--accept-loss/s);
    assert.deepEqual(copy.said, []);
    assert.equal(source.said.at(-1), `${FENCED}-`);
  });

  it("refuses where the source is elsewhere, and says what must be made sure of", async () => {
    await assert.rejects(run({ source: undefined }), /see to it that nobody can write to it.*--accept-loss/s);
    assert.deepEqual(copy.said, []);
  });

  it("promotes with what there is where that is said, and leaves a source that was away fenced for its return", async () => {
    source.heed = () => undefined;
    await run({ acceptLoss: true });
    assert.equal(copy.marker[FOLLOWS], "promoted");
    assert.deepEqual(source.said, [`${FENCED}=for the promotion of b/copy`]);
    assert.equal(copy.said.at(-1), `${PROMOTE}=${ACCEPT_LOSS}`);
  });

  it("with that word, too, waits first for all of a source that could be fenced", async () => {
    reaches = "3/1000";
    await run({ acceptLoss: true });
    assert.deepEqual(copy.said, [`${PROMOTE}=3/700`, `${PROMOTE}=${ACCEPT_LOSS}`]);
  });

  it("goes on where the copy was promoted at the moment of being told not to", async () => {
    reaches = "3/1000";
    copy.heed = (annotation, value) => {
      if (annotation === PROMOTE && value === undefined) copy.marker[FOLLOWS] = "promoted";
    };
    await run();
    assert.deepEqual(source.said, [`${FENCED}=for the promotion of b/copy`], "the source stays fenced");
  });
});

describe("the source of a database", () => {
  it("is one of the cluster where its host is a Service's name, as a pod looks it up", () => {
    const orders = { name: "orders", namespace: "a" };
    for (const host of ["orders.a", "orders.a.svc", "orders.a.svc.cluster.local"])
      assert.deepEqual(databaseBehind(host, "b"), orders, host);
    assert.deepEqual(databaseBehind("orders", "b"), { name: "orders", namespace: "b" });
    for (const host of ["orders.a.example.com", "db.acme.com", "orders.a.svc.example"])
      assert.equal(databaseBehind(host, "b"), undefined, host);
  });
});
