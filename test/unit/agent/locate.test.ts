import * as assert from "node:assert/strict";
import { Locator } from "../../../agent/core/locate";

const PEER = { ordinal: 1, host: "db-1.db-headless.ns.svc" };

describe("agent: where another member is", () => {
  let time: number;
  let pod: () => Promise<string | undefined>;
  let named: string[];
  let asked: number[];
  let locator: Locator;

  beforeEach(() => {
    time = 0;
    named = [];
    asked = [];
    pod = async () => "10.0.0.1";
    locator = new Locator(
      async (ordinal) => {
        asked.push(ordinal);
        return await pod();
      },
      () => time,
      async (host) => {
        named.push(host);
        return "10.0.0.7";
      },
    );
  });

  it("is the API server's to tell; the DNS is not asked", async () => {
    assert.equal(await locator.locate(PEER), "10.0.0.1");
    assert.deepEqual(named, []);
  });

  it("is not asked of the DNS before there is a pod: the cluster would remember that there is no such name", async () => {
    pod = async () => undefined;
    await assert.rejects(locator.locate(PEER), /db-1\.db-headless\.ns\.svc has no address yet/);
    assert.deepEqual(named, []);
  });

  it("is asked of the DNS once the API server has been away for ten seconds", async () => {
    pod = async () => {
      throw new Error("ECONNREFUSED");
    };
    await assert.rejects(locator.locate(PEER), /ECONNREFUSED/);
    time = 9_999;
    await assert.rejects(locator.locate(PEER), /ECONNREFUSED/);
    assert.deepEqual(named, []);
    time = 18_000;
    assert.equal(await locator.locate(PEER), "10.0.0.7");
    assert.deepEqual(named, [PEER.host]);
    pod = async () => "10.0.0.1";
    time = 19_000;
    assert.equal(await locator.locate(PEER), "10.0.0.1");
  });

  it("is asked once a second and member, and less and less often while it is nowhere", async () => {
    assert.deepEqual(await Promise.all([locator.locate(PEER), locator.locate(PEER)]), [
      "10.0.0.1",
      "10.0.0.1",
    ]);
    await locator.locate({ ...PEER, ordinal: 2 });
    assert.deepEqual(asked, [1, 2]);
    pod = async () => undefined;
    const times: number[] = [];
    for (time = 1_000; time <= 30_000; time += 500) {
      const before = asked.length;
      await assert.rejects(locator.locate(PEER));
      if (asked.length > before) times.push(time);
    }
    assert.deepEqual(times, [1_000, 3_000, 7_000, 15_000, 23_000]);
    pod = async () => "10.0.0.2";
    time = 31_000;
    assert.equal(await locator.locate(PEER), "10.0.0.2");
    time = 32_000;
    pod = async () => "10.0.0.3";
    assert.equal(await locator.locate(PEER), "10.0.0.3");
  });

  it("is asked of the DNS once at a time, however long that takes", async () => {
    let names = 0;
    const slow = new Locator(
      async () => {
        throw new Error("ECONNREFUSED");
      },
      () => time,
      () => {
        names++;
        return new Promise(() => undefined);
      },
    );
    await assert.rejects(slow.locate(PEER), /ECONNREFUSED/);
    time = 10_000;
    const first = assert.rejects(slow.locate(PEER), /longer than 1500 ms/);
    time = 20_000;
    await Promise.all([first, assert.rejects(slow.locate(PEER), /longer than 1500 ms/)]);
    assert.equal(names, 1);
  });
});
