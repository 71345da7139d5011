import * as assert from "node:assert/strict";
import { Duties } from "../../../../agent/core/election/duties";
import type { Replication, ReplicationState } from "../../../../agent/core/election/replication";
import type { Reached } from "../../../../agent/core/types";

const LEASE = { term: 4, holder: 0, size: 5 } as never;

/** A primary of five that is to be one of three, followed from these addresses. */
async function afterLooking(followers: string[], others: Reached[]): Promise<number | undefined> {
  const replication = { mark: async () => {}, resize: async () => {} } as unknown as Replication;
  const duties = new Duties(
    replication,
    () => 0,
    async (_, work) => await work,
  );
  const server = {
    as: "primary",
    position: { term: 4, offset: 100 },
    followers: followers.map((address) => ({ address, offset: 90 })),
  } as unknown as ReplicationState;
  await duties.attend(server, LEASE, others, 3);
  return duties.cleared;
}

describe("a primary whose set gets smaller", () => {
  const member = (ordinal: number): Reached => ({ ordinal, address: `10.0.0.${ordinal}` }) as Reached;

  it("notes where it was once only those that stay follow it", async () => {
    assert.equal(await afterLooking(["10.0.0.1", "10.0.0.2"], [1, 2, 3, 4].map(member)), 100);
  });

  it("waits for those that leave", async () => {
    assert.equal(await afterLooking(["10.0.0.1", "10.0.0.4"], [1, 2, 3, 4].map(member)), undefined);
  });

  it("takes no follower for one that stays while nobody is known by its address", async () => {
    assert.equal(await afterLooking(["10.0.0.1", "10.0.0.4"], [1, 2].map(member)), undefined);
  });
});
