import assert from "node:assert/strict";
import { lagOf } from "../../../../agent/postgresql/lag";

describe("agent: PostgreSQL's lag", () => {
  it("is told in bytes of the log, and not across timelines", () => {
    assert.equal(lagOf("2/5000", "2/5000"), "none");
    assert.equal(lagOf("2/5000", "2/4000"), "none");
    assert.equal(lagOf("2/1000", "2/4000"), "3 KiB");
    assert.equal(lagOf("2/0", `2/${3 * 1024 ** 2}`), "3.0 MiB");
    assert.equal(lagOf("1/5000", "2/5000"), undefined);
  });
});
