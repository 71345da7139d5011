import * as assert from "node:assert/strict";
import { Recognition } from "../../../../agent/cassandra/recognition";
import { Notices } from "../../../../agent/core/notices";
import type { Report } from "../../../../agent/core/types";
import { online, view } from "../fixtures";

describe("cassandra: members that do not count each other", () => {
  let now: number;
  let members: Report[];
  let notices: Notices;
  let recognition: Recognition;
  const said = (): string | undefined => notices.list()[0]?.text;

  beforeEach(() => {
    now = 0;
    notices = new Notices();
    recognition = new Recognition({ self: 0, members: () => members, notices, clock: () => now });
  });

  function seen(): string | undefined {
    recognition.compare(view(1, [0, 1, 2]));
    return said();
  }

  it("are told of where that lasts, and no longer when it is over", () => {
    members = [online(1, view(1, [0, 1, 2])), online(2, view(1, [1, 2]))];
    assert.equal(seen(), undefined);
    now += 59_000;
    assert.equal(seen(), undefined, "a member that has just joined is heard of by and by");
    now += 1_000;
    assert.match(seen() ?? "", /it and 2 do not count each other/);
    members = [online(1, view(1, [0, 1, 2])), online(2, view(1, [0, 1, 2]))];
    assert.equal(seen(), undefined);
  });

  it("are told of from either side", () => {
    members = [online(1, view(1, [0, 1, 2, 3])), online(3, view(1, [0, 1, 2, 3]))];
    seen();
    now += 60_000;
    assert.match(seen() ?? "", /it and 3 do not/);
  });

  it("are not those that are away, or being stopped, and not before this one is a member itself", () => {
    members = [
      { ...online(1, view(1, [1, 2])), stopping: true },
      {
        ...online(2, view(1, [0, 1, 2])),
        status: { ...online(2, view(1, [1, 2])).status, member: "offline" },
      },
    ];
    seen();
    now += 60_000;
    assert.equal(seen(), undefined);
    recognition.compare(undefined);
    assert.equal(said(), undefined);
  });
});
