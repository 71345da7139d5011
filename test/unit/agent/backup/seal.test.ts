import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Seal } from "../../../../agent/backup/seal";
import { Damaged, Refused } from "../../../../agent/backup/store/store";

const KEY = randomBytes(32).toString("base64");

describe("backup: sealed objects", () => {
  const seal = new Seal(KEY);

  it("open with the key and the name that they were closed with", async () => {
    for (const content of [
      Buffer.alloc(0),
      Buffer.from("one"),
      randomBytes(100_000),
      Buffer.alloc(1_000_000),
    ]) {
      const sealed = await seal.close("a/b", content);
      assert.deepEqual(await new Seal(`${KEY}\n`).open("a/b", sealed), content);
    }
  });

  it("show nothing of what is in them, and are smaller where that repeats itself", async () => {
    const sealed = await seal.close("a", Buffer.from("a word that repeats itself ".repeat(1000)));
    assert.ok(!sealed.includes("word"));
    assert.ok(sealed.length < 1000, `${sealed.length}`);
    assert.ok(!sealed.equals(await seal.close("a", Buffer.from("a word that repeats itself ".repeat(1000)))));
  });

  it("do not open under another name: one was put in another's place", async () => {
    const sealed = await seal.close("log/1", Buffer.from("one"));
    await assert.rejects(seal.open("log/2", sealed), Damaged);
  });

  it("do not open cut, wherever that is", async () => {
    const sealed = await seal.close("a", randomBytes(200));
    for (let length = 0; length < sealed.length; length++) {
      await assert.rejects(seal.open("a", sealed.subarray(0, length)), Damaged, `${length}`);
    }
  });

  it("do not open with any bit changed", async () => {
    const sealed = await seal.close("a", randomBytes(20));
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at]! ^= 1;
      await assert.rejects(
        seal.open("a", changed),
        (error) => error instanceof Damaged || error instanceof Refused,
      );
    }
  });

  it("tell another key from damage", async () => {
    const sealed = await seal.close("a", Buffer.from("one"));
    const other = new Seal(randomBytes(32).toString("base64"));
    await assert.rejects(other.open("a", sealed), (error: Error) => {
      return error instanceof Refused && /encrypted with another key/.test(error.message);
    });
  });

  it("are not made with a short key", () => {
    assert.throws(() => new Seal(` ${"x".repeat(31)} \n`), Refused);
  });
});
