import * as assert from "node:assert/strict";
import { refusalFrom } from "../../../../agent/mongodb/refusal";

/** An entry as the server writes it. */
function entry(s: string, msg: string, attr: object = {}): string {
  return JSON.stringify({
    t: { $date: "2026-01-01T00:00:00.000Z" },
    s,
    c: "STORAGE",
    id: 1,
    ctx: "main",
    msg,
    attr,
  });
}

describe("why MongoDB's server does not start", () => {
  it("is its data where it has read that", () => {
    const refusal = refusalFrom(
      [
        entry("I", "Opening WiredTiger"),
        entry("E", "WiredTiger error message", { error: 0, message: "WiredTiger.turtle: checksum mismatch" }),
        entry("F", "Fatal assertion", {
          msgid: 28595,
          error: "WT_TRY_SALVAGE: database corruption detected",
        }),
      ].join("\n"),
    );
    assert.equal(refusal?.blames, "data");
    assert.match(refusal.words, /checksum mismatch/);
  });

  it("is not its data where that is sound elsewhere", () => {
    for (const words of [
      "No space left on device",
      "Operation not permitted",
      "UPGRADE PROBLEM: Found an invalid featureCompatibilityVersion",
    ]) {
      const refusal = refusalFrom(
        [
          entry("E", "WiredTiger error message", { message: words }),
          entry("F", "Fatal assertion", { error: "WT_TRY_SALVAGE" }),
        ].join("\n"),
      );
      assert.equal(refusal?.blames, undefined, words);
      assert.ok(refusal?.words.includes(words), words);
    }
  });

  it("is its settings where no data would change that", () => {
    assert.equal(
      refusalFrom("Error parsing YAML config file: yaml-cpp: error at line 3")?.blames,
      "settings",
    );
    assert.equal(
      refusalFrom("Unrecognized option: storage.foo\ntry 'mongod --help' for more information")?.blames,
      "settings",
    );
    const avx = refusalFrom("/usr/local/bin/engine.sh: line 12: 27 Illegal instruction (core dumped) mongod");
    assert.equal(avx?.blames, "settings");
    assert.match(avx.words, /processor with AVX/);
  });

  it("is what it said last where nothing of that is known, and nothing where it said nothing grave", () => {
    assert.deepEqual(refusalFrom(entry("F", "Something new", { reason: "unheard of" })), {
      words: "Something new: unheard of",
    });
    assert.equal(refusalFrom([entry("I", "Shutting down"), '{"cut off'].join("\n")), undefined);
  });
});
