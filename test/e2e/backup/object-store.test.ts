import * as assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { S3Store } from "../../../agent/backup/store/s3";
import { Away, Exists, NotThere, Refused } from "../../../agent/backup/store/store";
import { cutObjectStore, ensureObjectStore, type ObjectStore } from "../../../cluster/object-store";
import { noNodePower } from "../support/cluster/cluster";
import { generalSuite, skip } from "../support/suites";

generalSuite("the test bed's object store, through the agent's own client", () => {
  const folder = `check-${randomUUID()}`;
  let reached: ObjectStore;
  const open = (change: Partial<ObjectStore> = {}, limit?: number) => {
    const { bucket, region, endpoint, accessKeyId, secretAccessKey, ca } = { ...reached, ...change };
    return new S3Store({
      destination: { bucket, region, endpoint, prefix: "e2e" },
      keys: async () => ({ accessKeyId, secretAccessKey }),
      ca: async () => ca,
      ...(limit === undefined ? {} : { limit }),
    });
  };

  before(async function () {
    const why = noNodePower();
    if (why !== undefined) skip(this, why);
    // The first time it is built.
    this.timeout(600_000);
    reached = await ensureObjectStore();
  });

  it("keeps objects, never writes over one, and lists more than a page of them", async function () {
    this.timeout(120_000);
    const store = open();
    await store.put(`${folder}/one`, Buffer.from("1"));
    await assert.rejects(store.put(`${folder}/one`, Buffer.from("2")), Exists);
    assert.equal((await store.get(`${folder}/one`)).toString(), "1");
    const names = Array.from(
      { length: 1_100 },
      (_, index) => `${folder}/many/${String(index).padStart(4, "0")}`,
    );
    for (const name of names) await store.put(name, Buffer.from(name));
    assert.deepEqual(
      (await store.list(`${folder}/many`)).map(({ name }) => name),
      names,
    );
    assert.deepEqual(
      (await store.list(`${folder}/many`, names[1_097])).map(({ name }) => name),
      names.slice(1_098),
    );
    assert.deepEqual(await store.folders(folder), ["many"]);
    await store.delete(`${folder}/one`);
    await assert.rejects(store.get(`${folder}/one`), NotThere);
  });

  it("names a wrong key, a wrong bucket and a wrong region", async () => {
    await assert.rejects(open({ secretAccessKey: "x" }).put(`${folder}/a`, Buffer.from("1")), Refused);
    await assert.rejects(open({ accessKeyId: "x" }).get(`${folder}/a`), Refused);
    await assert.rejects(open({ bucket: "nobodys" }).list(folder), /no bucket nobodys/);
    await assert.rejects(open({ region: "elsewhere" }).get(`${folder}/a`), Refused);
  });

  it("is away when its network is cut, and back with what it had", async function () {
    this.timeout(60_000);
    await open().put(`${folder}/kept`, Buffer.from("1"));
    await cutObjectStore();
    try {
      await assert.rejects(open({}, 2_000).get(`${folder}/kept`), Away);
    } finally {
      await ensureObjectStore();
    }
    assert.equal((await open().get(`${folder}/kept`)).toString(), "1");
  });
});
