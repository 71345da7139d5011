import * as assert from "node:assert/strict";
import { RingDecommission } from "../../../../agent/cassandra/decommission";
import type { Report } from "../../../../agent/core/types";
import { idle, online, view } from "../fixtures";

const MEBIBYTE = 2 ** 20;
const NETWORK = "org.apache.cassandra.locator.NetworkTopologyStrategy";

/** A ring of five, in which each holds as much, and has as much room. */
class Scene {
  keyspaces: [string, Record<string, string>][] = [["app", { class: NETWORK, dc1: "3" }]];
  held: unknown = String(100 * MEBIBYTE);
  free: number | undefined = 1_000 * MEBIBYTE;
  present = view(1, [0, 1, 2, 3, 4]);
  others: Report[] = [];
  outside: number[] = [];
  readonly requests: string[] = [];

  get decommission(): RingDecommission {
    const ordinals = [0, 1, 2, 3, 4];
    const addresses = new Map(ordinals.map((ordinal) => [ordinal, `10.1.0.${ordinal}`]));
    return new RingDecommission({
      server: {
        run: async (statement) =>
          Promise.resolve(
            statement.includes("gossip_info")
              ? [...addresses.values()].map((address) => ({ address, load: this.held }))
              : this.keyspaces.map(([keyspace_name, replication]) => ({ keyspace_name, replication })),
          ),
      },
      supervisor: {
        request: async (word) => {
          this.requests.push(word);
          return Promise.resolve();
        },
      },
      look: () => ({ view: this.present, outside: this.outside }),
      addresses: async () => Promise.resolve(addresses),
      members: () => [
        ...ordinals.map((ordinal) => ({
          ...online(ordinal, this.present),
          ...(this.free === undefined ? {} : { free: this.free }),
        })),
        ...this.others,
      ],
    });
  }
}

describe("cassandra: a member that is to leave its ring", () => {
  it("may, where all are up and the rest has room; the server's own operation does it", async () => {
    const scene = new Scene();
    assert.equal(await scene.decommission.refusal(3), undefined);
    await scene.decommission.run();
    assert.deepEqual(scene.requests, ["decommission"]);
  });

  it("may not where a keyspace has more copies than members would stay", async () => {
    const scene = new Scene();
    scene.keyspaces.push(
      ["wide", { class: NETWORK, dc1: "4" }],
      ["old", { class: "SimpleStrategy", replication_factor: "5" }],
    );
    assert.match((await scene.decommission.refusal(3)) ?? "", /more copies .*: wide \(4\), old \(5\)/);
    assert.match((await scene.decommission.refusal(4)) ?? "", /more copies .*: old \(5\)$/);
  });

  it("may not where somebody is away, or comes in", async () => {
    const scene = new Scene();
    scene.present = { ...scene.present, online: [0, 1, 2, 4] };
    assert.match((await scene.decommission.refusal(4)) ?? "", /members 3 are away/);
    scene.present = view(1, [0, 1, 2, 3, 4]);
    const coming = idle(5);
    scene.others = [{ ...coming, status: { ...coming.status, process: "running", data: "fresh" } }];
    assert.match((await scene.decommission.refusal(4)) ?? "", /member 5 is about to join/);
    // Its agent says nothing.
    scene.others = [];
    scene.outside = [5];
    assert.match((await scene.decommission.refusal(4)) ?? "", /member 5 is about to join/);
  });

  it("may not where the rest has no room for what it gets, or that is not known", async () => {
    const scene = new Scene();
    // Two leave 200 MiB to three, twice over: 134 MiB each.
    scene.free = 133 * MEBIBYTE;
    assert.match(
      (await scene.decommission.refusal(3)) ?? "",
      /about 134 MiB.* member 0 has 133 MiB free, member 1/,
    );
    scene.free = 135 * MEBIBYTE;
    assert.equal(await scene.decommission.refusal(3), undefined);
    scene.free = undefined;
    assert.match((await scene.decommission.refusal(3)) ?? "", /how much room they have/);
    scene.held = null;
    assert.match(
      (await scene.decommission.refusal(3)) ?? "",
      /members 3, 4 have not said how much they hold/,
    );
  });
});
