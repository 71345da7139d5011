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

  it("is asked of the DNS while the API server does not answer", async () => {
    pod = async () => {
      throw new Error("ECONNREFUSED");
    };
    assert.equal(await locator.locate(PEER), "10.0.0.7");
    assert.deepEqual(named, [PEER.host]);
  });

  it("is asked once a second and member, also when it is nowhere", async () => {
    pod = async () => undefined;
    const other = { ...PEER, ordinal: 2 };
    await Promise.allSettled([locator.locate(PEER), locator.locate(PEER), locator.locate(other)]);
    assert.deepEqual(asked, [1, 2]);
    pod = async () => "10.0.0.2";
    time = 999;
    await assert.rejects(locator.locate(PEER));
    time = 1_000;
    assert.equal(await locator.locate(PEER), "10.0.0.2");
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
    const first = assert.rejects(slow.locate(PEER), /longer than 1500 ms/);
    time = 1_000;
    await Promise.all([first, assert.rejects(slow.locate(PEER), /longer than 1500 ms/)]);
    assert.equal(names, 1);
  });
});
