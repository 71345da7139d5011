import * as assert from "node:assert/strict";
import { attempt } from "../../../../agent/backup/attempt";
import { NoRoom } from "../../../../agent/backup/restore-steps";
import { Refused } from "../../../../agent/backup/store/store";
import { BackupResults } from "../../../../agent/kube/backup-results";
import { ApiError } from "../../../../agent/kube/client";
import { restorableUntil } from "../../../../agent/kube/sources";
import type { CopyResult } from "../../../../components/protocol/backup";

const NOW = Date.parse("2026-11-26T08:00:00Z");

describe("backup: what is told of an attempt", () => {
  let written: CopyResult[];
  let broken: boolean;
  const sheet = {
    read: async () => written.at(-1),
    write: async (result: CopyResult) => {
      if (broken) throw new Error("nobody to write to");
      written.push(result);
    },
  };
  const run = async (work: () => Promise<CopyResult>) =>
    attempt(sheet, work, { now: () => NOW, log: () => undefined, noRoom: "make room" });

  beforeEach(() => {
    written = [];
    broken = false;
  });

  it("is that it began, beside how the last one ended, and how it ended", async () => {
    await run(async () => ({ good: true, bytes: 5 }));
    await run(async () => ({ good: false, why: "it was bad" }));
    const at = "2026-11-26T08:00:00Z";
    assert.deepEqual(written, [
      { begun: at },
      { good: true, bytes: 5, at },
      { good: true, bytes: 5, at, begun: at },
      { good: false, why: "it was bad", at },
    ]);
  });

  it("is why it could not be done, and what to do", async () => {
    await assert.rejects(
      run(async () => Promise.reject(new Refused("the store refuses", "look at the key"))),
    );
    const { good, why, advice } = written.at(-1)!;
    assert.deepEqual([good, why, advice], [false, "the store refuses", "look at the key"]);
    await assert.rejects(run(async () => Promise.reject(new NoRoom("too small"))));
    assert.equal(written.at(-1)!.advice, "make room");
  });

  it("is that the one before was cut off, and until the next one ends", async () => {
    written = [{ good: true, at: "a", begun: "2026-11-25T01:00:00Z" }];
    await run(async () => {
      assert.equal(written.at(-1)!.good, false);
      assert.match(written.at(-1)!.why ?? "", /that began at 2026-11-25T01:00:00Z was cut off/);
      assert.ok(written.at(-1)!.begun);
      return { good: true };
    });
    assert.equal(written.at(-1)!.good, true);
  });

  it("stops nothing where nobody can be told", async () => {
    broken = true;
    assert.equal((await run(async () => ({ good: true }))).good, true);
  });

  it("is read without believing it", async () => {
    const results = (data?: Record<string, string>) =>
      new BackupResults(
        {
          get: async () =>
            data === undefined
              ? Promise.reject(new ApiError(404, "none"))
              : ({ metadata: { name: "x", creationTimestamp: "2026-11-26T08:00:00Z" }, data } as never),
          merge: async () => undefined,
        },
        "shop",
        "orders-backups",
      ).read();
    assert.equal((await results({ "copy.json": '{"good":true}' })).copy?.good, true);
    assert.equal((await results({ "copy.json": "no JSON", "drill.json": "7" })).copy, undefined);
    assert.equal((await results({})).since, NOW);
    assert.equal((await results()).since, undefined);
  });

  it("is set against what the primary's pod says, and no other", async () => {
    const pods: Record<string, [role: string, said: string]> = {
      "orders-0": ["replica", "2026-11-26T09:00:00Z"],
      "orders-1": ["primary", "2026-11-26T08:00:00Z"],
    };
    const client = {
      get: async (path: string) => {
        const name = path.split("/").at(-1)!;
        const [role, said] = pods[name] ?? [];
        if (role === undefined) throw new ApiError(404, "none");
        const annotations = said === "" ? {} : { "stateful/restorable": said };
        return {
          metadata: { name, labels: { role }, annotations },
          status: { podIP: "10.0.0.1", phase: "Running" },
        } as never;
      },
    };
    const place = { namespace: "shop", name: "orders" };
    assert.equal(await restorableUntil(client, place), NOW);
    pods["orders-1"] = ["primary", ""];
    assert.equal(await restorableUntil(client, place), undefined);
    delete pods["orders-1"];
    assert.equal(await restorableUntil(client, place), undefined);
  });
});
