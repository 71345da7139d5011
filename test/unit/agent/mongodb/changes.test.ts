import * as assert from "node:assert/strict";
import { keyOf } from "../../../../agent/mongodb/member-keys";
import { formed, listed } from "./formed";
import { World } from "./world";

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

  it("change the members' password while each goes on knowing the others, in whatever order and however often they start again", async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const world = await formed(3, 600 + seed);
      for (const secret of ["second", "third"]) {
        const before = world.servers.refused;
        for (const pod of world.pods) pod.secret = secret;
        for (const pod of world.pods) assert.equal(pod.server.keys.length, 1);
        for (let start = 0; start < 4; start++) {
          world.killPod(Math.floor(world.random() * 3));
          await world.converge();
          await world.acknowledge();
        }
        assert.ok(
          world
            .notices(0)
            .concat(world.notices(1), world.notices(2))
            .some(({ text }) => /password/.test(text)),
        );
        for (let round = 0; round < 2; round++)
          for (const ordinal of [2, 1, 0]) {
            await world.restartPod(ordinal);
            await world.converge();
            await world.pass(2_000);
          }
        // The last ones to start find that all others have forgotten it.
        for (const ordinal of [2, 1, 0]) await world.restartPod(ordinal).then(async () => world.converge());
        assert.deepEqual([...new Set(world.pods.flatMap(({ server }) => server.keys))], [keyOf(secret)]);
        assert.equal(world.servers.refused, before, "no member refused another one");
        await world.verify();
      }
    }
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
