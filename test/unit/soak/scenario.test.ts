import assert from "node:assert/strict";
import { grown } from "../../soak/changes";
import type { Place } from "../../soak/fault";
import { faultNamed, soakFaults } from "../../soak/faults";
import { Random } from "../../soak/random";
import { parseRound, roundText } from "../../soak/round-text";
import { memberAims, type Round, rounds, whyNot } from "../../soak/scenario";
import { faultNames } from "../../e2e/support/faults/names";

const BED: Place = { replicas: 3, isTestBed: true, volumesGrow: true };

function first(count: number, seed: number, place = BED): Round[] {
  const drawn = rounds(seed, soakFaults, place);
  return Array.from({ length: count }, () => drawn.next().value as Round);
}

describe("the sequence of a soak", () => {
  it("follows from its seed alone", () => {
    assert.deepEqual(first(200, 42), first(200, 42));
    assert.notDeepEqual(first(200, 42), first(200, 43));
    assert.deepEqual(first(200, 42).slice(0, 50), first(50, 42));
  });

  it("is the same on every machine: these rounds must never change while the list of faults does not", () => {
    const three = soakFaults.filter(({ name }) =>
      ["server-killed", "api-server-down", "scaling"].includes(name),
    );
    const drawn = rounds(7, three, BED);
    const texts = Array.from({ length: 6 }, () => roundText(drawn.next().value as Round));
    assert.deepEqual(texts, [
      "api-server-down",
      "server-killed@main,api-server-down+11",
      "scaling,server-killed@main+4",
      "api-server-down",
      "server-killed@main,api-server-down+4",
      "scaling,server-killed@main+9",
    ]);
  });

  it("has every fault once before one comes again", () => {
    const firsts = first(soakFaults.length, 5).map(({ strikes: [{ fault }] }) => fault);
    assert.deepEqual([...firsts].sort(), soakFaults.map(({ name }) => name).sort());
  });

  it("has every fault of the matrix", () => {
    for (const name of faultNames) assert.ok(faultNamed(name) !== undefined, name);
  });

  it("strikes primaries and replicas, alone and two at a time", () => {
    const many = first(400, 1);
    const aims = new Set(many.flatMap(({ strikes }) => strikes.map(({ aim }) => aim)));
    assert.deepEqual([...aims].map(String).sort(), ["main", "other-1", "other-2", "same", "undefined"]);
    const pairs = many.filter(({ strikes }) => strikes.length === 2).length;
    assert.ok(pairs > 100 && pairs < 300, `${pairs} of 400`);
  });

  it("leaves a majority whenever two faults strike, unless one of them is a change in good order", () => {
    for (const seed of [1, 2, 3]) {
      for (const { strikes } of first(300, seed)) {
        const [one, two] = strikes;
        if (two === undefined) continue;
        const [a, b] = [faultNamed(one.fault)!, faultNamed(two.fault)!];
        assert.ok(!b.orderly, roundText({ strikes, calmSeconds: 0 }));
        if (a.orderly) continue;
        const away = { none: 0, one: 1, all: 3 };
        const both = away[a.takes] + (two.aim === "same" ? 0 : away[b.takes]);
        assert.ok(both <= 1, roundText({ strikes, calmSeconds: 0 }));
      }
    }
  });

  it("says why two may not strike together", () => {
    const why = (a: string, b: string, aim?: "same" | "main" | "other-1") =>
      whyNot(faultNamed(a)!, faultNamed(b)!, aim, BED);
    assert.equal(why("server-killed", "disk-lost", "same"), undefined);
    assert.match(why("server-killed", "disk-lost", "other-1") ?? "", /no majority/);
    assert.match(why("server-killed", "all-pods-killed") ?? "", /no majority/);
    assert.match(why("server-killed", "rolling-update") ?? "", /nobody changes/);
    assert.match(why("api-server-down", "server-killed", "main") ?? "", /strikes before/);
    assert.equal(why("server-killed", "api-server-down"), undefined);
    assert.equal(why("rolling-update", "server-killed", "other-1"), undefined);
    const five = whyNot(faultNamed("server-killed")!, faultNamed("disk-lost")!, "other-1", {
      ...BED,
      replicas: 5,
    });
    assert.equal(five, undefined);
  });

  it("has only what applies: not the power of others' nodes, no growth where volumes do not grow", () => {
    const elsewhere: Place = { replicas: 3, isTestBed: false, volumesGrow: false };
    const names = new Set(
      first(100, 3, elsewhere).flatMap(({ strikes }) => strikes.map(({ fault }) => fault)),
    );
    for (const name of [
      "node-stopped",
      "partition",
      "api-server-down",
      "pod-frozen",
      "agent-killed",
      "volume-growth",
    ])
      assert.ok(!names.has(name), name);
    assert.ok(names.has("server-killed") && names.has("scaling"));
    const alone = { ...BED, replicas: 1 };
    assert.deepEqual(memberAims(alone), ["main"]);
    for (const { strikes } of first(200, 3, alone))
      for (const { aim } of strikes) assert.ok(aim !== "other-1" && aim !== "other-2");
  });

  it("undoes whatever lasts", () => {
    for (const fault of soakFaults) assert.ok(fault.holdSeconds === 0 || "heal" in fault, fault.name);
  });
});

describe("a round in one line", () => {
  it("is read as it is written", () => {
    for (const round of first(200, 9)) {
      const read = parseRound(roundText(round)) as Round;
      assert.deepEqual(read.strikes, round.strikes);
    }
  });

  it("is refused with what is wrong", () => {
    for (const [text, mistake] of [
      ["fire", /there is no fault `fire`/],
      ["api-server-down@main", /aimed at no member/],
      ["server-killed@everybody", /aimed at main, other-1, other-2, same, not at `everybody`/],
      ["server-killed@same", /cannot be aimed at `same`/],
      ["server-killed,disk-lost,disk-full", /one or two faults/],
    ] as const)
      assert.match(parseRound(text) as string, mistake);
  });
});

describe("numbers from a seed", () => {
  it("are spread, and another name gives others", () => {
    const draws = (name: string) => {
      const random = new Random(1, name);
      return Array.from({ length: 1000 }, () => random.between(1, 4));
    };
    for (const number of [1, 2, 3, 4]) {
      const times = draws("a").filter((one) => one === number).length;
      assert.ok(times > 180 && times < 320, `${number} came ${times} times`);
    }
    assert.notDeepEqual(draws("a"), draws("b"));
  });

  it("shuffle without losing anything", () => {
    const list = [1, 2, 3, 4, 5, 6, 7, 8];
    const other = new Random(3, "x").shuffled(list);
    assert.notDeepEqual(other, list);
    assert.deepEqual([...other].sort(), list);
  });
});

describe("a volume that grows", () => {
  it("is larger in every unit that a stack file has", () => {
    assert.deepEqual([grown("2Gi"), grown("2304Mi")], ["2304Mi", "2560Mi"]);
    assert.throws(() => grown("2TB"), /cannot grow/);
  });
});
