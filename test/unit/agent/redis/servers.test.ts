import assert from "node:assert/strict";
import Redis from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";
import { extent } from "../../../../agent/core/election/position";
import { DiscoveryServer } from "../../../../agent/redis/discovery-server";
import { MisledClients } from "../../../../agent/redis/misled-clients";
import { settingsTrouble } from "../../../../agent/redis/in-force";
import { ReplyError } from "../../../../agent/redis/resp";
import { ListedCommands } from "../../../../agent/redis/statements";
import { Lab, type LabMember, until, WHY_NOT } from "./lab";

/** What real servers make of what agents tell them. */
describe("real servers", function () {
  this.timeout(60_000);
  let lab: Lab;
  let a: LabMember, b: LabMember, c: LabMember;

  before(function () {
    if (WHY_NOT === undefined) return;
    this.test!.parent!.title += ` (SKIPPED: ${WHY_NOT})`;
    this.skip();
  });

  beforeEach(async () => {
    lab = new Lab(3);
    [a, b, c] = lab.members as [LabMember, LabMember, LabMember];
    await lab.start();
  });

  afterEach(async () => {
    await lab.end();
  });

  it("start as nobody's replica, with the application locked out and nobody let in to copy", async () => {
    const { as, position } = await a.replication.state();
    assert.deepEqual([as, position], ["detached", undefined]);
    await assert.rejects(a.ask("PING"), /WRONGPASS/);
    await b.replication.follow(a.reached, 1);
    await sleep(1_500);
    assert.equal((await b.replication.state()).link, "down");
  });

  it("write the mark of a term before anything else, and take writes only when enough follow", async () => {
    await a.replication.promote(1, 3);
    assert.equal((await a.replication.state()).position?.term, 1);
    const alone = await a.ask("SET", "key", "1");
    assert.ok(alone instanceof ReplyError && alone.code === "NOREPLICAS");
    await b.replication.follow(a.reached, 1);
    await until("writes", async () => (await a.ask("SET", "key", "1")) === "OK");
    assert.equal((await b.replication.state()).position?.term, 1);
  });

  it("follow the primary of the term that they were told of, and no other one at its address", async () => {
    await lab.lead(a, 1);
    await c.replication.detach();
    await c.replication.follow(a.reached, 2);
    await sleep(1_500);
    assert.equal((await c.replication.state()).link, "down");
    await c.replication.follow(a.reached, 1);
    await until("linked again", async () => (await c.replication.state()).link === "up");
    assert.equal(await a.figure("sync_full"), 2, "it went on from where it was");
  });

  it("go on with all that was waited for when the primary is killed, without a full copy", async () => {
    await lab.lead(a, 1);
    await a.write("waited", "for");
    await a.kill();
    await Promise.all([b.replication.detach(), c.replication.detach()]);
    const [one, other] = await Promise.all([b.replication.state(), c.replication.state()]);
    // What the primary sends by itself, such as a sign of life, may have reached one of them alone.
    const successor = extent(one.position!, other.position!) === "behind" ? c : b;
    await lab.lead(successor, 2);
    assert.equal(await successor.ask("GET", "waited"), "for");
    assert.equal(await successor.figure("sync_full"), 0);
  });

  it("let nobody do anything who has not logged in", async () => {
    await lab.lead(a, 1);
    const nobody = new Redis({ host: a.reached.address, port: 6379, enableReadyCheck: false });
    nobody.on("error", () => undefined);
    try {
      for (const command of [
        ["PING"],
        ["GET", "lead"],
        ["INFO"],
        ["AUTH", "default", ""],
        ["AUTH", "default", "x"],
        ["EVAL", "return redis.call('GET', 'lead')", "0"],
      ]) {
        await assert.rejects(nobody.call(command[0]!, ...command.slice(1)), /NOAUTH|WRONGPASS/, command[0]);
      }
    } finally {
      nobody.disconnect();
    }
  });

  it("have from their own logs what transactions and scripts wrote, too", async () => {
    await lab.lead(a, 1);
    const both = "redis.call('SET', KEYS[1], 'of a') redis.call('SET', KEYS[2], 'script') return 'OK'";
    await until("a script", async () => (await a.ask("EVAL", both, "2", "one", "other")) === "OK");
    await a.write("plain", "write");
    for (const member of [a, b, c]) await member.kill();
    await lab.start();
    assert.equal(await a.figure("unexpected_error_replies"), 0);
    await lab.lead(a, 2);
    assert.deepEqual(await a.ask("MGET", "one", "other", "plain"), ["of a", "script", "write"]);
  });

  it("keep their data when the primary comes back empty at its address", async () => {
    await lab.lead(a, 1);
    for (let key = 0; key < 100; key++) await a.write(`key ${key}`, "value");
    await a.kill();
    a.loseDisk();
    await a.start();
    await sleep(3_000);
    assert.equal((await a.replication.state()).position, undefined);
    for (const replica of [b, c]) assert.equal(await replica.server.run("DBSIZE"), 101);
  });

  it("do not let an old primary's data win that comes back with more of its own", async () => {
    await lab.lead(a, 1);
    await a.write("kept", "1");
    await Promise.all([b.replication.detach(), c.replication.detach()]);
    // The last of its writes that nobody else has; its followers count for some seconds still.
    await a.ask("SET", "only here", "1");
    await a.replication.detach();
    await lab.lead(b, 2);
    assert.equal((await a.replication.state()).link, "up");
    assert.equal(await a.server.run("EXISTS", "only here"), 0);
    assert.equal(await b.ask("GET", "kept"), "1");
  });

  it("know their place after an orderly stop and go on from it; after a kill they know it to the mark", async () => {
    await lab.lead(a, 1);
    await b.orderlyStop.run();
    for (let key = 0; key < 50; key++) await a.ask("SET", `key ${key}`, "value");
    await b.start();
    assert.ok((await b.replication.state()).position?.offset !== undefined);
    const before = await a.figure("sync_full");
    await b.replication.follow(a.reached, 1);
    await until("linked", async () => (await b.replication.state()).link === "up");
    assert.equal(await a.figure("sync_full"), before);
    assert.equal(await b.server.run("EXISTS", "key 49"), 1);

    await c.kill();
    await c.start();
    const { position } = await c.replication.state();
    assert.deepEqual([position?.term, position && "offset" in position], [1, false]);
  });

  it("give a former primary's clients an end, and not refusals for ever", async () => {
    await lab.lead(a, 1);
    const client = await a.client();
    const reader = await b.client();
    await a.replication.freeze(5_000);
    await a.replication.detach();
    await until("cut", () => Promise.resolve(!client.isOpen));
    assert.ok(reader.isOpen, "a replica's clients go on reading");
    const refused = await a.ask("SET", "key", "1");
    assert.ok(refused instanceof ReplyError && refused.code === "READONLY");
    await b.replication.detach();
    await lab.lead(b, 2);
    reader.close();
  });

  it("end the connections of clients that want to write where no writes are taken, and of nobody else", async () => {
    await lab.lead(a, 1);
    const [writer, scripting, reader, listener] = await Promise.all([1, 2, 3, 4].map(() => b.client()));
    await listener!.askEach([["SUBSCRIBE", "news"]]);
    assert.equal((await reader!.askEach([["GET", "lead"]]))[0], "1");
    const misled = new MisledClients(b.server);
    await misled.reconcile("run");
    for (const [client, words] of [
      [writer, ["SET", "lead", "other"]],
      [scripting, ["EVAL", "return redis.call('SET', KEYS[1], '1')", "1", "lead"]],
    ] as const) {
      const [refused] = await client!.askEach([words]);
      assert.match(String(refused), /READONLY/);
    }
    await misled.reconcile("run");
    await until("cut", () => Promise.resolve(!writer!.isOpen && !scripting!.isOpen));
    assert.equal((await reader!.askEach([["GET", "lead"]]))[0], "1");
    assert.ok(listener!.isOpen);
    // Nobody was refused anything since.
    const another = await b.client();
    await misled.reconcile("run");
    assert.ok(another.isOpen);
    for (const client of [reader, listener, another]) client!.close();
  });

  it("have in force what their file says", async () => {
    const answer = await a.server.run("CONFIG", "GET", "*");
    assert.deepEqual([...settingsTrouble(a.file, answer as unknown[])], []);
    await a.server.run("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    const changed = await a.server.run("CONFIG", "GET", "*");
    assert.deepEqual([...settingsTrouble(a.file, changed as unknown[]).keys()], ["maxmemory-policy"]);
  });

  it("list what is slow, from a time on that may change while they run, of which the agent shows no value", async () => {
    await lab.lead(a, 1);
    const commands = new ListedCommands(a.server);
    // A replica that joins is slow at times, too.
    const seen = async (threshold: number): Promise<unknown[]> =>
      (await commands.look(threshold))
        .filter(({ fields: { statement } }) => statement === "MSET")
        .map(({ fields: { statement, keysLike, words } }) => [statement, keysLike, words]);
    await seen(1_000);
    const client = new Redis({ host: a.reached.address, port: 6379, username: "app", password: "app's" });
    try {
      await client.mset("session:secret", "x", ...Array.from({ length: 50_000 }, (_, index) => `k${index}`));
      assert.deepEqual(await seen(1_000), []);
      await seen(1);
      await client.mset("session:secret", "x", ...Array.from({ length: 50_000 }, (_, index) => `k${index}`));
      assert.deepEqual((await seen(1)).at(0), ["MSET", "session:…", 50_003]);
    } finally {
      client.disconnect();
    }
  });

  it("announce their own addresses, whichever they connect from", async () => {
    await lab.lead(a, 1);
    const { followers = [] } = await a.replication.state();
    assert.deepEqual(followers.map(({ address }) => address).sort(), [b.reached.address, c.reached.address]);
  });

  it("are found by a client that asks for them, which follows a switch", async () => {
    await lab.lead(a, 1);
    let primary = a;
    const placeOf = ({ reached: { ordinal, address } }: LabMember): { ordinal: number; address: string } => ({
      ordinal,
      address,
    });
    const discovery = new DiscoveryServer({
      names: ["cart", "mymaster"],
      askedOn: 26379,
      ports: { plain: 6379, tls: 6380 },
      quorum: () => 2,
      certificate: () => Promise.reject(new Error("none")),
      members: () => ({
        primary: placeOf(primary),
        replicas: lab.members.filter((one) => one !== primary).map(placeOf),
        others: [],
      }),
    });
    await new Promise<void>((resolve) => discovery.server.listen(0, "127.0.0.1", resolve));
    const { port } = discovery.server.address() as { port: number };
    const client = new Redis({
      sentinels: [{ host: "127.0.0.1", port }],
      name: "mymaster",
      username: "app",
      password: "app's",
      sentinelMaxConnections: 1,
    });
    client.on("error", () => undefined);
    try {
      assert.equal(await client.set("before", "1"), "OK");
      await a.replication.detach();
      await b.replication.detach();
      await lab.lead(b, 2);
      primary = b;
      assert.equal(await client.set("after", "1"), "OK");
      assert.equal(await b.ask("GET", "after"), "1");
    } finally {
      client.disconnect();
      discovery.server.close();
    }
  });
});
