import * as assert from "node:assert/strict";
import { ACCEPT_LOSS } from "../../../components/protocol/follow";
import type { MarkerStore } from "../../../agent/core/marker";
import { Promotion } from "../../../agent/core/promotion";
import type { Marker, Report } from "../../../agent/core/types";

const RUNNING: Marker = { cluster: "c", epoch: 1, phase: "running", holder: 0, follows: "source" };

/** Bytes that one position is behind another, where both are of the same line. */
const lag = (own: string, other: string) =>
  own[0] === other[0]
    ? { amount: Math.max(0, Number(other.slice(1)) - Number(own.slice(1))), unit: "bytes" as const }
    : undefined;

function member(position: string | undefined, role: "primary" | "replica" = "primary"): Report {
  const status = { process: "running", data: "data", member: "online", role, admitted: true } as const;
  return {
    ...{ set: "shop/copy", ordinal: 0, address: "", activity: "idle", stopping: false },
    status: { ...status, ...(position === undefined ? {} : { position }) },
  };
}

/** What the promotion told of. */
let told: (string | undefined)[] = [];

describe("a database that follows another one", () => {
  let held: Marker;
  let refuses: boolean;
  const markers: MarkerStore = {
    read: async () => ({ marker: held, version: "1" }),
    create: async () => undefined,
    replace: async (marker) => {
      if (refuses) return undefined;
      held = marker;
      return { marker, version: "2" };
    },
  };

  async function look(own: Report, seen: Marker = held): Promise<Marker["follows"]> {
    new Promotion({ markers, lag, log: () => undefined, told: (marker) => told.push(marker.follows) }).look(
      own,
      seen,
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    return held.follows;
  }

  beforeEach(() => {
    held = RUNNING;
    refuses = false;
    told = [];
  });

  it("is promoted by nothing but an operator's word", async () => {
    assert.equal(await look(member("A9")), "source");
  });

  it("is promoted when it has all up to the position that the word names, and not before", async () => {
    held = { ...RUNNING, promote: "A7" };
    assert.equal(await look(member("A6")), "source");
    assert.equal(await look(member("B9")), "source", "of another line, which does not compare");
    assert.equal(await look(member(undefined)), "source");
    assert.equal(await look(member("A7")), "promoted");
    assert.equal(held.promote, undefined, "the word is used");
    assert.deepEqual(told, ["promoted"]);
  });

  it("is promoted with what it has, where the word says so", async () => {
    held = { ...RUNNING, promote: ACCEPT_LOSS };
    assert.equal(await look(member("A1")), "promoted");
  });

  it("is promoted by the member that copies from the source alone, and by a word that still stands", async () => {
    held = { ...RUNNING, promote: ACCEPT_LOSS };
    assert.equal(await look(member("A1", "replica")), "source");
    const seen = held;
    held = RUNNING;
    assert.equal(await look(member("A1"), seen), "source", "it was taken back");
  });

  it("is not promoted where its marker was changed meanwhile", async () => {
    held = { ...RUNNING, promote: ACCEPT_LOSS };
    refuses = true;
    assert.equal(await look(member("A1")), "source");
  });
});

describe("a database of its own", () => {
  it("is not touched by such a word", async () => {
    const marker: Marker = { cluster: "c", epoch: 1, phase: "running", holder: 0, promote: ACCEPT_LOSS };
    let written = false;
    const markers = {
      read: async () => ({ marker, version: "1" }),
      replace: async () => void (written = true),
    };
    new Promotion({
      markers: markers as unknown as MarkerStore,
      lag,
      log: () => undefined,
      told: (marker) => told.push(marker.follows),
    }).look(member("A1"), marker);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(written, false);
  });
});
