import * as assert from "node:assert/strict";
import type { Ballot } from "../../../../agent/core/election/ballot";
import { serve } from "../../../../agent/core/server";
import { idle } from "../fixtures";
import { listen } from "../listen";
import { askerOf, proofsOf } from "../members";

const BALLOT: Ballot = {
  ordinal: 1,
  term: 4,
  as: "detached",
  position: { term: 3, mark: 70 },
  empty: false,
  unfit: false,
  suspects: "17",
  vote: { version: "17", position: { term: 3, mark: 70 }, cutFor: 12, fit: true },
};

describe("agent: what it says about the primary", () => {
  const asked: [caller: number, term: number | undefined][] = [];
  let says: object = BALLOT;
  const agent = {
    report: idle(1),
    summary: "serve",
    isAlive: () => true,
    isReady: () => true,
    prepareStop: async () => undefined,
    ballot: (caller: number, term: number | undefined): object => {
      asked.push([caller, term]);
      return says;
    },
  };
  const identity = { set: "ns/db", ordinal: 1, address: "127.0.0.1", proofs: proofsOf(() => "secret") };
  const server = serve(agent, () => undefined, identity);
  let port = 0;
  before(async () => {
    port = await listen(server);
  });
  after(() => {
    server.close();
  });
  beforeEach(() => {
    asked.length = 0;
    says = BALLOT;
  });

  it("is told to a member, which may ask as the primary of a term", async () => {
    const asker = askerOf(2, port);
    assert.deepEqual(await asker.ballot(1, "127.0.0.1", undefined), BALLOT);
    assert.deepEqual(await asker.ballot(1, "127.0.0.1", 4), BALLOT);
    assert.deepEqual(asked, [
      [2, undefined],
      [2, 4],
    ]);
  });

  it("is told to nobody else: what was asked counts as a primary's word", async () => {
    for (const stranger of [
      proofsOf(() => "guessed"),
      proofsOf(
        () => "secret",
        () => 0,
        "ns/other",
      ),
    ])
      await assert.rejects(askerOf(2, port, { proofs: stranger }).ballot(1, "127.0.0.1", 9));
    const answer = await fetch(`http://127.0.0.1:${port}/v1/ballot/9`);
    assert.equal(answer.status, 403);
    assert.deepEqual(asked, []);
  });

  it("is not believed where it is no ballot", async () => {
    const { vote, ...without } = BALLOT;
    for (const [what, named] of [
      [{ ...BALLOT, ordinal: -1 }, /ordinal/],
      [{ ...BALLOT, as: "president" }, /as/],
      [{ ...without, vote: { ...vote, cutFor: 1.5 } }, /cutFor/],
      [{ ...BALLOT, position: { term: 3 } }, /mark/],
    ] as const) {
      says = what;
      await assert.rejects(askerOf(2, port).ballot(1, "127.0.0.1", undefined), named);
    }
  });

  it("is not there where nobody elects, nor for a term that is no number", async () => {
    assert.equal((await fetch(`http://127.0.0.1:${port}/v1/ballot/none`)).status, 404);
    const other = serve({ ...agent, ballot: undefined }, () => undefined, identity);
    const its = await listen(other);
    assert.equal((await fetch(`http://127.0.0.1:${its}/v1/ballot`)).status, 404);
    other.close();
  });
});
