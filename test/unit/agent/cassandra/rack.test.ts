import * as assert from "node:assert/strict";
import { Beginning, Rack } from "../../../../agent/cassandra/rack";
import { podZone } from "../../../../agent/kube/pod-zone";
import { Notices } from "../../../../agent/core/notices";
import type { Report } from "../../../../agent/core/types";
import { online, view } from "../fixtures";

describe("cassandra: the rack that a member says it is in", () => {
  let kept: string | undefined;
  let zone: string | undefined;
  let racks: string | undefined;
  let members: Report[];
  let notices: Notices;
  let rack: Rack;
  let broken: Error | undefined;

  beforeEach(() => {
    [kept, zone, racks, members, notices] = [undefined, "zone-b", "zones", [], new Notices()];
    broken = undefined;
    rack = new Rack({
      self: 1,
      kept: {
        read: async () => Promise.resolve(kept),
        write: async (name) => {
          kept = name;
          return Promise.resolve();
        },
      },
      racks: async () => Promise.resolve(racks),
      zone: async () => (broken ? Promise.reject(broken) : Promise.resolve(zone)),
      members: () => members,
      notices,
    });
  });

  /** A member that is up, and says this of the others. */
  function up(told?: Record<string, string>): Report {
    const plain = online(0, view(1, [0, 1]));
    const standing = { share: 100, hints: 0, ...(told ? { racks: told } : {}) };
    return { ...plain, status: { ...plain.status, standing } };
  }

  it("is the zone that it began in, and is kept", async () => {
    assert.equal(await rack.forStart(Beginning.Founds), "zone-b");
    assert.equal(kept, "zone-b");
    zone = "zone-c";
    assert.equal(await rack.forStart(Beginning.None), "zone-b");
  });

  it("is one for all where nothing else is asked for, and for data of before", async () => {
    assert.equal(await rack.forStart(Beginning.None), "rack1");
    kept = undefined;
    racks = undefined;
    assert.equal(await rack.forStart(Beginning.Founds), "rack1");
  });

  it("joins a ring as that was begun, whatever is asked for", async () => {
    members = [up({ 0: "rack1" })];
    assert.equal(await rack.forStart(Beginning.Joins), "rack1");
    // Told by an agent that knows of no racks.
    members = [up()];
    assert.equal(await rack.forStart(Beginning.Joins), "rack1");
    members = [up({ 0: "zone-a" })];
    racks = undefined;
    assert.equal(await rack.forStart(Beginning.Joins), "zone-b");
  });

  it("takes its former place with an empty disk, in whichever zone it is now, and whatever is kept", async () => {
    members = [up({ 0: "zone-a", 1: "zone-c" })];
    kept = "zone-x";
    assert.equal(await rack.forStart(Beginning.Joins), "zone-c");
    assert.equal(kept, "zone-c");
  });

  it("waits until a member of the ring has said how that is", async () => {
    members = [online(0, view(1, [0]))];
    await assert.rejects(rack.forStart(Beginning.Joins), /no member of the ring has said yet/);
    assert.equal(kept, undefined);
  });

  it("waits for its zone, and says what that takes", async () => {
    zone = undefined;
    await assert.rejects(rack.forStart(Beginning.Founds), /no label topology\.kubernetes\.io\/zone.*1\.35/);
    const [notice] = notices.list();
    assert.equal(notice?.severity, "problem");
    assert.match(notice.text, /does not start: its pod has no label/);
    zone = "zone-a";
    await rack.forStart(Beginning.Founds);
    assert.deepEqual(notices.list(), []);
  });

  it("does not mistake a zone for a ring without racks", async () => {
    zone = "rack1";
    assert.equal(await rack.forStart(Beginning.Founds), "zone-rack1");
    await rack.compare();
    assert.deepEqual(notices.list(), []);
  });

  it("believes no name that can be none", async () => {
    kept = "a\ndc=other";
    assert.equal(await rack.forStart(Beginning.None), "rack1");
    members = [up({ 0: "zone-a", 1: "x\nrack=y" })];
    assert.equal(await rack.forStart(Beginning.Joins), "zone-b");
  });

  it("says where it is in another zone than the ring counts it to, until it is back", async () => {
    kept = "zone-a";
    await rack.compare();
    assert.match(notices.list()[0]?.text ?? "", /runs in the zone zone-b.*rack zone-a/);
    zone = "zone-a";
    await rack.compare();
    assert.deepEqual(notices.list(), []);
  });

  it("holds nothing up where the zone cannot be asked, and says nothing of it", async () => {
    kept = "zone-a";
    broken = new Error("connection refused");
    await rack.compare();
    assert.deepEqual(notices.list(), []);
    await assert.rejects(rack.forStart(Beginning.Founds), /connection refused/);
  });

  it("has its pod asked for the zone until it is known, and not again", async () => {
    const answers = [{}, { labels: { "topology.kubernetes.io/zone": "zone-c" } }, { labels: {} }];
    let asked = 0;
    const get = async <T>(): Promise<T> =>
      Promise.resolve({ metadata: { name: "events-1", ...answers[asked++] } } as T);
    const read = podZone({ get }, "databases", "events-1");
    assert.deepEqual([await read(), await read(), await read()], [undefined, "zone-c", "zone-c"]);
    assert.equal(asked, 2);
  });

  it("says that a ring of one rack goes on so", async () => {
    kept = "rack1";
    await rack.compare();
    assert.match(notices.list()[0]?.text ?? "", /begun with all members in one rack/);
    racks = undefined;
    await rack.compare();
    assert.deepEqual(notices.list(), []);
  });
});
