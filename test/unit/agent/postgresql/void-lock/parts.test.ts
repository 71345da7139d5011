import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LockState } from "../../../../../agent/postgresql/lock-state";
import { knockAt, Silence } from "../../../../../agent/postgresql/silence";
import { connectionOf, Trust } from "../../../../../agent/postgresql/trust";
import { ApiError, type KubeClient } from "../../../../../agent/kube/client";

describe("what a server needs to receive a primary's log", () => {
  it("is in a file, which follows the authorities that are mounted", async () => {
    const folder = mkdtempSync(join(tmpdir(), "trust-"));
    let authorities = "one";
    const trust = new Trust(folder, async () => Promise.resolve(authorities));
    assert.equal(await trust.isGiven(), false);
    await trust.give();
    authorities = "one and another";
    await trust.give();
    assert.equal(readFileSync(trust.path, "utf8"), authorities);
    assert.equal(await trust.isGiven(), true);
    await trust.take();
    await trust.take();
    assert.equal(await trust.isGiven(), false);
    rmSync(folder, { recursive: true });
  });

  it("is read of what the server has in force, quoted or not", () => {
    assert.deepEqual(connectionOf("user=a host=10.0.0.1 sslmode=verify-ca sslrootcert=/a/b.crt"), {
      host: "10.0.0.1",
      verifiedBy: "/a/b.crt",
    });
    assert.deepEqual(
      connectionOf(
        "host='fd00::1' password='it\\'s host=elsewhere' sslmode='verify-full' sslrootcert='/a b.crt'",
      ),
      { host: "fd00::1", verifiedBy: "/a b.crt" },
    );
    assert.deepEqual(connectionOf(""), {});
    assert.deepEqual(connectionOf("host=a sslmode=require sslrootcert=/a/b.crt"), { host: "a" });
  });
});

describe("the silence of a machine", () => {
  it("lasts from the first knock that nobody answers, and ends with the first that somebody does", async () => {
    let now = 0;
    let answers: (answered: boolean) => void = () => undefined;
    const silence = new Silence(
      () => now,
      async () =>
        new Promise((resolve) => {
          answers = resolve;
        }),
    );
    const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    assert.equal(silence.look("10.0.0.1"), 0);
    now = 400;
    assert.equal(silence.look("10.0.0.1"), 400);
    answers(false);
    await turn();
    now = 900;
    assert.equal(silence.look("10.0.0.1"), 900);
    answers(true);
    await turn();
    assert.equal(silence.look("10.0.0.1"), 0);
    now = 2_000;
    assert.equal(silence.look("10.0.0.2"), 0, "another address was not silent before");
  });

  it("is not that of one who refuses, and is that of one who is nowhere", async () => {
    const server: Server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    assert.equal(await knockAt("127.0.0.1", port), true);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(await knockAt("127.0.0.1", port), true);
    assert.equal(
      await knockAt("no.such.name.invalid", port, 200),
      true,
      "a name that is not known says nothing",
    );
  });
});

describe("what is looked at of Patroni's state to make a lock void", () => {
  const objects: Record<string, unknown> = {};
  const merged: { path: string; body: unknown }[] = [];
  const client = {
    get: async (path: string) => {
      const found = objects[path];
      return found === undefined ? Promise.reject(new ApiError(404, path)) : Promise.resolve(found);
    },
    merge: async (path: string, body: unknown) => {
      merged.push({ path, body });
      return Promise.resolve();
    },
  } as unknown as KubeClient;
  const state = new LockState(client, "shop", "orders");
  const path = "/api/v1/namespaces/shop/endpoints/orders";

  it("is who holds it, and where that one is if it has said so itself", async () => {
    const held = { annotations: { leader: "orders-0" }, resourceVersion: "5" };
    const subsets = (name: string) => [{ addresses: [{ ip: "10.0.0.3", targetRef: { name } }] }];
    objects[path] = { metadata: held, subsets: subsets("orders-0") };
    assert.deepEqual(await state.held(), { version: "5", leader: "orders-0", address: "10.0.0.3" });
    objects[path] = { metadata: held, subsets: subsets("orders-1") };
    assert.deepEqual(await state.held(), { version: "5", leader: "orders-0" });
    objects[path] = { metadata: { resourceVersion: "6" } };
    assert.deepEqual(await state.held(), { version: "6" });
  });

  it("is who acknowledges its commits", async () => {
    const annotations = { leader: "orders-0", sync_standby: "orders-1,orders-2", quorum: "1" };
    objects[`${path}-sync`] = { metadata: { annotations, resourceVersion: "9" } };
    assert.deepEqual(await state.electorate(), {
      version: "9",
      leader: "orders-0",
      voters: ["orders-1", "orders-2"],
    });
    objects[`${path}-sync`] = { metadata: { resourceVersion: "9" } };
    assert.deepEqual((await state.electorate()).voters, []);
  });

  it("is changed only as it was read", async () => {
    await state.freeze({ version: "9", leader: "orders-0", voters: [] }, "5");
    await state.void("5");
    assert.deepEqual(merged, [
      {
        path: `${path}-sync`,
        body: { metadata: { resourceVersion: "9", annotations: { "stateful/voided": "5" } } },
      },
      { path, body: { metadata: { resourceVersion: "5", annotations: { leader: null } } } },
    ]);
  });
});
