import * as assert from "node:assert/strict";
import { keyOf } from "../../../../agent/mongodb/member-keys";
import { formed, listed } from "./formed";
import { World } from "./world";

/** Whether each server believes nothing but what a password of the members makes. */
function onlyKnows(world: World, secret: string): boolean {
  return world.pods
    .slice(0, world.replicas)
    .every(({ server }) => server.keys.length === 1 && server.keys[0] === keyOf(secret));
}

describe("agents of MongoDB, asked for a change", () => {
  it("hand over before a stop, and once in a rolling update of all", async () => {
    const world = await formed(3, 4);
    const terms = new Set(world.servers.elected.keys());
    for (const ordinal of [2, 1, 0]) {
      await world.restartPod(ordinal);
      await world.converge();
    }
    await world.acknowledge();
    await world.verify();
    const elections = [...world.servers.elected.keys()].filter((term) => !terms.has(term));
    assert.equal(elections.length, 1, "only the primary's stop costs an election");
  });

  it("let members go before their pods, in any number, and take them back with what they have", async () => {
    for (const [from, to] of [
      [3, 1],
      [5, 3],
      [5, 1],
    ] as const) {
      const world = await formed(from, 50 + from + to);
      // The primary is to be one of those that go.
      await world.restartPod(0);
      await world.converge();
      world.replicas = to;
      const leaving = [...Array(from).keys()].filter((ordinal) => ordinal >= to);
      // Each pod ends as soon as its agent lets it.
      const stops = leaving.map(async (ordinal) => {
        await world.agents[ordinal]?.prepareStop();
        world.pod(ordinal).order_ = "hold";
        world.pod(ordinal).server.crash();
        world.pod(ordinal).generation++;
      });
      await Promise.all([...stops, world.pass(90_000)]);
      assert.deepEqual(
        listed(world),
        [...Array(to).keys()],
        `${from} to ${to}\n${world.said.slice(-40).join("\n")}`,
      );
      await world.acknowledge();
      await world.verify();
      world.replicas = from;
      for (const ordinal of leaving) world.killPod(ordinal);
      await world.converge();
      await world.verify();
    }
  });

  it("let the data have what a newer version brings when every member runs it, and nobody holds it back", async () => {
    const world = new World(3, 65);
    for (const { server } of world.pods) server.version = "7.0.14";
    const features = (): string | undefined => world.primary()?.server?.featureVersion();
    await world.converge();
    assert.equal(features(), "7.0");
    world.holdsFeatures = true;
    for (const ordinal of [2, 1, 0]) {
      assert.equal(features(), "7.0", "a member of the version before could not read it");
      world.pod(ordinal).server.version = "8.0.4";
      await world.restartPod(ordinal);
      await world.converge();
      await world.pass(40_000);
    }
    assert.equal(features(), "7.0");
    world.holdsFeatures = false;
    await world.until("the newer version's", () => features() === "8.0");
    await world.verify();
  });

  it("change the members' password by starting one server after the other, and each goes on knowing the others", async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const world = await formed(seed % 2 === 0 ? 5 : 3, 600 + seed);
      for (const secret of ["second", "third"]) {
        const { refused } = world.servers;
        const terms = world.servers.elected.size;
        const kills = secret === "third";
        const away = (): number => world.pods.filter(({ server }) => server.server === undefined).length;
        // It comes to each pod when its kubelet looks: to all at once, or to one long after another.
        for (const pod of world.pods) {
          pod.secret = secret;
          if (kills) await world.pass(world.random() * 20_000);
          if (kills && world.random() < 0.5) world.killPod(Math.floor(world.random() * world.size));
        }
        const done = (): boolean => {
          assert.ok(kills || away() <= 1, "one after the other");
          return onlyKnows(world, secret);
        };
        await world.until("all know the new one alone", done, 600_000);
        await world.converge();
        await world.pass(60_000);
        assert.equal(world.servers.refused, refused, "no member refused another one");
        assert.ok(world.servers.elected.size - terms <= 7, "the primary's starts, and those of killed pods");
        for (const ordinal of world.pods.keys()) assert.deepEqual(world.notices(ordinal), []);
        await world.verify();
      }
    }
  });

  it("start no server for the sake of a password while a member is away", async () => {
    const world = await formed(3, 640);
    world.keepDown(2, 60_000);
    for (const pod of world.pods) pod.secret = "second";
    await world.pass(55_000);
    for (const ordinal of [0, 1]) assert.deepEqual(world.pod(ordinal).server.keys, [keyOf("first")]);
    await world.until("all know it", () => onlyKnows(world, "second"), 300_000);
    await world.verify();
  });

  it("start no server for the sake of a password where it is the only one, until others are wanted", async () => {
    const world = new World(3, 650);
    world.replicas = 1;
    await world.converge();
    world.pod(0).secret = "second";
    await world.pass(60_000);
    assert.ok(!onlyKnows(world, "second"));
    assert.match(
      world.notices(0)[0]?.text ?? "",
      /does not know the members' new password yet: it reads it when it is next started/,
    );
    for (const pod of world.pods) pod.secret = "second";
    world.replicas = 3;
    await world.converge();
    await world.until("all know it", () => onlyKnows(world, "second"), 300_000);
    await world.acknowledge();
    await world.verify();
  });

  it("write the marker again that somebody deleted", async () => {
    const world = await formed(3, 70);
    world.api.stored = undefined;
    await world.pass(30_000);
    const { cluster, epoch, phase } = world.api.stored!.marker;
    assert.deepEqual([cluster, epoch, phase], ["c", 1, "running"]);
    const { created } = world.api;
    world.loseDisk(0);
    await world.converge();
    assert.equal(world.api.created, created, "and nobody begins another set");
  });
});
