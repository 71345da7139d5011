import * as assert from "node:assert/strict";
import { SetState } from "../../../agent/core/set-state";
import type { MarkerStore } from "../../../agent/core/marker";
import type { MemberRecord } from "../../../agent/core/types";

describe("agent: the size of the set", () => {
  let wanted: number | Error;
  let record: MemberRecord | undefined;
  let now: number;
  let set: SetState;

  const learn = async (size: number | Error): Promise<number | undefined> => {
    wanted = size;
    now += 60_000;
    await set.learnReplicas();
    return set.replicas;
  };

  beforeEach(() => {
    now = 0;
    record = undefined;
    set = new SetState({
      replicas: async () => {
        if (wanted instanceof Error) throw wanted;
        return wanted;
      },
      markers: {} as MarkerStore,
      record: {
        get value() {
          return record;
        },
      },
      clock: () => now,
      log: () => undefined,
    });
  });

  it("is what is wanted, and what it was while nobody says", async () => {
    assert.equal(await learn(3), 3);
    assert.equal(await learn(new Error("away")), 3);
    assert.equal(await learn(5), 5);
    assert.equal(await learn(1), 1);
  });

  it("is what it was where none is wanted: all members stop, and not one fewer has to agree", async () => {
    assert.equal(await learn(3), 3);
    assert.equal(await learn(0), 3);
    assert.equal(set.size, 3);
    assert.equal(await learn(3), 3);
  });

  it("is what the member remembers where none is wanted from its start on, or unknown", async () => {
    assert.equal(await learn(0), undefined);
    record = { stage: "member", epoch: 1, replicas: 5 };
    assert.equal(await learn(0), 5);
  });
});
