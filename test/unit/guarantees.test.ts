import assert from "node:assert/strict";
import { guaranteesOfCluster, stopsWithoutMajority } from "../../components/database/guarantees";

describe("the guarantees of a cluster whose commits wait for a majority", () => {
  it("are said in whole members, whatever its size", () => {
    const said = (members: number) => guaranteesOfCluster(members, { canBeLost: [] }).survives[0] ?? "";
    assert.equal(said(2), "a rolling update, a drain: the primary is handed over first");
    assert.match(said(3), /^the loss of any one member, with its volume: another takes over/);
    assert.match(said(4), /^the loss of any one member, with its volume: /);
    assert.match(said(5), /^the loss of any 2 members, with their volumes: /);
    assert.match(said(9), /^the loss of any 4 members, /);
    assert.equal(stopsWithoutMajority(2), "no write is taken while fewer than 2 of 2 members are there");
    assert.equal(stopsWithoutMajority(4), "no write is taken while fewer than 3 of 4 members are there");
    assert.equal(stopsWithoutMajority(5), "no write is taken while fewer than 3 of 5 members are there");
  });
});
