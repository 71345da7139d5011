import assert from "node:assert/strict";
import { lagText } from "../../../../agent/core/lag";
import { lagOf } from "../../../../agent/postgresql/lag";

describe("agent: PostgreSQL's lag", () => {
  const told = (own: string, primary: string) => {
    const lag = lagOf(own, primary);
    return lag && lagText(lag);
  };

  it("is told in bytes of the log, and not across timelines", () => {
    assert.equal(told("2/5000", "2/5000"), "none");
    assert.equal(told("2/5000", "2/4000"), "none");
    assert.equal(told("2/1000", "2/4000"), "3 KiB");
    assert.equal(told("2/0", `2/${3 * 1024 ** 2}`), "3.0 MiB");
    assert.equal(told("1/5000", "2/5000"), undefined);
  });
});
