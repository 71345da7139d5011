import assert from "node:assert/strict";
import { parseGtids } from "../../../../agent/mysql/gtid";
import { lagText } from "../../../../agent/core/lag";
import { countMissing, lagOf } from "../../../../agent/mysql/lag";

describe("agent: MySQL's lag", () => {
  it("counts what the one set has and the other lacks, holes included", () => {
    const count = (whole: string, part: string) => countMissing(parseGtids(whole), parseGtids(part));
    assert.equal(count("a:1-10", "a:1-10"), 0);
    assert.equal(count("a:1-10,b:1-3", "a:1-4:7"), 8);
    assert.equal(count("a:1-5", "a:1-9"), 0);
    assert.equal(count("", "a:1"), 0);
  });

  it("is told in transactions", () => {
    const at = (executed: string) => JSON.stringify({ executed, received: executed, purged: "" });
    assert.equal(lagText(lagOf(at("a:1-5"), at("a:1-12"))), "7 transactions");
    assert.equal(lagText(lagOf(at("a:1-11"), at("a:1-12"))), "1 transaction");
    assert.equal(lagText(lagOf(at("a:1-12"), at("a:1-5"))), "none");
  });
});
